"""The two verbs of learning on the command line."""

from __future__ import annotations

import json
import re
import shutil
import weakref
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import pytest
import torch
import yaml
from learning_samples import SYNTHESIS, TRAINING, write_head
from model_samples import TINY, prepared_arrays, tiny_bundle
from PIL import Image
from refusing_disks import read_only

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands.exit_codes import exit_code
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import Cancelled, DiskRefusedError, ExportError, InferenceError, LearningError
from BratsSegmenterLib.learning import synthesis
from BratsSegmenterLib.learning.configuration import read_settings, to_plain
from BratsSegmenterLib.learning.evaluation import find_cases, read_case
from BratsSegmenterLib.learning.synthesis import SyntheticCase, load_anatomies, synthesise, write_case
from BratsSegmenterLib.learning.training import (
    FolderSource,
    Origin,
    TrainingSettings,
    Validation,
    export_bundle,
    open_source,
    origin_of,
    train,
)
from BratsSegmenterLib.learning.training.run_folder import ORIGIN, SETTINGS
from BratsSegmenterLib.learning.training.settings import Recipe, TransferSettings
from BratsSegmenterLib.learning.training.transfer import start_from
from BratsSegmenterLib.learning.training.whole_brain import WholeBrainRecipe
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import (
    SHIPPED,
    SecondLook,
    brain_finder,
    installed_bundles,
    load_bundle,
    load_calibration,
    segment,
)

torch.set_num_threads(1)


def _settings_file(folder: Path, settings: object) -> str:
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(to_plain(settings)), encoding="utf-8")
    return str(file)


def test_synthesise_writes_a_contact_sheet_and_cases_to_train_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_head(tmp_path / "maps")
    settings = _settings_file(tmp_path, SYNTHESIS)
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", settings, "--count", "2", "--cases", "--json"]
    options += ["--device", "auto"]
    assert main(["synthesise", str(tmp_path / "out"), *options]) == 0
    sheet = json.loads(capsys.readouterr().out)["contact_sheet"]
    with Image.open(sheet) as picture:
        assert picture.width > picture.height
    cases = [read_case(files) for files in find_cases(tmp_path / "out")]
    assert len(cases) == 2
    assert all(set(case.images) == set(Sequence) and case.labels.any() for case in cases)


def test_synthesise_keeps_one_case_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_head(tmp_path / "maps")
    alive: list[weakref.ref[SyntheticCase]] = []
    most = 0

    def watched(*arguments: Any) -> SyntheticCase:
        nonlocal most
        case = synthesise(*arguments)
        alive.append(weakref.ref(case))
        most = max(most, sum(one() is not None for one in alive))
        return case

    monkeypatch.setattr(synthesis, "synthesise", watched)
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", _settings_file(tmp_path, SYNTHESIS), "--count", "5"]
    assert main(["synthesise", str(tmp_path / "out"), *options]) == 0
    assert len(alive) == 5
    assert most <= 2


def test_calibrate_writes_into_the_bundle_what_the_pipeline_then_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_head(tmp_path / "maps")
    bundle = tiny_bundle(tmp_path / "tiny", replace(TINY, spacing_mm=SYNTHESIS.spacing_mm))
    settings = _settings_file(tmp_path, SYNTHESIS)
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", settings, "--device", "cpu", "--json"]
    assert main(["calibrate", str(bundle.folder), "--cases", "19", "--held-out", "3", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    calibration = load_calibration(bundle)
    assert calibration.regions
    assert (calibration.cases, calibration.held_out_cases) == (19, 3)
    assert set(result["calibration"]["regions"]) == set(calibration.regions)
    for key, region in calibration.regions.items():
        assert region.held_out_coverage == result["held_out"][key]["coverage"]


def test_train_ends_with_scores_and_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_head(tmp_path / "maps")
    settings = _settings_file(tmp_path, replace(TRAINING, name="small"))
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", settings, "--device", "cpu", "--tensorboard"]
    bundle = ["--bundle", str(tmp_path / "small"), "--validate", "2", "--json"]
    assert main(["train", str(tmp_path / "run"), *options, *bundle]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["steps"] == 12
    assert set(result["scores"]) == {"WT Dice", "TC Dice", "ET Dice"}
    assert load_bundle(Path(result["bundle"])).specification.spacing_mm == 3.0
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_a_disk_that_will_not_take_the_result_is_said_before_the_work(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    models, nowhere = tmp_path / "models", str(tmp_path / "nowhere")
    tiny_bundle(models / "tiny")
    commands = (
        ["calibrate", str(models / "tiny"), "--anatomy", nowhere],
        ["train", str(tmp_path / "run"), "--data", nowhere, "--bundle", str(models / "mine")],
        ["train", str(tmp_path / "run"), "--data", nowhere, "--bundle", str(models / "tiny")],
        ["average", nowhere, nowhere, "--version", "1.0", "--out", str(models / "mean")],
    )
    with read_only(models):
        for command in commands:
            assert main([*command, "--json"]) == exit_code(DiskRefusedError(""))
            assert "models" in json.loads(capsys.readouterr().out)["error"]["what"]
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize("command", [("train", "--data", "nowhere"), ("synthesise", "--anatomy", "nowhere")])
def test_a_device_that_is_not_there_is_said_before_the_work(
    command: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    verb, *options = command
    arguments = [verb, str(tmp_path / "out"), *options, "--device", "cuda", "--json"]
    assert main(arguments) == exit_code(InferenceError(""))
    assert "'cuda'" in json.loads(capsys.readouterr().out)["error"]["what"]


@pytest.mark.parametrize(
    "wrong",
    [
        ("train", "--validation-share", "nan"),
        ("train", "--validation-share", "1.5"),
        ("train", "--validation-share", "-1"),
        ("synthesise", "--device", "gpu"),
    ],
)
def test_a_value_that_cannot_be_meant_is_a_usage_error(wrong: tuple[str, ...], tmp_path: Path) -> None:
    verb, *options = wrong
    with pytest.raises(SystemExit) as ended:
        main([verb, str(tmp_path / "out"), *options])
    assert ended.value.code == 2


def test_train_without_anything_to_train_on_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["train", str(tmp_path / "run"), "--data", str(tmp_path / "empty"), "--json"]) == 10
    assert "empty" in json.loads(capsys.readouterr().out)["error"]["what"]


@pytest.fixture
def own_cases(tmp_path: Path) -> Path:
    """Four cases of a site, in the folder "data"."""
    write_head(tmp_path / "maps")
    _add_cases(tmp_path, range(4))
    return tmp_path / "data"


def _add_cases(folder: Path, numbers: Iterable[int]) -> None:
    anatomies = load_anatomies(folder / "maps", SYNTHESIS.spacing_mm)
    for number in numbers:
        write_case(synthesise(anatomies, SYNTHESIS, number), folder / "data", f"site-{number:05d}-000")


def _train(run: Path, capsys: pytest.CaptureFixture[str], *options: object) -> tuple[int, dict[str, Any]]:
    """Exit code and what the command printed for scripts; JSON's own numbers only."""

    def refused(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    code = main(["train", str(run), "--device", "cpu", "--json", *map(str, options)])
    return code, json.loads(capsys.readouterr().out, parse_constant=refused)


def test_a_run_goes_on_with_its_own_cases_when_nobody_names_them_again(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, settings = tmp_path / "run", _settings_file(tmp_path, TRAINING)
    options = ("--data", own_cases, "--settings", settings, "--validation-share", 0.5, "--minutes", 0)
    assert _train(run, capsys, *options)[0] == 0
    code, result = _train(run, capsys, "--bundle", tmp_path / "mine")
    assert (code, result["steps"]) == (0, 12)
    assert "2 labelled cases" in load_bundle(Path(result["bundle"])).specification.data_source
    assert "2 labelled cases" in (tmp_path / "mine" / "README.md").read_text()


def _stopped_while_preparing(own_cases: Path, run: Path) -> None:
    """Interrupt a run after the first of its cases was prepared."""
    progress = Progress(is_cancelled=lambda: any((run / "cases").glob("*.pt")))
    with pytest.raises(Cancelled):
        open_source(origin_of(run, own_cases, validation_share=0.5), TRAINING, run, progress)


def test_a_run_that_was_stopped_while_cases_were_prepared_goes_on_with_them_and_its_settings(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    _stopped_while_preparing(own_cases, run)
    assert _train(run, capsys, "--minutes", 0)[0] == 0
    assert read_settings(TrainingSettings, run / SETTINGS) == TRAINING
    origin = read_settings(Origin, run / ORIGIN)
    assert (origin.data, origin.validation_share, len(origin.held_back or ())) == (own_cases, 0.5, 2)


def test_a_run_that_did_not_begin_takes_other_settings_and_another_source(own_cases: Path, tmp_path: Path) -> None:
    run, settings = tmp_path / "run", replace(TRAINING, seed=9)
    _stopped_while_preparing(own_cases, run)
    assert origin_of(run, validation_share=0.25) == Origin(own_cases, validation_share=0.25)
    open_source(origin_of(run, anatomy=tmp_path / "maps"), settings, run, Progress())
    assert origin_of(run) == Origin(anatomy=tmp_path / "maps", validation_share=0.5)
    assert read_settings(TrainingSettings, run / SETTINGS) == settings


@pytest.mark.parametrize(
    ("lost", "said"), [((ORIGIN, SETTINGS), "your own cases"), ((SETTINGS,), "does not say with which settings")]
)
def test_a_run_whose_notes_are_lost_is_not_taken_for_a_new_one(
    lost: tuple[str, ...], said: str, own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = tmp_path / "run"
    _stopped_while_preparing(own_cases, run)
    for name in lost:
        (run / name).unlink()
    code, result = _train(run, capsys)
    assert (code, said in result["error"]["what"]) == (10, True)


@pytest.mark.parametrize(
    ("options", "named"),
    [
        (("--data", "{folder}/maps"), "{folder}/maps"),
        (("--anatomy", "{folder}/maps"), "anatomy"),
        (("--validation-share", "0.5"), "0.5"),
    ],
)
def test_a_run_does_not_go_on_with_another_source(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], named: str
) -> None:
    settings = _settings_file(tmp_path, TRAINING)
    assert _train(tmp_path / "run", capsys, "--data", own_cases, "--settings", settings, "--minutes", 0)[0] == 0
    code, result = _train(tmp_path / "run", capsys, *(option.format(folder=tmp_path) for option in options))
    assert code == 10
    assert "'run'" in result["error"]["what"]
    assert str(own_cases) in result["error"]["what"]
    assert named.format(folder=tmp_path) in result["error"]["what"]


def test_cases_that_come_later_are_trained_on_and_those_held_back_stay_so(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, settings = tmp_path / "run", _settings_file(tmp_path, TRAINING)
    _train(run, capsys, "--data", own_cases, "--settings", settings, "--validation-share", 0.5, "--minutes", 0)
    held_back = read_settings(Origin, run / ORIGIN).held_back
    assert held_back is not None
    _add_cases(tmp_path, range(4, 9))
    source = open_source(origin_of(run), TRAINING, run, Progress())
    assert source.description == "7 labelled cases of 7 patients."
    assert read_settings(Origin, run / ORIGIN).held_back == held_back
    shutil.move(own_cases / held_back[0], own_cases / "renamed")
    with pytest.raises(LearningError, match=f"'{held_back[0]}'.*no longer in 'data'"):
        open_source(origin_of(run), TRAINING, run, Progress())


def test_a_run_on_own_cases_that_noted_no_source_asks_for_it(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run, settings = tmp_path / "run", _settings_file(tmp_path, TRAINING)
    _train(run, capsys, "--data", own_cases, "--settings", settings, "--minutes", 0)
    (run / ORIGIN).unlink()
    code, result = _train(run, capsys)
    assert (code, "your own cases" in result["error"]["what"]) == (10, True)
    assert _train(run, capsys, "--data", own_cases, "--minutes", 0)[0] == 0


def test_a_bundle_says_what_it_is_called_what_it_went_on_from_and_how_it_was_trained(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    parent = tiny_bundle(tmp_path / "parent", replace(TINY, data_source="Cases of another hospital."))
    transfer, one_step = TransferSettings(str(parent.folder)), replace(TRAINING.optimisation, steps=1)
    settings = replace(TRAINING, name="copied", transfer=transfer, optimisation=one_step)
    run, mine = tmp_path / "run", tmp_path / "mine"
    options = ("--data", own_cases, "--settings", _settings_file(tmp_path, settings), "--validation-share", 0.5)
    assert _train(run, capsys, *options, "--bundle", mine, "--version", "2.1.0")[0] == 0
    specification, card = load_bundle(mine).specification, (mine / "README.md").read_text()
    assert specification.version == "2.1.0"
    assert specification.data_source == (
        f"2 labelled cases of 2 patients. Went on from parent 1.0 ({parent.weights_sha256[:16]}), "
        "trained on: Cases of another hospital."
    )
    assert card.startswith("# mine\n")
    assert f"Version 2.1.0. Trained on: {specification.data_source}" in card
    assert read_settings(TrainingSettings, mine / "configs" / "train.yaml") == settings
    assert (mine / "training_log.csv").read_text() == (run / "losses.csv").read_text()


def test_a_model_is_replaced_by_the_run_that_made_it_and_by_others_only_when_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_head(tmp_path / "maps")
    settings = replace(TRAINING, optimisation=replace(TRAINING.optimisation, steps=1))
    options = ("--anatomy", tmp_path / "maps", "--settings", _settings_file(tmp_path, settings), "--validate", 0)
    mine = ("--bundle", tmp_path / "mine")
    assert _train(tmp_path / "first", capsys, *options, *mine)[0] == 0
    assert _train(tmp_path / "first", capsys, *mine)[0] == 0
    first = load_bundle(tmp_path / "mine")
    assert first.specification.version == "0.1.0"
    code, result = _train(tmp_path / "second", capsys, *options, *mine)
    assert code == exit_code(ExportError(""))
    assert first.said in result["error"]["what"]
    assert load_bundle(tmp_path / "mine").weights_sha256 == first.weights_sha256
    assert not (tmp_path / "second").exists()
    other = replace(settings, seed=4)
    options = ("--anatomy", tmp_path / "maps", "--settings", _settings_file(tmp_path, other), "--validate", 0)
    assert _train(tmp_path / "second", capsys, *options, *mine, "--replace")[0] == 0
    second = load_bundle(tmp_path / "mine")
    assert second.weights_sha256 != first.weights_sha256
    assert second.specification.version == "0.2.0"


@pytest.mark.parametrize("name", SHIPPED)
def test_no_model_takes_the_name_of_a_shipped_one(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert name in installed_bundles()
    code, result = _train(tmp_path / "run", capsys, "--bundle", tmp_path / name, "--replace")
    assert (code, name in result["error"]["what"]) == (exit_code(ExportError("")), True)


def test_a_mean_takes_the_place_of_no_model_unless_told_and_of_none_that_it_is_made_of(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one = tiny_bundle(tmp_path / "one", replace(TINY, data_source="Cases of one hospital."))
    two = tiny_bundle(tmp_path / "two", replace(TINY, data_source="Cases of another."), seed=1)
    old = tiny_bundle(tmp_path / "old", seed=2)
    for bundle in (one, two):
        (bundle.folder / "LICENSE").unlink()
    average = ["average", str(one.folder), str(two.folder), "--version", "1.1", "--json"]
    assert main([*average, "--out", str(old.folder)]) == exit_code(ExportError(""))
    assert old.said in json.loads(capsys.readouterr().out)["error"]["what"]
    with pytest.raises(SystemExit):
        main([*average, "--out", str(one.folder), "--replace"])
    assert main([*average, "--out", str(old.folder), "--replace"]) == 0
    mean = load_bundle(old.folder)
    assert mean.specification.version == "1.1"
    assert mean.specification.data_source == "Cases of one hospital. Cases of another."
    assert (mean.folder / "README.md").read_text().count("Cases of one hospital.") == 1
    with pytest.raises(SystemExit):
        main(["average", str(one.folder), str(two.folder), "--version", "", "--out", str(tmp_path / "mean")])


def test_what_own_cases_cannot_teach_is_no_output_of_the_bundle_and_that_is_said(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = _settings_file(tmp_path, replace(TRAINING, second_looks=(SecondLook((Sequence.T1,), ("WT", "RC")),)))
    options = ("--data", own_cases, "--settings", settings, "--bundle", tmp_path / "mine")
    result = _train(tmp_path / "run", capsys, *options)[1]
    bundle = load_bundle(tmp_path / "mine")
    assert [region.key for region in bundle.specification.outputs] == ["WT", "TC", "ET"]
    assert bundle.specification.second_looks == (SecondLook((Sequence.T1,), ("WT",)),)
    assert brain_finder(bundle, "cpu").bundle.name == "brain-synthetic"
    assert result["left_out"] == "The model has no output for what its cases cannot teach: resection cavity, brain."
    assert result["left_out"] in (tmp_path / "mine" / "README.md").read_text()


@pytest.fixture
def without_t2(own_cases: Path) -> Path:
    """The cases, none with T2."""
    for file in own_cases.rglob("*-t2w.nii.gz"):
        file.unlink()
    return own_cases


def test_a_sequence_that_no_own_case_has_is_not_taken_by_the_bundle_and_that_is_said(
    without_t2: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    looks = (SecondLook((Sequence.T2,), ("WT",)), SecondLook((Sequence.T1, Sequence.T2), ("WT",)))
    settings = _settings_file(tmp_path, replace(TRAINING, second_looks=looks))
    options = ("--data", without_t2, "--settings", settings, "--bundle", tmp_path / "mine")
    result = _train(tmp_path / "run", capsys, *options)[1]
    assert "takes no images of sequences that it could not learn from its cases: T2." in result["left_out"]
    assert result["left_out"] in (tmp_path / "mine" / "README.md").read_text()
    bundle, taught = load_bundle(tmp_path / "mine"), (Sequence.T1, Sequence.T1C, Sequence.FLAIR)
    assert bundle.specification.sequences == taught
    assert set(bundle.specification.not_measured([Sequence.T1C, Sequence.T2])) == {"WT", "ED"}
    assert bundle.specification.second_looks == (SecondLook((Sequence.T1,), ("WT",)),)
    with pytest.raises(InferenceError, match="can measure nothing without T1, T1c, FLAIR"):
        segment(replace(prepared_arrays(), present=(Sequence.T2,)), bundle, "cpu")
    images = torch.randn(1, 4, 24, 24, 24)
    goes_on = WholeBrainRecipe(TRAINING).network().eval()
    start_from(replace(TRAINING, transfer=TransferSettings(str(bundle.folder))), goes_on)
    known, own = bundle.load_network().eval()(images[:, [0, 1, 3]]), goes_on(images)
    assert torch.allclose(own[:, : known.shape[1]], known, atol=1e-4)


def test_a_sequence_that_the_model_to_start_from_knows_is_taken_though_no_own_case_has_it(
    without_t2: Path, tmp_path: Path
) -> None:
    known = tiny_bundle(tmp_path / "known")
    for transfer, untaught in (
        (TransferSettings(), (Sequence.T2,)),
        (TransferSettings(str(known.folder)), ()),
    ):
        settings = replace(TRAINING, transfer=transfer)
        source = FolderSource(settings, without_t2, 0.0, tmp_path / "cases", Progress())
        assert source.untaught.sequences == untaught


def test_regions_that_only_a_sequence_shows_that_no_own_case_has_are_no_outputs(
    own_cases: Path, tmp_path: Path
) -> None:
    for file in own_cases.rglob("*-t1c.nii.gz"):
        file.unlink()
    source = FolderSource(TRAINING, own_cases, 0.0, tmp_path / "cases", Progress())
    assert set(source.untaught.outputs) == {"TC", "ET", "RC", "NCR", "ED", "brain"}
    model = train(TRAINING, source, tmp_path / "run", "cpu", minutes=0)
    bundle = export_bundle(model, tmp_path / "mine", "0.1.0", "", "", Validation(), untaught=source.untaught)
    assert [region.key for region in bundle.specification.outputs] == ["WT"]
    assert "no image that the model learnt from shows it" in bundle.specification.not_measured(tuple(Sequence))["NCR"]


def test_a_cavity_in_one_training_case_is_taught(own_cases: Path, tmp_path: Path) -> None:
    files = find_cases(own_cases)[0]
    assert files.labels
    labels = nibabel.load(files.labels)
    values = np.asarray(labels.dataobj).copy()
    values[values == 1] = 4
    nibabel.save(nibabel.Nifti1Image(values, labels.affine), files.labels)
    for share, untaught in ((0.0, ("brain",)), (0.9, ("RC", "brain"))):
        held_back = [files.name] if share else None
        source = FolderSource(TRAINING, own_cases, share, tmp_path / "cases", Progress(), held_back)
        assert source.untaught.outputs == untaught


def test_all_own_cases_that_are_held_back_are_scored_and_counted(
    own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    settings = _settings_file(tmp_path, replace(TRAINING, optimisation=replace(TRAINING.optimisation, steps=1)))
    _add_cases(tmp_path, range(4, 12))
    options = ("--data", own_cases, "--settings", settings, "--validation-share", 0.8, "--bundle", tmp_path / "mine")
    assert _train(tmp_path / "run", capsys, *options)[1]["scored_cases"] == 10
    assert "Mean over 10 cases that were not trained on" in (tmp_path / "mine" / "README.md").read_text()


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        (replace(TRAINING, recipe=Recipe.AXIAL_PATCHES), "axial patches"),
        (replace(TRAINING, region_weights={"brain": 1.0}), "No training case shows .*: brain"),
    ],
)
def test_what_cannot_become_a_bundle_is_refused_before_the_training(
    settings: TrainingSettings, said: str, own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = ("--data", own_cases, "--settings", _settings_file(tmp_path, settings), "--bundle", tmp_path / "mine")
    code, result = _train(tmp_path / "run", capsys, *options)
    assert code == 10
    assert re.search(said, result["error"]["what"])
    assert not (tmp_path / "run" / "losses.csv").exists()


def test_a_run_without_a_step_has_no_loss(own_cases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = _settings_file(tmp_path, TRAINING)
    result = _train(tmp_path / "run", capsys, "--data", own_cases, "--settings", settings, "--minutes", 0)[1]
    assert (result["steps"], result["loss"]) == (0, None)
