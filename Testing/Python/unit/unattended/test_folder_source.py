"""What a folder of studies holds beside those that are taken is told: no patient is missing without a word."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage
from refusing_disks import closed
from series_samples import change, classic

from BratsSegmenterLib.dicom import scan
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.unattended import FolderSource, PassedOver, Wanted


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """One that everybody may look into, unlike those of pytest."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def _passed_over(folder: Path) -> list[Path]:
    told: list[Path] = []
    FolderSource(folder, passed_over=told.extend).studies(Progress())
    return told


def test_a_folder_that_is_closed_and_a_link_that_leads_nowhere_are_told(open_folder: Path) -> None:
    classic(open_folder / "P1")
    classic(open_folder / "P2")
    (open_folder / "P3").symlink_to(open_folder / "moved")
    os.mkfifo(open_folder / "pipe")
    assert _passed_over(open_folder) == [open_folder / "P3"]
    with closed(open_folder / "P2"):
        assert _passed_over(open_folder) == [open_folder / "P2", open_folder / "P3"]
        aside = {item.sentence: item.files for item in scan(open_folder).set_aside}
    assert aside == {
        "P2 cannot be opened. So it is with 2 of the files.": (open_folder / "P2", open_folder / "P3"),
    }


def test_a_link_into_a_closed_folder_stops_nothing_and_is_told(open_folder: Path) -> None:
    linked = classic(open_folder / "archive" / "P1")[0]
    (open_folder / "in").mkdir()
    (open_folder / "in" / "1.dcm").symlink_to(linked)
    with closed(open_folder / "archive"):
        assert _passed_over(open_folder / "in") == [open_folder / "in" / "1.dcm"]


def test_a_folder_of_studies_that_is_closed_itself_is_no_empty_one(open_folder: Path) -> None:
    closed_one = open_folder / "in"
    classic(closed_one)
    with closed(closed_one), pytest.raises(SeriesError, match=r"in cannot be read\. Check your rights there\."):
        _passed_over(closed_one)


def test_the_directory_of_a_medium_is_nothing_that_is_missing(tmp_path: Path) -> None:
    classic(tmp_path)
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "2.25.1"
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.FileSetID = "CD"
    directory.DirectoryRecordSequence = []
    directory.save_as(tmp_path / "DICOMDIR", enforce_file_format=True)
    assert _passed_over(tmp_path) == []
    assert scan(tmp_path).set_aside == ()


def test_files_that_were_cut_off_stay_with_the_study_that_they_name(tmp_path: Path) -> None:
    """As an interrupted copy leaves them: whole ones, cut ones and one that is empty."""
    cut, whole = StudyIdentity(patient_name="Cut^Off"), StudyIdentity(patient_name="Wh^Ole")
    files = [*classic(tmp_path / "in", identity=cut), *classic(tmp_path / "other", identity=whole)]
    shutil.move(files[-1], tmp_path / "in" / "other.dcm")
    for file in files[8:12]:
        file.write_bytes(file.read_bytes()[:2000])
    origins = {origin.study.study_uid: origin for origin in FolderSource(tmp_path).studies(Progress())}
    assert origins[cut.study_uid].files == tuple(files[:12])
    assert origins[cut.study_uid].study.instance_count == 8, "what is copied again counts as added"
    assert tmp_path / "in" / "other.dcm" in origins[whole.study_uid].files
    assert len(origins[whole.study_uid].files) == 12
    assert _passed_over(tmp_path) == []
    for file in files[:8]:
        file.write_bytes(file.read_bytes()[:2000])
    (damaged,) = (one for one in FolderSource(tmp_path).studies(Progress()) if one.files == tuple(files[:12]))
    assert (damaged.study.patient_name, damaged.study.instance_count) == ("Cut^Off", 0)


@pytest.mark.parametrize("left", [0, 100, 300, 413])
def test_a_file_that_ends_before_it_says_whose_it_is_stays_with_the_studies_of_its_folder(
    tmp_path: Path, left: int
) -> None:
    for place in ("one", "one", "two"):
        name = new_uid()
        for file in classic(tmp_path / "new", identity=StudyIdentity()):
            (tmp_path / place).mkdir(exist_ok=True)
            shutil.move(file, tmp_path / place / f"{name}.{file.name}")
    damaged = tmp_path / "one" / "damaged.dcm"
    damaged.write_bytes(next((tmp_path / "two").iterdir()).read_bytes()[:left])
    origins = FolderSource(tmp_path).studies(Progress())
    assert sorted(damaged in origin.files for origin in origins) == [False, True, True]
    assert _passed_over(tmp_path) == [damaged]


def test_what_is_no_dicom_and_empty_files_that_mark_a_folder_belong_to_no_study(tmp_path: Path) -> None:
    files = classic(tmp_path)
    (tmp_path / "notes.dcm").write_text("no image" * 100)
    for mark in (".complete", "READY", "transfer.lock"):
        (tmp_path / mark).touch()
    (origin,) = FolderSource(tmp_path).studies(Progress())
    assert origin.files == tuple(files)
    assert len(_passed_over(tmp_path)) == 4
    named_by_uid = [file.rename(file.with_name(new_uid())) for file in files]  # without an ending, as the marks
    (origin,) = FolderSource(tmp_path).studies(Progress())
    assert set(origin.files) == set(named_by_uid)


def test_packed_studies_are_counted_among_what_is_passed_over(tmp_path: Path) -> None:
    for name in ("P1.ZIP", "P2.tar.gz", "notes.txt"):
        (tmp_path / name).write_bytes(b"PK")
    said: list[str] = []
    FolderSource(tmp_path, passed_over=PassedOver(tmp_path / "out", said.append)).studies(Progress())
    assert said[0].partition(": ")[2].startswith("3. ")
    assert said[0].endswith(" Packed, and to be unpacked first: 2.")


def test_studies_that_are_left_out_for_their_dates_are_counted_once(tmp_path: Path) -> None:
    for name, day in (("P1", "20260301"), ("P2", ""), ("P3", "20010301")):
        for file in classic(tmp_path / name):
            change(file, lambda dataset, day=day: setattr(dataset, "StudyDate", day))
    said: list[str] = []
    source = FolderSource(tmp_path, Wanted(date_from="20250101"), say=said.append)
    for _look in range(2):
        (found,) = source.studies(Progress())
        assert found.study.study_date == "20260301"
    assert said == ["Left out, because their Study Date is missing or not among the dates asked for: 2."]
    assert len(FolderSource(tmp_path, say=pytest.fail).studies(Progress())) == 3
