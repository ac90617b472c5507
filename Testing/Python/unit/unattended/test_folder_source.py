"""What a folder of studies holds beside those that are taken is told: no patient is missing without a word."""

from __future__ import annotations

import os
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
    assert aside == {f"{name} cannot be opened.": (open_folder / name,) for name in ("P2", "P3")}


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
