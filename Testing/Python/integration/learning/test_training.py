"""Training from end to end: from nothing to a bundle, through kills, and by several processes together."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from learning_samples import SYNTHESIS, TRAINING, write_head
from model_samples import TINY, prepared_arrays, tiny_bundle

from BratsSegmenterLib.domain import ET, RC, TC, WT, Sequence
from BratsSegmenterLib.errors import BundleError, Cancelled, InferenceError, LearningError
from BratsSegmenterLib.learning.configuration import read_settings, to_plain
from BratsSegmenterLib.learning.synthesis import load_anatomies, synthesise, write_case
from BratsSegmenterLib.learning.training import (
    Cases,
    FolderSource,
    TrainedModel,
    TrainingCase,
    TrainingSettings,
    Validation,
    average_bundles,
    export_bundle,
    train,
    trainer,
    validate,
)
from BratsSegmenterLib.learning.training.log import read_losses
from BratsSegmenterLib.learning.training.recipes import build_recipe
from BratsSegmenterLib.learning.training.settings import Recipe, TransferSettings
from BratsSegmenterLib.learning.training.sources import SyntheticSource
from BratsSegmenterLib.learning.training.transfer import start_from
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Normalisation, SecondLook, load_bundle, segment
from BratsSegmenterLib.segmentation.standard_scale import PERCENTILES

_TINY = Path(__file__).with_name("tiny.yaml")
_COMMAND = (sys.executable, "-m", "BratsSegmenterLib.cli", "train")
_DEADLINE_S = 120


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small networks learn faster on one; other tests keep theirs."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(module_folder()), "OMP_NUM_THREADS": "1"}


def _source(settings: TrainingSettings, folder: Path) -> SyntheticSource:
    write_head(folder / "maps")
    return SyntheticSource(settings, folder / "maps", folder / "anatomy", Progress())


def _write_cases(folder: Path, count: int) -> None:
    """A site's own cases, in the folder "data"."""
    write_head(folder / "maps")
    anatomies = load_anatomies(folder / "maps", SYNTHESIS.spacing_mm)
    for number in range(count):
        write_case(synthesise(anatomies, SYNTHESIS, number), folder / "data", f"site-{number:05d}-000")


def _trained(settings: TrainingSettings, folder: Path, minutes: float | None = None) -> TrainedModel:
    return train(settings, _source(settings, folder), folder / "run", "cpu", minutes)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_tiny_network_learns_from_nothing_and_becomes_a_working_bundle(tmp_path: Path, atlas_cache: Path) -> None:
    settings = read_settings(TrainingSettings, _TINY)
    source = SyntheticSource(settings, None, atlas_cache, Progress())
    model = train(settings, source, tmp_path / "run", "cpu")
    found = validate(model, source, 12)
    assert found.scores["WT Dice"] > 0.6
    assert found.scores["TC Dice"] > 0.5
    bundle = export_bundle(model, tmp_path / "tiny", "0.1.0", source.description, "Apache-2.0", found)
    specification = load_bundle(bundle.folder).specification
    assert specification.outputs == (WT, TC, ET, RC)
    assert specification.outputs_brain
    case = source.validation(1, torch.device("cpu"))[0][0]
    with torch.inference_mode():
        logits = bundle.load_network()(case.images[None].float())[0]
        averaged = model.network(case.images[None].float())[0]
    assert torch.allclose(logits, averaged, atol=0.1), "a bundle keeps half precision"


def test_a_killed_run_continues_to_the_same_losses(tmp_path: Path) -> None:
    settings = replace(TRAINING, checkpoint_minutes=0.0)
    settings = replace(settings, optimisation=replace(settings.optimisation, steps=40))
    write_head(tmp_path / "maps")
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(to_plain(settings)))
    options = ["--settings", str(file), "--anatomy", str(tmp_path / "maps"), "--validate", "0", "--device", "cpu"]
    killed, whole = ([*_COMMAND, str(tmp_path / name), *options] for name in ("killed", "whole"))
    losses = tmp_path / "killed" / "losses.csv"
    with subprocess.Popen(killed, env=_environment()) as process:
        deadline = time.monotonic() + _DEADLINE_S
        while len(read_losses(losses)) < 15 and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        process.kill()
    assert 15 <= len(read_losses(losses)) < 40, "killed in the middle"
    for command in (killed, whole):
        assert subprocess.run(command, env=_environment(), check=False).returncode == 0
    resumed, uninterrupted = (np.array(read_losses(tmp_path / name / "losses.csv")) for name in ("killed", "whole"))
    # Two processes mostly agree to the last bit, but a voxel at a threshold may fall to either side, which once made a
    # loss differ by .0026 of itself some twenty steps on; half of all neighbouring steps differ by more than .011.
    assert resumed == pytest.approx(uninterrupted, rel=5e-3)
    assert len(resumed) == 40


def test_a_run_cut_into_pieces_by_minutes_goes_on(tmp_path: Path) -> None:
    assert _trained(TRAINING, tmp_path, minutes=0).steps_done == 0
    model = _trained(TRAINING, tmp_path)
    assert model.is_finished
    assert [step for step, _, _ in read_losses(tmp_path / "run" / "losses.csv")] == list(range(1, 13))
    assert _trained(TRAINING, tmp_path).steps_done == 12


def test_a_run_is_not_continued_with_other_settings(tmp_path: Path) -> None:
    _trained(TRAINING, tmp_path, minutes=0)
    with pytest.raises(LearningError, match="seed"):
        _trained(replace(TRAINING, seed=9), tmp_path)


class _Damaged(SyntheticSource):
    """Cases with a voxel that is no number."""

    def training(self, rank: int, size: int, device: torch.device) -> Cases:
        cases = super().training(rank, size, device)

        class _Spoilt:
            def __getitem__(self, number: int) -> TrainingCase:
                case = cases[number]
                case.images[0, 5, 5, 5] = torch.nan
                return case

        return _Spoilt()


def test_a_loss_that_is_no_number_stops_the_run_and_says_so(tmp_path: Path) -> None:
    write_head(tmp_path / "maps")
    source = _Damaged(TRAINING, tmp_path / "maps", tmp_path / "anatomy", Progress())
    with pytest.raises(LearningError, match="no longer a number after 0 steps"):
        train(TRAINING, source, tmp_path / "run", "cpu")


def test_a_run_that_diverged_goes_on_from_its_last_good_checkpoint(tmp_path: Path) -> None:
    source = _source(TRAINING, tmp_path)
    with pytest.raises(Cancelled):
        train(TRAINING, source, tmp_path / "run", "cpu", progress=_cancelled_after(5))
    (good,) = (tmp_path / "run" / "checkpoints").iterdir()
    damaged = _Damaged(TRAINING, tmp_path / "maps", tmp_path / "anatomy", Progress())
    with pytest.raises(LearningError, match=r"no longer a number after \d steps.*out of the training cases"):
        train(TRAINING, damaged, tmp_path / "run", "cpu")
    assert list((tmp_path / "run" / "checkpoints").iterdir()) == [good]
    assert train(TRAINING, source, tmp_path / "run", "cpu").is_finished


def test_weights_that_ran_away_are_no_checkpoint(tmp_path: Path) -> None:
    settings = replace(TRAINING, optimisation=replace(TRAINING.optimisation, learning_rate=1e18))
    with pytest.raises(LearningError, match="no longer a number after 1 steps"):
        _trained(settings, tmp_path)
    assert not (tmp_path / "run" / "checkpoints").exists()


@pytest.mark.parametrize("in_hardware", [True, False])
def test_bfloat16_is_used_only_where_the_device_has_instructions_for_it(
    in_hardware: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trainer, "computes_in_bfloat16", lambda device: in_hardware)
    mixed = replace(TRAINING, optimisation=replace(TRAINING.optimisation, steps=2, mixed_precision=True))
    plain = replace(mixed, optimisation=replace(mixed.optimisation, mixed_precision=False))
    _trained(mixed, tmp_path / "mixed")
    _trained(plain, tmp_path / "plain")
    losses = [read_losses(tmp_path / name / "run" / "losses.csv") for name in ("mixed", "plain")]
    assert (losses[0] != losses[1]) == in_hardware


def _cancelled_after(updates: int) -> Progress:
    seen: list[float] = []
    return Progress(lambda event: seen.append(event.fraction), lambda: len(seen) >= updates)


def test_cancelling_leaves_a_checkpoint_to_go_on_from(tmp_path: Path) -> None:
    source = _source(TRAINING, tmp_path)
    with pytest.raises(Cancelled):
        train(TRAINING, source, tmp_path / "run", "cpu", progress=_cancelled_after(6))
    done = len(read_losses(tmp_path / "run" / "losses.csv"))
    assert 0 < done < 12
    assert _trained(TRAINING, tmp_path).is_finished


def test_own_cases_are_trained_on_and_bad_ones_named(tmp_path: Path) -> None:
    _write_cases(tmp_path, 4)
    (tmp_path / "data" / "site-00002-000" / "site-00002-000-seg.nii.gz").unlink()
    source = FolderSource(TRAINING, tmp_path / "data", 0.25, tmp_path / "cases", Progress())
    (problem,) = source.problems
    assert "site-00002-000" in problem
    model = train(TRAINING, source, tmp_path / "run", "cpu")
    assert model.is_finished
    assert set(validate(model, source).scores) <= {"WT Dice", "TC Dice", "ET Dice"}


def test_axial_patches_train_in_the_same_kit_but_are_not_exported(tmp_path: Path) -> None:
    patches = replace(TRAINING.patches, channels=(4, 8), size=16)
    settings = replace(TRAINING, recipe=Recipe.AXIAL_PATCHES, patches=patches)
    model = _trained(settings, tmp_path)
    assert set(validate(model, _source(settings, tmp_path), 1).scores) == {"WT Dice", "TC Dice", "ET Dice"}
    with pytest.raises(LearningError, match="axial patches"):
        export_bundle(model, tmp_path / "bundle", "0.1.0", "", "", Validation())
    assert not (tmp_path / "bundle").exists()


def test_training_goes_on_from_another_bundle_with_its_encoder_frozen(tmp_path: Path) -> None:
    first = _trained(TRAINING, tmp_path)
    bundle = export_bundle(first, tmp_path / "first", "0.1.0", "synthetic", "Apache-2.0", Validation())
    transfer = TransferSettings(str(bundle.folder), freeze_encoder=True)
    second = _trained(replace(TRAINING, transfer=transfer), tmp_path / "second")
    known, learnt = bundle.load_network().state_dict(), second.network.state_dict()
    assert torch.equal(known["encoder.0.conv1.weight"], learnt["encoder.0.conv1.weight"])
    assert not torch.equal(known["decoder.1.conv1.weight"], learnt["decoder.1.conv1.weight"])


def test_a_wider_network_answers_as_the_one_it_started_from_and_learns_on(tmp_path: Path) -> None:
    bundle = export_bundle(_trained(TRAINING, tmp_path), tmp_path / "first", "0.1.0", "", "Apache-2.0", Validation())
    narrow = bundle.load_network().eval()
    settings = replace(
        TRAINING,
        network=replace(TRAINING.network, channels=(6, 7, 12)),
        transfer=TransferSettings(str(bundle.folder)),
    )
    wide = build_recipe(settings).network()
    start_from(settings, wide)
    images = torch.randn(1, 4, 24, 24, 24)
    outputs = narrow(images).shape[1]
    assert torch.allclose(wide.eval()(images)[:, :outputs], narrow(images), atol=1e-4)
    silent = wide.decoder[0][0].weight[:4, 4:6]
    assert not silent.any()
    learnt = _trained(settings, tmp_path / "second").network
    assert learnt.decoder[0][0].weight[:4, 4:6].all()


def test_a_network_trained_on_windows_becomes_a_bundle_that_is_run_in_windows(tmp_path: Path) -> None:
    settings = replace(TRAINING, network=replace(TRAINING.network, window=(12, 16, 16)))
    model = _trained(settings, tmp_path)
    assert set(validate(model, _source(settings, tmp_path), 1).scores) == {"WT Dice", "TC Dice", "ET Dice"}
    exported = export_bundle(model, tmp_path / "windowed", "0.1.0", "", "Apache-2.0", Validation())
    bundle = load_bundle(exported.folder)
    assert bundle.specification.window == (12, 16, 16)
    messages: list[str] = []
    segment(prepared_arrays(), bundle, "cpu", progress=Progress(lambda event: messages.append(event.message)))
    assert any(message.startswith("window 2 of") for message in messages)


def test_how_a_model_is_to_be_asked_is_kept_in_its_bundle(tmp_path: Path) -> None:
    looks = (SecondLook((Sequence.T1C,), ("WT",)),)
    settings = replace(TRAINING, second_looks=looks, appearance=True)
    exported = export_bundle(_trained(settings, tmp_path), tmp_path / "first", "0.1.0", "", "Apache-2.0", Validation())
    kept = load_bundle(exported.folder).specification
    assert kept.second_looks == looks
    assert kept.appearance
    assert kept.flip_averaging == settings.cases.mirror


def test_a_model_that_goes_on_from_another_is_asked_as_that_one_unless_its_settings_say_otherwise(
    tmp_path: Path,
) -> None:
    looks = (SecondLook((Sequence.T1C,), ("WT",)),)
    asked = replace(TINY, second_looks=looks, appearance=True)
    parent = tiny_bundle(tmp_path / "parent", asked)
    settings = replace(TRAINING, region_weights={"WT": 1.0, "TC": 1.0}, transfer=TransferSettings(str(parent.folder)))
    model = _trained(settings, tmp_path, minutes=0)
    answers = {}
    for name, one in (("same", settings), ("other", replace(settings, second_looks=(), appearance=False))):
        bundle = export_bundle(replace(model, settings=one), tmp_path / name, "0.1.0", "", "", Validation())
        answers[name] = (bundle.specification.second_looks, bundle.specification.appearance)
    assert answers == {"same": (looks, True), "other": ((), False)}


def test_own_cases_are_brought_onto_a_standard_scale_that_the_bundle_keeps(tmp_path: Path) -> None:
    _write_cases(tmp_path, 3)
    settings = replace(TRAINING, cases=replace(TRAINING.cases, standard_scale=True))
    source = FolderSource(settings, tmp_path / "data", 0.34, tmp_path / "cases", Progress())
    model = train(settings, source, tmp_path / "run", "cpu")
    bundle = export_bundle(model, tmp_path / "own", "0.1.0", "", "", Validation(), source.standard_scales)
    kept = load_bundle(bundle.folder).specification
    assert kept.normalisation is Normalisation.STANDARD_SCALE
    assert set(kept.standard_scales) == set(Sequence)
    case = source.validation(1, torch.device("cpu"))[0][0]
    median = np.median(case.images[0].numpy()[case.brain.numpy()])
    middle = kept.standard_scales[Sequence.T1].landmarks[PERCENTILES.index(50.0)]
    assert median == pytest.approx(middle, abs=0.1)


def test_the_mean_of_two_bundles_lies_between_them_and_others_have_none(tmp_path: Path) -> None:
    first = export_bundle(_trained(TRAINING, tmp_path), tmp_path / "first", "0.1.0", "", "Apache-2.0", Validation())
    longer = replace(TRAINING, seed=9, transfer=TransferSettings(str(first.folder)))
    second = export_bundle(
        _trained(longer, tmp_path / "on"), tmp_path / "second", "0.1.0", "", "Apache-2.0", Validation()
    )
    mean = average_bundles([first, second], tmp_path / "mean", "0.2.0")
    name = "encoder.0.conv1.weight"
    weights = [bundle.load_network().state_dict()[name] for bundle in (first, second, mean)]
    assert torch.allclose((weights[0] + weights[1]) / 2, weights[2], atol=1e-3)
    assert mean.algorithm.version == "0.2.0"
    assert first.weights_sha256[:16] in (mean.folder / "README.md").read_text()
    with pytest.raises(LearningError, match="at least two"):
        average_bundles([first], tmp_path / "none", "0.2.0")
    alone = replace(TRAINING, region_weights={"WT": 1.0})
    other = export_bundle(
        _trained(alone, tmp_path / "alone"), tmp_path / "other", "0.1.0", "", "Apache-2.0", Validation()
    )
    with pytest.raises(LearningError, match="'first' and 'other' are not alike"):
        average_bundles([first, other], tmp_path / "none", "0.2.0")
    assert not (tmp_path / "none").exists()


def test_a_network_can_learn_the_brain_alone_and_refuses_to_look_for_tumour(tmp_path: Path) -> None:
    settings = replace(TRAINING, region_weights={"brain": 1.0}, synthesis=replace(SYNTHESIS, with_skull=1.0))
    model = _trained(settings, tmp_path)
    found = validate(model, _source(settings, tmp_path), 1)
    assert set(found.scores) == {"brain Dice"}
    bundle = export_bundle(model, tmp_path / "brain", "0.1.0", "synthetic", "Apache-2.0", found)
    specification = load_bundle(bundle.folder).specification
    assert specification.outputs_brain
    assert specification.description == "Finds the brain in images with skull."
    with pytest.raises(InferenceError, match="finds the brain"):
        segment(prepared_arrays(), bundle, "cpu")


def test_a_network_that_never_learnt_the_brain_becomes_a_bundle_of_its_regions(tmp_path: Path) -> None:
    model = _trained(replace(TRAINING, region_weights={"WT": 1.0, "ET": 1.0}), tmp_path)
    specification = export_bundle(model, tmp_path / "regions", "0.1.0", "", "", Validation()).specification
    assert [region.key for region in specification.outputs] == ["WT", "ET"]
    assert not specification.outputs_brain


def test_a_standard_scale_is_not_learnt_from_synthetic_heads(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="real images"):
        _source(replace(TRAINING, cases=replace(TRAINING.cases, standard_scale=True)), tmp_path)


def test_a_bundle_of_another_network_is_not_started_from(tmp_path: Path) -> None:
    bundle = export_bundle(
        _trained(TRAINING, tmp_path), tmp_path / "first", "0.1.0", "synthetic", "Apache-2.0", Validation()
    )
    settings = replace(
        TRAINING,
        network=replace(TRAINING.network, channels=(4, 4, 8)),
        transfer=TransferSettings(str(bundle.folder)),
    )
    with pytest.raises(LearningError, match="another size"):
        _trained(settings, tmp_path / "second")
    with pytest.raises(BundleError, match="nowhere"):
        _trained(replace(TRAINING, transfer=TransferSettings("nowhere")), tmp_path / "third")


def test_two_processes_train_one_network(tmp_path: Path) -> None:
    settings = replace(TRAINING, optimisation=replace(TRAINING.optimisation, steps=4))
    write_head(tmp_path / "maps")
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(to_plain(settings)))
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    arguments = (str(tmp_path / "run"), "--settings", str(file), "--anatomy", str(tmp_path / "maps"), "--device", "cpu")
    command = (*torchrun, "-m", "BratsSegmenterLib.cli", "train", *arguments, "--validate", "0")
    assert subprocess.run(command, env=_environment(), check=False).returncode == 0
    assert [step for step, _, _ in read_losses(tmp_path / "run" / "losses.csv")] == [1, 2, 3, 4]
    assert [folder.name for folder in (tmp_path / "run" / "checkpoints").iterdir()] == ["step-00000004"]


def test_two_processes_learn_from_other_own_cases_and_one_of_them_reports(tmp_path: Path) -> None:
    _write_cases(tmp_path, 6)
    source = FolderSource(TRAINING, tmp_path / "data", 0.2, tmp_path / "cases", Progress())
    device = torch.device("cpu")
    alone, one, two = (source.training(rank, size, device) for rank, size in ((0, 1), (0, 2), (1, 2)))
    for number in range(6):
        assert torch.equal(one[number].images, alone[2 * number].images)
        assert torch.equal(two[number].images, alone[2 * number + 1].images)
    file = tmp_path / "settings.yaml"
    file.write_text(yaml.safe_dump(to_plain(replace(TRAINING, optimisation=replace(TRAINING.optimisation, steps=2)))))
    torchrun = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2")
    arguments = (str(tmp_path / "run"), "--settings", str(file), "--data", str(tmp_path / "data"), "--device", "cpu")
    command = (*torchrun, "-m", "BratsSegmenterLib.cli", "train", *arguments, "--bundle", str(tmp_path / "own"))
    ran = subprocess.run((*command, "--json"), env=_environment(), check=True, capture_output=True, text=True)
    assert json.loads(ran.stdout)["bundle"] == str(tmp_path / "own")
    assert ran.stderr.count("The bundle is in") == 1
