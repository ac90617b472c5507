"""Earlier studies of the same patient in the archive, and what results of ours say in them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Archive, StudyQuery, StudySummary
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.job_results import PriorsResult, PriorStudy
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.kept_study import study_folder
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.progress import Progress

_MOST_STUDIES = 20
_MOST_RESULTS = 5
_SMALL_OBJECTS = ("SR", "SEG")


def find_priors(archive: Archive, job: PriorsJob, progress: Progress) -> PriorsResult:
    """Look for the patient's earlier MR studies, and bring the results of ours of the newest of them; no images.

    Raises
    ------
    ArchiveError
        The archive cannot be reached or refuses.
    """
    with progress.stage("prior studies"):
        query = StudyQuery(patient_id=job.study.patient_id, modality="MR", limit=_MOST_STUDIES + 1)
        found = [study for study in archive.search(query, progress) if _is_earlier(study, job.study)]
        found.sort(key=lambda study: study.study_date)
        results = 0
        priors = []
        for study in reversed(found):
            volumes_ml = _volumes(archive, study, job.folder, progress) if results < _MOST_RESULTS else {}
            results += bool(volumes_ml)
            priors.append(PriorStudy(study, PriorVolumes(_day(study), volumes_ml) if volumes_ml else None))
    return PriorsResult(tuple(reversed(priors)))


def _is_earlier(study: StudySummary, than: StudySummary) -> bool:
    return study.study_uid != than.study_uid and study.study_date <= than.study_date


def _volumes(archive: Archive, study: StudySummary, folder: Path, progress: Progress) -> dict[str, float]:
    """Empty where the study has no result of ours, or one that cannot be read: a prior is a help, not a need."""
    small = [one.series_uid for one in archive.series(study.study_uid, progress) if one.modality in _SMALL_OBJECTS]
    if not small:
        return {}
    own_folder = study_folder(folder, study.study_uid) / "results"
    archive.fetch(study.study_uid, own_folder, small, progress=progress)
    try:
        return dicom.volumes_in(path for path in own_folder.rglob("*") if path.is_file())
    except SeriesError:
        return {}


def _day(study: StudySummary) -> date | None:
    try:
        return datetime.strptime(study.study_date, "%Y%m%d").date()
    except ValueError:
        return None
