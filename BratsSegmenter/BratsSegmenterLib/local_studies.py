"""The studies of a folder of this computer, listed as an archive lists its own."""

from __future__ import annotations

import os
from pathlib import Path

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.job_results import ListFolderResult, LocalStudy
from BratsSegmenterLib.progress import Progress


def list_folder(folder: Path, progress: Progress) -> ListFolderResult:
    """The MR studies in a folder and below it, newest first.

    Raises
    ------
    SeriesError
        The folder does not exist.
    """
    studies, passed_over = studies_below(folder, progress)
    return ListFolderResult(studies, len(passed_over))


def studies_below(folder: Path, progress: Progress) -> tuple[tuple[LocalStudy, ...], tuple[Path, ...]]:
    """The MR studies in a folder and below it, newest first, and what was passed over.

    Raises
    ------
    SeriesError
        The folder does not exist, or cannot be listed.
    """
    with progress.stage("read headers"):
        found, passed_over = dicom.studies_in(folder, progress)
    studies = [LocalStudy(_summary(study), _all_files(study)) for study in found if "MR" in study.modalities]
    studies.sort(key=lambda local: (local.study.study_date, local.study.study_uid), reverse=True)
    return tuple(studies), passed_over


def files_of_study(folder: Path, study_uid: str | None, progress: Progress) -> Path | tuple[Path, ...]:
    """The folder itself where it holds one study, else the files in it and below it of the study that is meant.

    With them come files beside them that cannot be read: they may be images of that study, and whoever opens them says
    so.

    Parameters
    ----------
    folder : Path
    study_uid : str or None
        None where none was named: the folder is to hold one alone.

    Raises
    ------
    SeriesError
        The folder does not exist, cannot be listed, or does not hold the study.
    """
    if study_uid is None:
        return folder
    with progress.stage("find the study"):
        studies, passed_over = dicom.studies_in(folder, progress)
    meant = next((study for study in studies if study.study_uid == study_uid), None)
    if meant is None:
        raise SeriesError(
            f"None of the files is of the study that was asked for, {study_uid}.",
            "Check the Study Instance UID, or give the folder that holds this study.",
        )
    if len(studies) == 1:
        return folder
    place = Path(os.path.commonpath([file.parent for file in _all_files(meant)]))
    beside = (file for file in passed_over if place in file.parents)
    return tuple(sorted({*_all_files(meant), *beside}))


def _all_files(study: dicom.FolderStudy) -> tuple[Path, ...]:
    """With the damaged ones: whoever opens the study says what is wrong with it."""
    return tuple(sorted((*study.files, *study.damaged)))


def _summary(study: dicom.FolderStudy) -> StudySummary:
    return StudySummary(
        study_uid=study.study_uid,
        patient_name=study.text("PatientName"),
        patient_id=study.text("PatientID"),
        accession_number=study.text("AccessionNumber"),
        study_date=study.text("StudyDate"),
        description=study.text("StudyDescription"),
        modalities=tuple(sorted(study.modalities)),
        series_count=len(study.series_uids),
        instance_count=len(study.files),
        study_time=study.text("StudyTime"),
        birth_date=study.text("PatientBirthDate"),
        issuer_of_patient_id=study.text("IssuerOfPatientID"),
    )
