"""Studies that were imported into Slicer."""

from pathlib import Path

import pytest
import slicer
from host.dicom_database import DatabaseStudy, DicomDatabase

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.scene.dicom_database import SlicerDatabase

JANE = {"PatientsName": "Doe^Jane", "PatientID": "P1"}


def _study(day: str, modality: str) -> DatabaseStudy:
    fields = {"StudyDate": day, "StudyDescription": "MR head", "AccessionNumber": "A1"}
    return DatabaseStudy(JANE, fields, {f"2.25.{day}": (modality, ["/db/1.dcm", "/db/2.dcm"])})


@pytest.fixture
def imported(monkeypatch: pytest.MonkeyPatch) -> DicomDatabase:
    studies = {"2.25.1": _study("2025-01-02", "MR"), "2.25.2": _study("2026-03-04", "MR"), "2.25.3": _study("", "CT")}
    database = DicomDatabase(studies)
    monkeypatch.setattr(slicer, "dicomDatabase", database, raising=False)
    return database


def test_mr_studies_of_the_database_are_listed_newest_first_without_their_files(imported: DicomDatabase) -> None:
    newest, oldest = SlicerDatabase().studies()
    assert newest == StudySummary("2.25.2", "Doe^Jane", "P1", "A1", "20260304", "MR head", ("MR",), 1, None)
    assert oldest.study_date == "20250102"
    assert imported.hostListed == [], "hundreds of thousands of them in a large database"


def test_files_are_listed_of_the_study_that_is_asked_for(imported: DicomDatabase) -> None:
    assert SlicerDatabase().files_of("2.25.2") == (Path("/db/1.dcm"), Path("/db/2.dcm"))
    assert imported.hostListed == ["2.25.2026-03-04"]


def test_a_database_that_was_never_opened_holds_no_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicer, "dicomDatabase", DicomDatabase(), raising=False)
    assert SlicerDatabase().studies() == ()
