"""A site's own cases: what is read, and how what cannot be used is named and left aside."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk
import torch

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import LabelledFiles, find_labelled_cases, sequence_gaps
from BratsSegmenterLib.learning.evaluation.names import patients
from BratsSegmenterLib.learning.evaluation.nnunet import label_values
from BratsSegmenterLib.learning.synthesis import SynthesisSettings
from BratsSegmenterLib.learning.training import (
    FolderCases,
    FolderSource,
    TrainingSettings,
    Untaught,
)
from BratsSegmenterLib.learning.training.folders import KeptCase, PreparedCases, prepare_cases, split
from BratsSegmenterLib.progress import Progress

_SHAPE = (20, 24, 22)
_OLD_NAMES = ("t1", "t1ce", "t2", "flair")
_NEW_NAMES = ("t1n", "t1c", "t2w", "t2f")


def _arrays(et: int = 4) -> dict[str, np.ndarray]:
    """Four images of a box of brain, and labels with a box of each kind in it."""
    random = np.random.default_rng(0)
    brain = np.zeros(_SHAPE, np.float32)
    brain[3:17, 4:20, 4:18] = 1
    labels = np.zeros(_SHAPE, np.uint8)
    labels[6:13, 7:15, 7:15] = 2
    labels[8:12, 9:13, 9:13] = et
    labels[9:11, 10:12, 10:12] = 1
    images = {name: brain * (100 + random.normal(0, 10, _SHAPE).astype(np.float32)) for name in _OLD_NAMES}
    return {**images, "seg": labels}


def _write(file: Path, array: np.ndarray, spacing: float = 2.0) -> None:
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((spacing,) * 3)
    sitk.WriteImage(image, str(file))


def _write_case(folder: Path, name: str, arrays: dict[str, np.ndarray] | None = None) -> Path:
    target = folder / name
    target.mkdir(parents=True)
    for role, array in (arrays or _arrays()).items():
        _write(target / f"{name}_{role}.nii.gz", array)
    return target


def _prepared(folder: Path, cache: Path) -> PreparedCases:
    return prepare_cases(find_labelled_cases(folder), (16, 16, 16), 2.0, cache)


def _cases(folder: Path, cache: Path) -> FolderCases:
    return FolderCases(_prepared(folder, cache).files)


@pytest.mark.parametrize("et", [3, 4])
def test_cases_with_et_3_and_et_4_become_the_same(tmp_path: Path, et: int) -> None:
    _write_case(tmp_path / "data", "BraTS19_1", _arrays(et))
    case = _cases(tmp_path / "data", tmp_path / "cache")[0]
    assert case.labels.unique().tolist() == [0, 1, 2, 3]
    assert int((case.labels == 3).sum()) == 64 - 8
    assert case.present == tuple(Sequence)
    assert case.images.shape == (4, 16, 16, 16)


def test_names_since_2023_are_read(tmp_path: Path) -> None:
    old = _arrays(3)
    arrays = {**{new: old[name] for new, name in zip(_NEW_NAMES, _OLD_NAMES, strict=True)}, "seg": old["seg"]}
    folder = tmp_path / "data" / "BraTS-GLI-00001-000"
    folder.mkdir(parents=True)
    for role, array in arrays.items():
        _write(folder / f"BraTS-GLI-00001-000-{role}.nii.gz", array)
    assert _cases(tmp_path / "data", tmp_path / "cache")[0].present == tuple(Sequence)


def test_prepared_images_are_normalised_in_the_brain(tmp_path: Path) -> None:
    _write_case(tmp_path / "data", "case")
    case = _cases(tmp_path / "data", tmp_path / "cache")[0]
    inside = case.images[:, case.brain].float()
    assert torch.allclose(inside.mean(1), torch.zeros(4), atol=0.02)
    assert not case.images[:, ~case.brain].any()


def test_a_missing_sequence_is_trained_with_as_missing(tmp_path: Path) -> None:
    arrays = _arrays()
    del arrays["t1"]
    _write_case(tmp_path / "data", "case", arrays)
    case = _cases(tmp_path / "data", tmp_path / "cache")[0]
    assert Sequence.T1 not in case.present
    assert not case.images[0].any()


def test_every_pass_goes_through_all_cases_in_another_order(tmp_path: Path) -> None:
    for number in range(6):
        arrays = _arrays()
        arrays["seg"][5, 6, 6 : 6 + number] = 2
        _write_case(tmp_path / "data", f"case{number}", arrays)
    cases = _cases(tmp_path / "data", tmp_path / "cache")
    passes = [[int((cases[turn * 6 + place].labels > 0).sum()) for place in range(6)] for turn in range(2)]
    assert passes[0] != passes[1]


def _without_labels(arrays: dict[str, np.ndarray]) -> None:
    del arrays["seg"]


def _with_not_a_number(arrays: dict[str, np.ndarray]) -> None:
    arrays["t2"][5, 5, 5] = np.nan


def _with_other_shape(arrays: dict[str, np.ndarray]) -> None:
    arrays["flair"] = arrays["flair"][:-2]


def _with_wrong_label(arrays: dict[str, np.ndarray]) -> None:
    arrays["seg"][5, 5, 5] = 9


def _empty(arrays: dict[str, np.ndarray]) -> None:
    for name in _OLD_NAMES:
        arrays[name][:] = 0


def _flat_in_the_brain(arrays: dict[str, np.ndarray]) -> None:
    arrays["t1ce"] = (arrays["t1ce"] > 0).astype(np.float32)


def _with_noise_around(arrays: dict[str, np.ndarray]) -> None:
    arrays["t2"] += np.random.default_rng(1).uniform(0, 3, _SHAPE).astype(np.float32)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (_without_labels, "no labels"),
        (_with_not_a_number, "no numbers in its T2"),
        (_with_other_shape, "FLAIR image .* grid"),
        (_with_wrong_label, "9"),
        (_empty, "one value everywhere"),
        (_with_noise_around, "T2 image of the case 'bad' is not zero around the brain.*Strip the skull"),
        (_flat_in_the_brain, "T1c image .* one value everywhere in the brain"),
    ],
)
def test_a_bad_case_is_named_and_the_others_train(
    tmp_path: Path, spoil: Callable[[dict[str, np.ndarray]], None], said: str
) -> None:
    arrays = _arrays()
    spoil(arrays)
    _write_case(tmp_path / "data", "bad", arrays)
    _write_case(tmp_path / "data", "good")
    prepared = _prepared(tmp_path / "data", tmp_path / "cache")
    assert len(prepared.files) == 1
    (problem,) = prepared.set_aside
    assert problem.name == "bad"
    assert "bad" in problem.reason
    assert re.search(said, problem.reason)


def test_a_truncated_file_is_named(tmp_path: Path) -> None:
    folder = _write_case(tmp_path / "data", "cut")
    file = folder / "cut_t2.nii.gz"
    file.write_bytes(file.read_bytes()[:200])
    _write_case(tmp_path / "data", "good")
    (problem,) = _prepared(tmp_path / "data", tmp_path / "cache").set_aside
    assert "cut_t2.nii.gz" in problem.reason


def test_a_file_whose_header_is_damaged_is_named_and_nifti_2_is_read(tmp_path: Path) -> None:
    bad, good = (_write_case(tmp_path / "data", name) for name in ("bad", "good"))
    (bad / "bad_t2.nii.gz").unlink()
    (bad / "bad_t2.nii").write_bytes(bytes(4000))
    image = nibabel.load(good / "good_t2.nii.gz")
    nibabel.save(nibabel.Nifti2Image(np.asarray(image.dataobj), image.affine), good / "good_t2.nii.gz")
    prepared = _prepared(tmp_path / "data", tmp_path / "cache")
    assert [case.name for case in prepared.cases] == ["good"]
    assert "bad_t2.nii" in prepared.set_aside[0].reason


def test_a_case_with_two_label_files_is_named_and_the_others_train(tmp_path: Path) -> None:
    folder = _write_case(tmp_path / "data", "twice")
    _write(folder / "pred_seg.nii.gz", _arrays()["seg"])
    _write_case(tmp_path / "data", "good")
    prepared = _prepared(tmp_path / "data", tmp_path / "cache")
    assert [case.name for case in prepared.cases] == ["good"]
    (problem,) = prepared.set_aside
    assert "pred_seg.nii.gz, twice_seg.nii.gz" in problem.reason


def test_a_folder_with_nothing_usable_is_refused_with_all_reasons(tmp_path: Path) -> None:
    arrays = _arrays()
    _with_wrong_label(arrays)
    _write_case(tmp_path / "data", "bad", arrays)
    with pytest.raises(LearningError, match=r"None of the 1 training cases.*bad"):
        _cases(tmp_path / "data", tmp_path / "cache")


def _write_nnunet(folder: Path, labels: dict[str, object]) -> None:
    """A case whose label file has the values 1 oedema, 2 necrosis, 3 enhancing."""
    arrays = _arrays(4)
    theirs = np.choose(np.minimum(arrays["seg"], 4), [0, 2, 1, 0, 3]).astype(np.uint8)
    for name in ("imagesTr", "labelsTr"):
        (folder / name).mkdir(parents=True)
    for number, name in enumerate(_OLD_NAMES):
        _write(folder / "imagesTr" / f"case_7_{number:04d}.nii.gz", arrays[name])
    _write(folder / "labelsTr" / "case_7.nii.gz", theirs)
    names = {"0": "T1", "1": "T1ce", "2": "T2", "3": "Flair"}
    (folder / "dataset.json").write_text(json.dumps({"channel_names": names, "labels": labels}))


def test_an_nnunet_data_set_is_read_with_its_own_label_values(tmp_path: Path) -> None:
    labels = {"background": 0, "whole tumor": [1, 2, 3], "tumor core": [2, 3], "enhancing tumor": [3]}
    _write_nnunet(tmp_path / "Dataset001", labels)
    case = _cases(tmp_path / "Dataset001", tmp_path / "cache")[0]
    assert [int((case.labels == label).sum()) for label in (1, 2, 3)] == [8, 7 * 8 * 8 - 64, 56]


def test_data_sets_of_nnunet_below_a_folder_are_read_beside_its_other_cases(tmp_path: Path) -> None:
    data = tmp_path / "data"
    _write_case(data / "site", "BraTS2021_00001")
    for name in ("Dataset001", "Dataset002"):
        _write_nnunet(data / "raw" / name, {"background": 0, "edema": 1, "necrosis": 2, "enhancing": 3})
    found = find_labelled_cases(data)
    assert [case.name for case in found] == ["BraTS2021_00001", "raw-Dataset001-case_7", "raw-Dataset002-case_7"]
    assert [case.files.patient for case in found] == ["BraTS2021_00001", "case_7", "case_7"]
    assert [case.name for case in find_labelled_cases(data / "raw")] == ["Dataset001-case_7", "Dataset002-case_7"]
    own, *theirs = (FolderCases([file])[0] for file in _prepared(data, tmp_path / "cache").files)
    assert all((own.labels == one.labels).all() for one in theirs)


def test_voxels_of_a_value_that_the_data_set_does_not_name_are_not_taken_for_healthy(tmp_path: Path) -> None:
    _write_nnunet(tmp_path / "Dataset001", {"background": 0, "edema": 1, "necrosis": 2})
    with pytest.raises(LearningError, match=r"'case_7' has voxels of the label 3, which dataset\.json does not name"):
        _cases(tmp_path / "Dataset001", tmp_path / "cache")


def test_the_dataset_json_of_another_data_set_leaves_the_cases_beside_it_alone(tmp_path: Path) -> None:
    _write_case(tmp_path, "one")
    (tmp_path / "dataset.json").write_text(json.dumps({"training": [{"image": ["one/t1.nii.gz"], "fold": 0}]}))
    (case,) = find_labelled_cases(tmp_path)
    assert case.name == "one"
    (tmp_path / "labelsTr").mkdir()
    with pytest.raises(LearningError, match="does not say what its channels and labels are") as refused:
        find_labelled_cases(tmp_path)
    assert "'channel_names', 'labels'" in refused.value.advice


@pytest.mark.parametrize(
    "labels",
    [
        {"background": 0, "edema": 1, "non-enhancing tumor": 2, "enhancing tumour": 3},
        {"0": "background", "1": "edema", "2": "necrotic core", "3": "enhancing"},
        {"background": 0, "whole_tumor": [1, 2, 3], "tumor_core": [2, 3], "enhancing": 3},
        {"enhancing": 3, "tumor core": [2, 3], "whole tumor": [1, 2, 3], "background": 0},
        {"background": 0, "SNFH": 1, "nonenhancing tumor core": 2, "enhancing tissue": 3},
        {"background": 0, "FLAIR hyperintensity": 1, "non enhancing tumor": 2, "Enhancing Tumor": 3},
        {"background": 0, "surrounding non-enhancing FLAIR hyperintensity": 1, "non-enhancing tumor core": 2}
        | {"enhancing tissue": 3},
        {"background": 0, "ED": 1, "NCR": 2, "ET": 3},
        {"background": 0, "SNFH": 1, "NETC": 2, "ET": 3},
        {"background": 0, "WT": [1, 2, 3], "TC": [2, 3], "ET": 3},
        {"background": 0, "peritumoral oedema": 1, "Non-contrast-enhancing core": 2, "enhancing": 3},
    ],
)
def test_label_names_of_every_style_are_understood(labels: dict[str, object]) -> None:
    assert label_values(labels) == {1: 2, 2: 1, 3: 3}


def test_the_abbreviations_of_2024_are_understood() -> None:
    assert label_values({"background": 0, "NETC": 1, "SNFH": 2, "ET": 3, "RC": 4}) == {1: 1, 2: 2, 3: 3, 4: 4}


def test_two_values_may_mean_one_label_of_ours() -> None:
    labels = {"background": 0, "necrosis": 1, "edema": 2, "non-enhancing tumour": 3, "enhancing tumour": 4}
    assert label_values(labels) == {1: 1, 2: 2, 3: 1, 4: 3}


@pytest.mark.parametrize(
    ("labels", "said"),
    [
        ({"edema": [1, 2], "enhancing": [2, 3]}, "value 2 to both 'edema' and 'enhancing'"),
        ({"edema": 1, "enhancing": 1}, "value 1 to both 'edema' and 'enhancing'"),
        ({"enhancing": [1, 2], "whole tumor": 1}, "value 1 to both 'whole tumor' and 'enhancing'"),
        ({"edema": 1, "ignore": 4}, "'ignore'.* healthy"),
        ({"1": "edema", "4": "Ignore"}, "'Ignore'.* healthy"),
        ({"edema": 5}, "value 5"),
    ],
)
def test_labels_that_leave_open_what_they_mean_are_refused(labels: dict[str, object], said: str) -> None:
    with pytest.raises(LearningError, match=said):
        label_values({"background": 0, **labels} if "1" not in labels else {"0": "background", **labels})


def test_an_unknown_label_name_is_refused() -> None:
    with pytest.raises(LearningError, match="liver"):
        label_values({"background": 0, "liver": 1})


def _kept(names: list[str], patients: tuple[str, ...]) -> list[KeptCase]:
    return [KeptCase(name, patient, Path(f"{name}.pt")) for name, patient in zip(names, patients, strict=True)]


def _kept_alone(names: list[str]) -> list[KeptCase]:
    return _kept(names, patients([(name,) for name in names]))


def test_the_split_is_the_same_for_the_same_seed_and_leaves_a_training_case() -> None:
    cases = _kept_alone([f"case{number}" for number in range(5)])
    training, validation = split(cases, 0.4, seed=3)
    assert (len(training), len(validation)) == (3, 2)
    assert split(cases, 0.4, seed=3) == (training, validation)
    assert {*training, *validation} == set(cases)
    assert len(split(cases[:1], 0.9, seed=0)[0]) == 1


@pytest.mark.parametrize("of_patient", ["BraTS-GLI-{:05d}", "{:012x}"])
@pytest.mark.parametrize("seed", range(5))
def test_the_split_keeps_the_studies_of_a_patient_together(of_patient: str, seed: int) -> None:
    study = "-{:03d}" if of_patient.startswith("BraTS") else "-{:012x}"
    names = [(of_patient + study).format(patient, time) for patient in range(6) for time in range(3)]
    training, validation = split(_kept_alone(names), 0.3, seed)
    assert sorted(case.name for case in (*training, *validation)) == sorted(names)
    assert len(validation) == 6
    prefix = len(of_patient.format(0))
    assert not {case.name[:prefix] for case in training} & {case.name[:prefix] for case in validation}


@pytest.mark.parametrize("seed", range(4))
def test_what_one_patient_alone_shows_is_not_held_back(tmp_path: Path, seed: int) -> None:
    cavity = _arrays(et=3)
    cavity["seg"][4, 5, 5:12] = 4
    without_t2 = {name: array for name, array in _arrays().items() if name != "t2"}
    for number in range(3):
        _write_case(tmp_path / "data", f"patient{number}", without_t2)
    _write_case(tmp_path / "data", "patient3", cavity)
    settings = TrainingSettings(seed=seed, synthesis=SynthesisSettings(shape=(16, 16, 16), spacing_mm=2.0))
    source = FolderSource(settings, tmp_path / "data", 0.75, tmp_path / "cache", Progress())
    assert "patient3" not in source.held_back
    assert (source.untaught.outputs, source.untaught.sequences) == (("brain",), ())


def test_the_studies_of_a_single_patient_all_train() -> None:
    cases = _kept_alone([f"BraTS-GLI-00001-{time:03d}" for time in range(4)])
    assert split(cases, 0.5, 0) == (tuple(cases), ())


def test_a_new_study_of_a_patient_who_is_held_back_is_held_back_too() -> None:
    before = _kept_alone(["BraTS-GLI-00001-000", "BraTS-GLI-00002-000", "BraTS-GLI-00003-000"])
    later = _kept_alone(["BraTS-GLI-00001-001", "BraTS-GLI-00004-000"])
    training, validation = split([*before, *later], 0.9, 0, held_back=["BraTS-GLI-00001-000"])
    assert [case.name for case in validation] == ["BraTS-GLI-00001-000", "BraTS-GLI-00001-001"]
    assert len(training) == 3


def test_folders_of_the_same_name_are_cases_of_their_own(tmp_path: Path) -> None:
    for number in range(4):
        arrays = _arrays()
        arrays["seg"][5, 6, 6 : 6 + number] = 2
        _write_case(tmp_path / "data" / f"sub-{number:02d}", "anat", arrays)
    prepared = _prepared(tmp_path / "data", tmp_path / "cache")
    assert [case.name for case in prepared.cases] == [f"sub-{number:02d}-anat" for number in range(4)]
    cases = FolderCases(prepared.files)
    voxels = {int((cases[number].labels > 0).sum()) for number in range(4)}
    assert len(voxels) == 4, "each case is its own"
    training, validation = split(prepared.cases, 0.5, seed=0)
    assert len({case.file for case in (*training, *validation)}) == 4


@pytest.mark.parametrize("seed", range(4))
def test_the_sessions_of_a_patient_in_folders_stay_together(tmp_path: Path, seed: int) -> None:
    for patient in range(4):
        for session in ("baseline", "relapse"):
            _write_case(tmp_path / "data" / f"anyone-{patient}", session)
    _write_case(tmp_path / "data" / "anyone-0", "only-once")
    training, validation = split(_prepared(tmp_path / "data", tmp_path / "cache").cases, 0.4, seed)
    assert (len(training) + len(validation), bool(validation)) == (9, True)
    assert not {case.patient for case in training} & {case.patient for case in validation}
    assert {case.patient for case in (*training, *validation)} == {f"anyone-{patient}" for patient in range(4)}


def _et_voxels(prepared: PreparedCases) -> int:
    return int((FolderCases(prepared.files)[0].labels == 3).sum())


def test_a_case_whose_labels_were_corrected_is_prepared_again(tmp_path: Path) -> None:
    folder = _write_case(tmp_path / "data", "case")
    assert _et_voxels(_prepared(tmp_path / "data", tmp_path / "cache")) > 0
    _write(folder / "case_seg.nii.gz", np.minimum(_arrays()["seg"], 2).astype(np.uint8))
    assert _et_voxels(_prepared(tmp_path / "data", tmp_path / "cache")) == 0


def test_a_case_is_prepared_again_when_its_label_values_mean_something_else(tmp_path: Path) -> None:
    _write_case(tmp_path / "data", "case", _arrays(3))
    (found,) = find_labelled_cases(tmp_path / "data")
    for values, has_et in (({1: 1, 2: 2, 3: 3}, True), ({1: 1, 2: 2, 3: 1}, False)):
        prepared = prepare_cases([LabelledFiles(found.files, values)], (16, 16, 16), 2.0, tmp_path / "cache")
        assert (_et_voxels(prepared) > 0) == has_et


def test_a_case_that_did_not_change_is_not_prepared_again(tmp_path: Path) -> None:
    _write_case(tmp_path / "data", "case")
    (first,) = _prepared(tmp_path / "data", tmp_path / "cache").files
    written = first.stat().st_mtime_ns
    (again,) = _prepared(tmp_path / "data", tmp_path / "cache").files
    assert (again, again.stat().st_mtime_ns) == (first, written)


def test_a_sequence_that_some_cases_lack_is_said_with_the_files_that_were_not_understood(tmp_path: Path) -> None:
    for number in range(3):
        folder = _write_case(tmp_path / "data", f"case{number}")
        if number:
            (folder / f"case{number}_t1ce.nii.gz").rename(folder / f"case{number}_t1late.nii.gz")
    (folder / f"case{number}_t2.nii.gz").unlink()
    files = [case.files for case in find_labelled_cases(tmp_path / "data")]
    assert sequence_gaps(files) == (
        "2 of 3 cases have no T1c image; files not understood: t1late.nii.gz.",
        "1 of 3 cases has no T2 image; files not understood: t1late.nii.gz.",
    )


@pytest.mark.parametrize(("stranger", "is_refused"), [("t1late", True), ("adc", False)])
def test_a_sequence_that_no_case_has_is_refused_where_a_file_may_be_it(
    tmp_path: Path, stranger: str, is_refused: bool
) -> None:
    for number in range(3):
        folder = _write_case(tmp_path / "data", f"case{number}")
        (folder / f"case{number}_t1ce.nii.gz").rename(folder / f"case{number}_{stranger}.nii.gz")
    settings = replace(TrainingSettings(), synthesis=SynthesisSettings(shape=(16, 16, 16)))
    said = f"3 of 3 cases have no T1c image; files not understood: {stranger}.nii.gz."
    with pytest.raises(LearningError, match=said) if is_refused else nullcontext():
        source = FolderSource(settings, tmp_path / "data", 0.0, tmp_path / "cache", Progress())
        assert said in source.problems


def test_a_channel_whose_files_end_otherwise_is_refused(tmp_path: Path) -> None:
    _write_nnunet(tmp_path / "Dataset001", {"background": 0, "edema": 1, "necrosis": 2, "enhancing": 3})
    images = tmp_path / "Dataset001" / "imagesTr"
    (images / "case_7_0001.nii.gz").rename(images / "case_7_0001.nii")
    with pytest.raises(LearningError, match=r"1 of 1 cases has no T1c image; files not understood: 0001\.nii"):
        sequence_gaps([case.files for case in find_labelled_cases(tmp_path / "Dataset001")])


def test_the_files_of_four_dimensions_of_the_decathlon_are_to_be_split(tmp_path: Path) -> None:
    _write_nnunet(tmp_path / "Task01", {"0": "background", "1": "edema", "2": "necrosis", "3": "enhancing tumour"})
    images, labels = tmp_path / "Task01" / "imagesTr", tmp_path / "Task01" / "labelsTr"
    channels = sorted(images.iterdir())
    four = np.stack([np.asarray(nibabel.load(file).dataobj) for file in channels], axis=-1)
    nibabel.save(nibabel.Nifti1Image(four, np.eye(4)), images / "case_7.nii.gz")
    for file in channels:
        file.unlink()
    for number in range(4):
        (labels / f"case_8{number}.nii.gz").write_bytes((labels / "case_7.nii.gz").read_bytes())
    said = (
        r"None of the 5 training cases.*'case_7' has no image named case_7_0000\.nii\.gz\. A file of four dimensions .*"
        r"nnUNetv2_convert_MSD_dataset.*'case_80' has no image .* Name the images as nnU-Net does.* 2 more were set"
    )
    with pytest.raises(LearningError, match=said):
        _cases(tmp_path / "Task01", tmp_path / "cache")


def test_hidden_files_beside_the_labels_are_no_cases(tmp_path: Path) -> None:
    _write_nnunet(tmp_path / "Dataset001", {"background": 0, "edema": 1, "necrosis": 2, "enhancing": 3})
    for name in ("imagesTr", "labelsTr"):
        (tmp_path / "Dataset001" / name / "._case_7.nii.gz").write_bytes(b"of a Mac")
    assert [case.name for case in find_labelled_cases(tmp_path / "Dataset001")] == ["case_7"]


def test_two_channels_of_one_sequence_are_refused(tmp_path: Path) -> None:
    _write_nnunet(tmp_path / "Dataset001", {"background": 0, "edema": 1})
    file = tmp_path / "Dataset001" / "dataset.json"
    file.write_text(file.read_text().replace("T1ce", "T1w"))
    with pytest.raises(LearningError, match="the channel 0 and the channel 1 as T1"):
        find_labelled_cases(tmp_path / "Dataset001")


def test_what_four_means_is_said_and_holds_for_all_cases(tmp_path: Path) -> None:
    both = _arrays(4)
    both["seg"][5, 6, 6] = 3
    for name, arrays in (("one", _arrays(4)), ("two", both)):
        _write_case(tmp_path / "data", name, arrays)
    settings = replace(TrainingSettings(), synthesis=SynthesisSettings(shape=(16, 16, 16)))
    source = FolderSource(settings, tmp_path / "data", 0.0, tmp_path / "cache", Progress())
    assert "resection cavity in all cases" in source.problems[0]
    cases = source.training(0, 1, torch.device("cpu"))
    assert all((cases[number].labels == 4).any() for number in range(2))
    assert source.untaught == Untaught(("brain",))


def test_a_head_with_skull_is_no_brain_and_a_large_brain_is(tmp_path: Path) -> None:
    for name, spacing in (("brain", 9.3), ("head", 10.0)):
        (tmp_path / "data" / name).mkdir(parents=True)
        for role, array in _arrays().items():
            _write(tmp_path / "data" / name / f"{role}.nii.gz", array, spacing)
    prepared = prepare_cases(find_labelled_cases(tmp_path / "data"), (16, 16, 16), 10.0, tmp_path / "cache")
    assert [case.name for case in prepared.cases] == ["brain"]
    assert "T1 image of the case 'head' shows more than the brain: 3136 mL" in prepared.set_aside[0].reason


def _with_a_far_tumour(arrays: dict[str, np.ndarray]) -> None:
    arrays["seg"][:] = 0
    arrays["seg"][15:17, 6:9, 6:9] = 2


@pytest.mark.parametrize(
    ("shape", "spacing", "spoil", "said"),
    [
        ((14, 16, 14), 2.0, lambda arrays: None, ""),
        (
            (14, 16, 10),
            2.0,
            lambda arrays: None,
            "14 x 16 x 10 voxels at 2 mm cuts off 29% of the brain of the case 'far'",
        ),
        ((10, 16, 14), 2.0, _with_a_far_tumour, "cuts off 100% of the labels"),
        ((14, 16, 14), 1.0, _with_a_far_tumour, r"The grid cuts 1 of 1 cases.*at 1 mm cuts off 100% of the labels"),
    ],
)
def test_a_case_that_the_grid_cuts_is_not_trained_on(
    tmp_path: Path,
    shape: tuple[int, int, int],
    spacing: float,
    spoil: Callable[[dict[str, np.ndarray]], None],
    said: str,
) -> None:
    arrays = _arrays()
    spoil(arrays)
    _write_case(tmp_path / "data", "far", arrays)
    found = find_labelled_cases(tmp_path / "data")
    with pytest.raises(LearningError, match=said) if said else nullcontext():
        prepare_cases(found, shape, spacing, tmp_path / "cache")


def test_few_cases_that_the_grid_cuts_are_set_aside(tmp_path: Path) -> None:
    for name, length in (("far", 20), ("a", 17), ("b", 17)):
        arrays = _arrays()
        for image in _OLD_NAMES:
            arrays[image][length:] = 0
            arrays[image][3:length, 4:20, 4:18] += 100
        _write_case(tmp_path / "data", name, arrays)
    prepared = prepare_cases(find_labelled_cases(tmp_path / "data"), (15, 16, 14), 2.0, tmp_path / "cache")
    assert [case.name for case in prepared.set_aside] == ["far"]
