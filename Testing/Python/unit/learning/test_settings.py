"""Settings files: read, written, and refused by name when something in them is wrong."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.configuration import read_settings, settings_differences, to_plain
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, TumourKind
from BratsSegmenterLib.learning.synthesis.randomness import Grid, Randomness
from BratsSegmenterLib.learning.training import TrainingSettings
from BratsSegmenterLib.learning.training.whole_brain import output_keys
from BratsSegmenterLib.paths import models_folder


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
