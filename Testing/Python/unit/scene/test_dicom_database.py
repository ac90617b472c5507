"""Studies that were imported into Slicer."""

from pathlib import Path

import pytest
import slicer
from host.dicom_database import DatabaseStudy, DicomDatabase

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.scene.dicom_database import database_studies

JANE = {"PatientsName": "Doe^Jane", "PatientID": "P1"}


def _study(day: str, modality: str) -> DatabaseStudy:
    fields = {"StudyDate": day, "StudyDescription": "MR head", "AccessionNumber": "A1"}
    return DatabaseStudy(JANE, fields, {f"2.25.{day}": (modality, ["/db/1.dcm", "/db/2.dcm"])})


def test_mr_studies_of_the_database_are_listed_newest_first_with_their_files(monkeypatch: pytest.MonkeyPatch) -> None:
    studies = {"2.25.1": _study("2025-01-02", "MR"), "2.25.2": _study("2026-03-04", "MR"), "2.25.3": _study("", "CT")}
    monkeypatch.setattr(slicer, "dicomDatabase", DicomDatabase(studies), raising=False)
    newest, oldest = database_studies()
    assert newest.study == StudySummary("2.25.2", "Doe^Jane", "P1", "A1", "20260304", "MR head", ("MR",), 1, 2)
    assert newest.files == (Path("/db/1.dcm"), Path("/db/2.dcm"))
    assert oldest.study.study_date == "20250102"


def test_a_database_that_was_never_opened_holds_no_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicer, "dicomDatabase", DicomDatabase(), raising=False)
    assert database_studies() == ()
