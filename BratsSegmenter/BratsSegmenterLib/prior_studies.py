"""Earlier studies of the same patient in the archive, and what results of ours say in them."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Archive, DamagedInstanceError, StudyQuery, StudySummary
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.job_results import PriorsResult, PriorStudy
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.kept_study import study_folder
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.progress import Progress

_MOST_STUDIES = 20
_MOST_RESULTS = 5
_RESULTS = ("SR", "SEG", "RTSTRUCT")


def find_priors(archive: Archive, job: PriorsJob, progress: Progress) -> PriorsResult:
    """Look for the patient's earlier MR studies, and bring the results of ours of the newest of them.

    Images are brought only where a structure set is the newest result: the series that it was drawn on.

    Raises
    ------
    ArchiveError
        The archive cannot be reached or refuses.
    """
    with progress.stage("prior studies"):
        query = StudyQuery(patient_id=job.study.patient_id, modality="MR", limit=_MOST_STUDIES + 1)
        found = [study for study in archive.search(query, progress) if _is_earlier(study, job.study)]
        found.sort(key=lambda study: study.study_date)
        priors: list[PriorStudy] = []
        for study in reversed(found):
            is_due = sum(prior.has_result for prior in priors) < _MOST_RESULTS
            priors.append(_prior(archive, study, job.folder, progress) if is_due else PriorStudy(study))
    return PriorsResult(tuple(reversed(priors)))


def _is_earlier(study: StudySummary, than: StudySummary) -> bool:
    """Of the very same patient: wild cards and letter case, which a search matches generously, must not join two."""
    is_other = study.study_uid != than.study_uid and study.patient_id == than.patient_id
    return is_other and study.study_date <= than.study_date


def _prior(archive: Archive, study: StudySummary, folder: Path, progress: Progress) -> PriorStudy:
    """The study with the volumes of its newest result; without them where that cannot be read: a prior is a help."""
    series = archive.series(study.study_uid, progress)
    results = [one.series_uid for one in series if one.modality in _RESULTS]
    if not results:
        return PriorStudy(study)
    own_folder = study_folder(folder, study.study_uid) / "results"
    files = archive.fetch(study.study_uid, own_folder, results, progress=progress).files
    newest = dicom.newest_result(files)
    if newest is None:
        return PriorStudy(study)
    needs_images = newest.kind is dicom.ObjectKind.RTSTRUCT
    try:
        if needs_images and newest.drawn_on in {one.series_uid for one in series}:
            files += archive.fetch(study.study_uid, own_folder, [newest.drawn_on], progress=progress).files
        volumes_ml = dicom.volumes_of(newest, files if needs_images else ())
    except (DamagedInstanceError, SeriesError):
        return PriorStudy(study, has_result=True)
    return PriorStudy(study, PriorVolumes(_day(study), volumes_ml), has_result=True)


def _day(study: StudySummary) -> date | None:
    try:
        return datetime.strptime(study.study_date, "%Y%m%d").date()
    except ValueError:
        return None
