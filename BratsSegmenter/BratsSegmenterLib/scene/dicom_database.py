"""Slicer's own DICOM database as a source of studies (ctkDICOMDatabase of CTK)."""

from __future__ import annotations

from pathlib import Path

import slicer

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.job_results import LocalStudy


def database_studies() -> tuple[LocalStudy, ...]:
    """The MR studies that were imported into Slicer, newest first; none while no database is open."""
    database = slicer.dicomDatabase
    if not database.isOpen:
        return ()
    found = [_study(patient, study) for patient in database.patients() for study in database.studiesForPatient(patient)]
    with_mr = [local for local in found if "MR" in local.study.modalities]
    return tuple(sorted(with_mr, key=lambda local: (local.study.study_date, local.study.study_uid), reverse=True))


def _study(patient: str, study_uid: str) -> LocalStudy:
    database = slicer.dicomDatabase
    series = database.seriesForStudy(study_uid)
    files = tuple(Path(file) for one in series for file in database.filesForSeries(one))
    summary = StudySummary(
        study_uid=study_uid,
        patient_name=database.fieldForPatient("PatientsName", patient),
        patient_id=database.fieldForPatient("PatientID", patient),
        accession_number=database.fieldForStudy("AccessionNumber", study_uid),
        study_date=database.fieldForStudy("StudyDate", study_uid).replace("-", ""),
        description=database.fieldForStudy("StudyDescription", study_uid),
        modalities=tuple(sorted({database.fieldForSeries("Modality", one) for one in series})),
        series_count=len(series),
        instance_count=len(files),
    )
    return LocalStudy(summary, files)
