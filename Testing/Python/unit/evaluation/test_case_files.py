"""Cases are found by the names of every BraTS year, and bad ones are named."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import find_cases, read_case
from BratsSegmenterLib.learning.evaluation.label_four import settle_label_four
from BratsSegmenterLib.learning.evaluation.names import patients
from BratsSegmenterLib.progress import Progress

YEARS = {
    "2018": ("Brats18_X_1_t1.nii.gz", "Brats18_X_1_t1ce.nii.gz", "Brats18_X_1_t2.nii.gz", "Brats18_X_1_flair.nii.gz"),
    "2021": ("BraTS2021_1_t1.nii.gz", "BraTS2021_1_t1ce.nii.gz", "BraTS2021_1_t2.nii.gz", "BraTS2021_1_flair.nii"),
    "2023": ("BraTS-GLI-1-t1n.nii.gz", "BraTS-GLI-1-t1c.nii.gz", "BraTS-GLI-1-t2w.nii.gz", "BraTS-GLI-1-t2f.nii.gz"),
    "decathlon": ("a_T1w.nii.gz", "a_t1post.nii.gz", "a_T2w.nii.gz", "a_flair.nii.gz"),
    "RSNA": ("T1w.nii.gz", "T1wCE.nii.gz", "T2w.nii.gz", "FLAIR.nii.gz"),
    "BIDS": ("sub-1_T1w.nii.gz", "sub-1_ce-gadolinium_T1w.nii.gz", "sub-1_T2w.nii.gz", "sub-1_FLAIR.nii.gz"),
    "bare": ("t1.nii.gz", "t1gd.nii.gz", "t2.nii.gz", "FLAIR.nii.gz"),
}
BARE = YEARS["bare"]


def _write(
    folder: Path, names: tuple[str, ...], labels: tuple[int, ...] = (0, 1, 2), change: Mapping[str, np.ndarray] = {}
) -> Path:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    for name in names:
        array = change.get(name, rng.normal(size=(4, 5, 6)).astype(np.float32))
        sitk.WriteImage(sitk.GetImageFromArray(array), str(folder / name))
    values = np.resize(np.array(labels, np.int16), (4, 5, 6))
    prefix = names[0][: names[0].lower().index("t1")]
    sitk.WriteImage(sitk.GetImageFromArray(values), str(folder / f"{prefix}seg.nii.gz"))
    return folder


@pytest.mark.parametrize("year", YEARS)
def test_the_names_of_every_year_are_understood(tmp_path: Path, year: str) -> None:
    _write(tmp_path / "HGG" / "case", YEARS[year])
    (files,) = find_cases(tmp_path)
    assert {sequence: path.name for sequence, path in files.images.items()} == dict(
        zip((Sequence.T1, Sequence.T1C, Sequence.T2, Sequence.FLAIR), YEARS[year], strict=True)
    )
    assert read_case(files).images[Sequence.T1].shape == (4, 5, 6)


@pytest.mark.parametrize(
    ("year", "written", "read"),
    [
        ("2021", (0, 1, 2, 4), [0, 1, 2, 3]),
        ("2023", (0, 1, 2, 3), [0, 1, 2, 3]),
        ("2023", (0, 2, 4), [0, 2, 4]),
        ("bare", (0, 1, 2, 3, 4), [0, 1, 2, 3, 4]),
    ],
)
def test_four_is_enhancing_tumour_or_cavity_as_the_year_means_it(
    tmp_path: Path, year: str, written: tuple[int, ...], read: list[int]
) -> None:
    _write(tmp_path / "case", YEARS[year], written)
    assert np.unique(read_case(find_cases(tmp_path)[0]).labels).tolist() == read


@pytest.mark.parametrize(
    ("file", "cavity"),
    [
        ("BraTS-GLI-00003-100-t1c.nii.gz", True),
        ("BraTS-GLI-00003-100/t1c.nii.gz", True),
        ("synthetic-00003-000-t1c.nii.gz", True),
        ("0123456789ab-ba9876543210-t1c.nii.gz", True),
        ("BraTS20_Training_001_t1ce.nii.gz", False),
        ("BraTS2021_00003_t1ce.nii.gz", False),
        ("t1c.nii.gz", False),
        ("mine-00003-100-t1c.nii.gz", False),
    ],
)
def test_what_four_means_is_known_of_a_case_with_t1c_alone(tmp_path: Path, file: str, cavity: bool) -> None:
    folder, _, name = f"case/{file}".rpartition("/")
    _write(tmp_path / folder, (name,), (0, 2, 4))
    read = np.unique(read_case(find_cases(tmp_path)[0], [Sequence.T1C]).labels).tolist()
    assert read == ([0, 2, 4] if cavity else [0, 2, 3])


@pytest.mark.parametrize(
    ("one", "other", "thing"),
    [
        ("BraTS2021_1_t1ce.nii.gz", "late_t1gd.nii.gz", "T1c image"),
        ("BraTS2021_1_seg.nii.gz", "pred_seg.nii.gz", "labels"),
        ("BraTS2021_1_t2.nii.gz", "BraTS2021_2_t2.nii.gz", "T2 image"),
    ],
)
def test_a_case_with_two_files_for_one_thing_is_named_with_both(
    tmp_path: Path, one: str, other: str, thing: str
) -> None:
    folder = _write(tmp_path / "case", YEARS["2021"])
    shutil.copy(folder / one, folder / other)
    with pytest.raises(LearningError, match=f"'case' has 2 files for its {thing}: {one}, {other}"):
        read_case(find_cases(tmp_path)[0])


def test_hidden_files_that_a_system_left_are_no_files_of_a_case(tmp_path: Path) -> None:
    folder = _write(tmp_path / "case", BARE)
    (folder / "._t1.nii.gz").write_bytes(b"of a Mac")
    assert set(read_case(find_cases(tmp_path)[0]).images) == set(Sequence)


def test_a_folder_without_cases_says_how_files_are_called(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match=r"no case.*t1c\.nii\.gz"):
        find_cases(tmp_path)


_NAN = np.ones((4, 5, 6), np.float32)
_NAN[0, 0, 0] = np.nan


@pytest.mark.parametrize(
    ("names", "labels", "change", "sentence"),
    [
        (BARE[:3], (0, 1), {}, "has no FLAIR image"),
        (BARE, (0, 5), {}, "labels other than 0 to 4: 5"),
        (BARE, (0, 1), {"t2.nii.gz": _NAN}, "no numbers in its T2 image"),
        (BARE, (0, 1), {"t1.nii.gz": np.full((4, 5, 6), 7.0, np.float32)}, "T1 image with one value everywhere"),
    ],
)
def test_a_bad_case_is_named_with_what_is_wrong(
    tmp_path: Path,
    names: tuple[str, ...],
    labels: tuple[int, ...],
    change: dict[str, np.ndarray],
    sentence: str,
) -> None:
    _write(tmp_path / "case-7", names, labels, change)
    with pytest.raises(LearningError, match=f"'case-7'.*{sentence}"):
        read_case(find_cases(tmp_path)[0])


def test_a_case_whose_labels_mean_something_else_by_year_is_refused_by_its_name(tmp_path: Path) -> None:
    names = tuple(f"BraTS-PED-00001-000-{word}.nii.gz" for word in ("t1n", "t1c", "t2w", "t2f"))
    _write(tmp_path / "BraTS-PED-00001-000", names, (0, 1, 2, 4))
    with pytest.raises(LearningError, match=r"is of BraTS-PED.*4 oedema\. Relabel it to 1 for what does not enhance"):
        read_case(find_cases(tmp_path)[0])
    for challenge in ("MEN", "MET", "SSA", "GoAT"):
        _write(tmp_path / challenge, tuple(name.replace("PED", challenge) for name in names), (0, 1, 2, 3))
        assert np.unique(read_case(find_cases(tmp_path / challenge)[0]).labels).tolist() == [0, 1, 2, 3]


def test_a_case_of_labels_alone_has_no_image(tmp_path: Path) -> None:
    folder = _write(tmp_path / "case", BARE)
    for name in BARE:
        (folder / name).unlink()
    with pytest.raises(LearningError, match="'case' has no image of a sequence"):
        read_case(find_cases(tmp_path)[0], ())


def test_a_case_without_labels_is_named(tmp_path: Path) -> None:
    (_write(tmp_path / "case", BARE) / "seg.nii.gz").unlink()
    with pytest.raises(LearningError, match="'case' has no labels"):
        read_case(find_cases(tmp_path)[0])


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    (_write(tmp_path / "case", BARE) / "t2.nii.gz").write_bytes(b"no image")
    with pytest.raises(LearningError, match=r"cannot be read: t2\.nii\.gz"):
        read_case(find_cases(tmp_path)[0])


def test_a_file_with_another_checksum_is_named(tmp_path: Path) -> None:
    file = _write(tmp_path / "case", BARE) / "t2.nii.gz"
    content = bytearray(file.read_bytes())
    content[-8] ^= 1
    file.write_bytes(content)
    with pytest.raises(LearningError, match=r"cannot be read: t2\.nii\.gz"):
        read_case(find_cases(tmp_path)[0])


def test_a_sequence_that_is_not_asked_for_may_be_missing(tmp_path: Path) -> None:
    _write(tmp_path / "case", BARE[:3])
    case = read_case(find_cases(tmp_path)[0], [Sequence.T1, Sequence.T1C])
    assert list(case.images) == [Sequence.T1, Sequence.T1C]


def test_folders_of_the_same_name_are_called_by_their_paths(tmp_path: Path) -> None:
    for path in ("patient1/baseline", "patient2/baseline", "patient2/relapse"):
        _write(tmp_path / path, BARE)
    assert [case.name for case in find_cases(tmp_path)] == ["patient1-baseline", "patient2-baseline", "relapse"]


def test_two_folders_that_would_be_called_alike_are_refused_by_name(tmp_path: Path) -> None:
    for path in ("a/b", "c/b", "a-b"):
        _write(tmp_path / path, BARE)
    with pytest.raises(LearningError, match="'a/b' and 'a-b' would both be the case 'a-b'"):
        find_cases(tmp_path)


def test_a_case_right_in_the_data_folder_is_called_as_the_folder_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(_write(tmp_path / "mine", BARE))
    assert [case.name for case in find_cases(Path())] == ["mine"]


@pytest.mark.parametrize(
    ("folders", "of_whom"),
    [
        (("HGG/Brats18_1", "HGG/Brats18_2", "LGG/Brats18_3"), ("Brats18_1", "Brats18_2", "Brats18_3")),
        (("sub-01/ses-1/anat", "sub-01/ses-2/anat", "sub-02/ses-1/anat"), ("sub-01", "sub-01", "sub-02")),
        (("sub-01/ses-20200101/anat", "sub-01/ses-20210102/anat"), ("sub-01", "sub-01")),
        (("Patient-001/week-000", "Patient-001/week-011"), ("patient-001", "patient-001")),
        (("a/baseline", "a/relapse", "b/baseline", "c/baseline"), ("a", "a", "b", "c")),
        (("HGG/a/baseline", "HGG/b/baseline", "LGG/c/baseline"), ("a", "b", "c")),
        (("baseline/P1", "relapse/P1", "baseline/P2", "baseline/P3"), ("P1", "P1", "P2", "P3")),
        (("x/BraTS-GLI-00005-100", "y/BraTS-GLI-00005-101"), ("brats-gli-00005",) * 2),
    ],
)
def test_the_folders_say_whose_a_case_is(folders: tuple[str, ...], of_whom: tuple[str, ...]) -> None:
    assert patients([tuple(folder.split("/")) for folder in folders]) == of_whom


def _four_labels(root: Path, names: Mapping[str, tuple[int, ...]]) -> Path:
    for name, labels in names.items():
        _write(root / name, BARE, labels)
    return root


@pytest.mark.parametrize(
    ("labels_by_case", "read", "said"),
    [
        ({"a": (0, 2, 4), "b": (0, 2, 3, 4)}, {"a": [0, 2, 4], "b": [0, 2, 3, 4]}, "cavity.*'b' uses it beside 3"),
        ({"a": (0, 2, 4), "b": (0, 2, 3)}, {"a": [0, 2, 3], "b": [0, 2, 3]}, "enhancing tumour.*none of them"),
        ({"a": (0, 2, 3), "b": (0, 1)}, {"a": [0, 2, 3], "b": [0, 1]}, "^$"),
        (
            {"BraTS2021_7": (0, 2, 4), "b": (0, 3, 4), "c": (0, 4)},
            {"BraTS2021_7": [0, 2, 3], "b": [0, 3, 4], "c": [0, 4]},
            "cavity.*'b'",
        ),
    ],
)
def test_one_case_that_uses_three_and_four_says_what_four_is_in_those_beside_it(
    tmp_path: Path, labels_by_case: dict[str, tuple[int, ...]], read: dict[str, list[int]], said: str
) -> None:
    cases, note = settle_label_four(find_cases(_four_labels(tmp_path, labels_by_case)), Progress())
    assert {case.name: np.unique(read_case(case).labels).tolist() for case in cases} == read
    assert re.search(said, note)


def test_labels_are_not_read_for_what_names_say(tmp_path: Path) -> None:
    for name in ("BraTS20_Training_001", "BraTS-GLI-00003-100"):
        folder = _write(tmp_path / name, BARE)
        (folder / "seg.nii.gz").write_bytes(b"no image")
    cases = find_cases(tmp_path)
    assert settle_label_four(cases, Progress()) == (cases, "")


def test_a_damaged_label_file_stops_no_one_from_learning_what_four_is(tmp_path: Path) -> None:
    (_write(tmp_path / "a", BARE) / "seg.nii.gz").write_bytes(b"no image")
    _write(tmp_path / "b", BARE, (0, 3, 4))
    cases, _ = settle_label_four(find_cases(tmp_path), Progress())
    assert all(case.four_is_cavity for case in cases)


def test_cases_behind_links_are_found_once_and_loops_end(tmp_path: Path) -> None:
    elsewhere = _write(tmp_path / "elsewhere" / "one", BARE)
    _write(tmp_path / "data" / "two", BARE)
    (tmp_path / "data" / "a-link").symlink_to(elsewhere)
    (tmp_path / "data" / "again").symlink_to(elsewhere)
    (tmp_path / "data" / "a-second-two").symlink_to(tmp_path / "data" / "two")
    (tmp_path / "data" / "two" / "loop").symlink_to(tmp_path / "data")
    assert [case.name for case in find_cases(tmp_path / "data")] == ["a-link", "two"]


def test_a_file_that_is_not_understood_is_named_where_a_sequence_is_missing(tmp_path: Path) -> None:
    folder = _write(tmp_path / "case", BARE)
    (folder / "t1gd.nii.gz").rename(folder / "t1late.nii.gz")
    with pytest.raises(LearningError, match=r"has no T1c image; not understood: t1late\.nii\.gz"):
        read_case(find_cases(tmp_path)[0])
