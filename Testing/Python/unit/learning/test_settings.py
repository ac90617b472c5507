"""Settings files: read, written, and refused by name when something in them is wrong."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.configuration import read_settings, settings_differences, to_plain
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, TumourKind
from BratsSegmenterLib.learning.synthesis.randomness import Grid, Randomness
from BratsSegmenterLib.learning.training import Origin, TrainingSettings, open_source
from BratsSegmenterLib.learning.training.settings import PatchSettings, Recipe
from BratsSegmenterLib.learning.training.whole_brain import output_keys
from BratsSegmenterLib.paths import models_folder
from BratsSegmenterLib.progress import Progress


def _written(tmp_path: Path, text: str) -> Path:
    file = tmp_path / "settings.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_settings_survive_the_way_through_a_file(tmp_path: Path) -> None:
    settings = replace(
        TrainingSettings(),
        name="mine",
        synthesis=SynthesisSettings(kinds={TumourKind.RING: 0.7, TumourKind.SOLID: 0.3}),
    )
    file = _written(tmp_path, yaml.safe_dump(to_plain(settings)))
    assert read_settings(TrainingSettings, file) == settings


def test_the_order_of_keys_in_a_file_changes_nothing(tmp_path: Path) -> None:
    settings = TrainingSettings()
    plain = to_plain(settings)
    for order in (False, True):
        again = read_settings(TrainingSettings, _written(tmp_path, yaml.safe_dump(plain, sort_keys=order)))
        assert output_keys(again) == ("WT", "TC", "ET", "RC", "brain")
        grid = Grid.centred((4, 4, 4), 1.0, torch.device("cpu"))
        draws = [Randomness(3, grid).pick(each.synthesis.kinds) for each in (settings, again)]
        assert draws[0] is draws[1]


def test_the_shipped_settings_are_the_defaults() -> None:
    shipped = read_settings(TrainingSettings, models_folder() / "glioma-synthetic" / "configs" / "train.yaml")
    assert shipped == TrainingSettings()


def test_the_settings_of_the_run_that_made_the_shipped_weights_go_with_its_log() -> None:
    bundle = models_folder() / "glioma-synthetic"
    settings = read_settings(TrainingSettings, bundle / "configs" / "last_run.yaml")
    last_step = (bundle / "training_log.csv").read_text().splitlines()[-1].split(",")[1]
    assert int(last_step) <= settings.optimisation.steps


def test_keys_left_out_keep_their_defaults(tmp_path: Path) -> None:
    settings = read_settings(TrainingSettings, _written(tmp_path, "optimisation: {steps: 7}"))
    assert settings.optimisation.steps == 7
    assert settings.synthesis == SynthesisSettings()


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("optimisation: {stepps: 7}", "stepps"),
        ("optimisation: {steps: many}", "steps"),
        ("recipe: magic", "recipe"),
        ("synthesis: {shape: [1, 2]}", "shape"),
        ("synthesis: {kinds: {round: 1.0}}", "kinds"),
        ("network: 3", "network"),
        ("cases: {mirror: 1}", "mirror"),
        ("cases: {uses: 0}", "cases: uses' must be 1 or more, not 0"),
        ("cases: {block: 0}", "cases: block"),
        ("cases: {drop_shares: [0.0, 0.0, 0.0, -1.0]}", "drop_shares' must be 0 or more, not -1"),
        ("cases: {drop_sequence: 1.5}", "drop_sequence' must be between 0 and 1"),
        ("optimisation: {steps: 0}", "steps"),
        ("optimisation: {learning_rate: -0.1}", "learning_rate' must be above 0, not -0.1"),
        ("optimisation: {learning_rate: .nan}", "learning_rate"),
        ("optimisation: {learning_rate: fast}", "learning_rate"),
        ("network: {channels: []}", "channels' needs 2 values or more"),
        ("network: {supervised_levels: 0}", "supervised_levels"),
        ("network: {window: [0, 16, 16]}", "window"),
        ("region_weights: {WT: -1.0}", "region_weights"),
        ("synthesis: {spacing_mm: 0.0}", "spacing_mm' must be above 0, not 0"),
        ("synthesis: {kinds: {ring: -1.0}}", "kinds"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path: Path, text: str, named: str) -> None:
    with pytest.raises(LearningError, match=named):
        read_settings(TrainingSettings, _written(tmp_path, text))


def test_a_file_that_is_no_yaml_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="cannot be read"):
        read_settings(TrainingSettings, _written(tmp_path, "a: [1"))


def test_differences_are_given_as_paths_of_keys() -> None:
    settings = TrainingSettings()
    other = replace(settings, seed=1, optimisation=replace(settings.optimisation, steps=5))
    assert settings_differences(settings, other) == ["optimisation.steps", "seed"]


def test_a_number_with_an_exponent_is_one_though_yaml_reads_text(tmp_path: Path) -> None:
    settings = read_settings(TrainingSettings, _written(tmp_path, "optimisation: {learning_rate: 1e-3}"))
    assert settings.optimisation.learning_rate == 0.001


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (replace(TrainingSettings(), synthesis=SynthesisSettings(shape=(25, 24, 24))), "synthesis.shape"),
        (replace(TrainingSettings(), region_weights={"WT": 0.0}), "region_weights"),
        (replace(TrainingSettings(), seed=-1), "seed"),
        (
            replace(TrainingSettings(), recipe=Recipe.AXIAL_PATCHES, patches=PatchSettings(size=30)),
            r"patches\.size' is 30.*multiple of 4",
        ),
    ],
)
def test_settings_that_do_not_go_together_are_refused_before_cases_are_looked_for(
    tmp_path: Path, settings: TrainingSettings, named: str
) -> None:
    with pytest.raises(LearningError, match=named):
        open_source(Origin(data=tmp_path / "nowhere"), settings, tmp_path / "run", Progress())


def test_a_run_of_no_steps_is_not_finished_but_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", str(tmp_path / "run"), "--steps", "0", "--data", str(tmp_path), "--json"]) == 10
    assert "optimisation: steps' must be 1 or more" in json.loads(capsys.readouterr().out)["error"]["what"]
