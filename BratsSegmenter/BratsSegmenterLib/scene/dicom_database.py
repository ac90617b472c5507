"""Slicer's own DICOM database as a source of studies (ctkDICOMDatabase of CTK)."""

from __future__ import annotations

from pathlib import Path

import slicer

from BratsSegmenterLib.archive import StudySummary


class SlicerDatabase:
    """The MR studies that were imported into Slicer.

    Each question to the database is a query on Slicer's own thread: what other studies hold is not asked for.
    """

    def studies(self) -> tuple[StudySummary, ...]:
        """All of them, newest first; none while no database is open. How many images they have is not counted."""
        database = slicer.dicomDatabase
        if not database.isOpen:
            return ()
        uids = ((patient, uid) for patient in database.patients() for uid in database.studiesForPatient(patient))
        found = [summary for patient, uid in uids if (summary := _mr_study(patient, uid)) is not None]
        return tuple(sorted(found, key=lambda study: (study.study_date, study.study_uid), reverse=True))

    def files_of(self, study_uid: str) -> tuple[Path, ...]:
        """The files of a study."""
        database = slicer.dicomDatabase
        every_series = database.seriesForStudy(study_uid)
        return tuple(Path(file) for series in every_series for file in database.filesForSeries(series))


def _mr_study(patient: str, study_uid: str) -> StudySummary | None:
    database = slicer.dicomDatabase
    every_series = database.seriesForStudy(study_uid)
    modalities = {database.fieldForSeries("Modality", series) for series in every_series}
    if "MR" not in modalities:
        return None
    return StudySummary(
        study_uid=study_uid,
        patient_name=database.fieldForPatient("PatientsName", patient),
        patient_id=database.fieldForPatient("PatientID", patient),
        accession_number=database.fieldForStudy("AccessionNumber", study_uid),
        study_date=database.fieldForStudy("StudyDate", study_uid).replace("-", ""),
        description=database.fieldForStudy("StudyDescription", study_uid),
        modalities=tuple(sorted(modalities)),
        series_count=len(every_series),
        instance_count=None,
    )
