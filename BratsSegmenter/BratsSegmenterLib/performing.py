"""Every job that Slicer asks of its worker, and who does it."""

from __future__ import annotations

from BratsSegmenterLib.archive import Archive, Credentials
from BratsSegmenterLib.health import examine
from BratsSegmenterLib.job_results import ConnectionResult, DoctorResult, DownloadResult, JobResult, SearchResult
from BratsSegmenterLib.jobs import (
    BorrowJob,
    ConnectionJob,
    DoctorJob,
    DownloadJob,
    ElsewhereJob,
    Job,
    ListFolderJob,
    PrepareJob,
    PriorsJob,
    ResumeJob,
    SamplePatientJob,
    SearchJob,
    SegmentJob,
    SendJob,
    StorageJob,
)
from BratsSegmenterLib.local_studies import list_folder
from BratsSegmenterLib.prior_studies import find_priors
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import PUBLISHED, download_bundle
from BratsSegmenterLib.study import look_after
from BratsSegmenterLib.workbench import Workbench, find_offers


def perform(job: Job, credentials: Credentials, progress: Progress) -> JobResult:
    """Do what the job asks and say what came of it."""
    match job:
        case ConnectionJob():
            return ConnectionResult(Archive(job.profile, credentials).test_connection(progress))
        case DoctorJob():
            return DoctorResult(examine(job.folder, job.profile, credentials, job.with_phantom, progress))
        case StorageJob():
            return look_after(job, progress)
        case SearchJob():
            with progress.stage("search"):
                return SearchResult(tuple(Archive(job.profile, credentials).search(job.query)))
        case ListFolderJob():
            return list_folder(job.files, progress)
        case PriorsJob():
            return find_priors(Archive(job.profile, credentials), job, progress)
        case ElsewhereJob():
            return find_offers(Archive(job.profile, credentials) if job.profile else None, job, progress)
        case BorrowJob():
            return Workbench(job.folder, credentials, progress).borrow(job)
        case DownloadJob():
            return _download(job.model, progress)
        case SamplePatientJob():
            from BratsSegmenterLib.demo.sample import make_sample  # torch, for this job alone

            return make_sample(job, progress)
        case PrepareJob():
            return Workbench(job.folder, credentials, progress).prepare(job)
        case SegmentJob():
            return Workbench(job.folder, credentials, progress).segment(job)
        case ResumeJob():
            return Workbench(job.folder, credentials, progress).resume(job)
        case SendJob():
            return Workbench(job.folder, credentials, progress).send(job)


def _download(name: str, progress: Progress) -> DownloadResult:
    """Bring a published model; whoever made the job has the user's consent."""
    model = next(model for model in PUBLISHED if model.name == name)
    with progress.stage("download"):
        return DownloadResult(download_bundle(lambda _offered: True, model, progress=progress).name)
