"""Earlier studies of the same patient in the archive, and what results of ours say in them.

None is left out in silence: one that may be another patient's, or that cannot be read, says so in place of volumes.
"""

from __future__ import annotations

from pathlib import Path

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import (
    Archive,
    DamagedInstanceError,
    StudyQuery,
    StudySummary,
    contradiction,
    patient_of,
)
from BratsSegmenterLib.errors import ArchiveError, SeriesError
from BratsSegmenterLib.job_results import PriorsResult, PriorStudy
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import study_folder
from BratsSegmenterLib.versions import earlier_results

_ALL_STUDIES = 1000  # more than anybody has: archives list in orders of their own, so the newest are chosen here
_MOST_STUDIES = 20
_MOST_RESULTS = 5
_RESULTS = ("SR", "SEG", "RTSTRUCT")


def find_priors(archive: Archive, job: PriorsJob, progress: Progress) -> PriorsResult:
    """Look for the patient's earlier MR studies, and bring the results of ours of the newest of them.

    A study without a date has no earlier ones. Images are brought only where a structure set is the newest result: the
    series that it was drawn on.

    Raises
    ------
    ArchiveError
        The archive cannot be reached or refuses.
    """
    with progress.stage("prior studies"):
        listed = _listed(archive, job.study, progress)
        now = next((study for study in listed if study.study_uid == job.study.study_uid), job.study)
        earlier = [study for study in listed if _is_earlier(study, now)]
        priors: list[PriorStudy] = []
        tried = 0
        for study in sorted(earlier, key=lambda study: (study.study_date, _clock(study)), reverse=True):
            against = contradiction(patient_of(study), patient_of(now))
            if against:
                prior = PriorStudy(study, obstacle=f"not compared, because {against}")
            elif tried < _MOST_RESULTS and len(priors) < _MOST_STUDIES:
                prior = _prior(archive, study, job.folder, progress)
                tried += prior.has_result or bool(prior.obstacle)
            else:
                prior = PriorStudy(study)
            priors.append(prior)
    return PriorsResult(tuple(reversed(priors)))


def _listed(archive: Archive, study: StudySummary, progress: Progress) -> list[StudySummary]:
    """What lies under the Patient ID until the day of the study, which is listed too, with the issuer of its ID."""
    day = study.day
    if day is None:
        return []
    query = StudyQuery(patient_id=study.patient_id, date_to=f"{day:%Y%m%d}", modality="MR", limit=_ALL_STUDIES)
    return archive.search(query, progress)


def _is_earlier(study: StudySummary, than: StudySummary) -> bool:
    """Under the very same ID: wild cards and letter case, which a search matches generously, must not join two.

    Of two studies of one day the time decides, where both say it: one after an operation is not earlier.
    """
    if study.study_uid == than.study_uid or study.patient_id != than.patient_id:
        return False
    if study.study_date != than.study_date or not (study.study_time and than.study_time):
        return study.study_date <= than.study_date
    return _clock(study) < _clock(than)


def _clock(study: StudySummary) -> str:
    """Hours, minutes and seconds of TM, which may be short, also in its old form with colons (DICOM PS3.5 6.2)."""
    return f"{study.study_time.replace(':', '')[:6]:0<6}"


def _prior(archive: Archive, study: StudySummary, folder: Path, progress: Progress) -> PriorStudy:
    """The study with its newest result, or with what keeps it from being read: one study hides no other."""
    try:
        return _read(archive, study, folder, progress)
    except ArchiveError as error:
        return PriorStudy(study, obstacle=f"could not be read: {error.what}")


def _read(archive: Archive, study: StudySummary, folder: Path, progress: Progress) -> PriorStudy:
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
    version = next(one for one in earlier_results(dicom.result_objects(files)) if newest in one.objects)
    needs_images = newest.kind is dicom.ObjectKind.RTSTRUCT
    try:
        images = [one.series_uid for one in series if one.modality == "MR" and one.series_uid in newest.drawn_on]
        if needs_images and images:
            files += archive.fetch(study.study_uid, own_folder, images, progress=progress).files
        volumes_ml = dicom.volumes_of(newest, files if needs_images else ())
    except (DamagedInstanceError, SeriesError):
        return PriorStudy(study, has_result=True)
    notes = dicom.stated_notes(version.objects)
    volumes = PriorVolumes(study.day, volumes_ml, version.standing, bool(version.reviewer), version.is_approved, notes)
    return PriorStudy(study, volumes, has_result=True)
