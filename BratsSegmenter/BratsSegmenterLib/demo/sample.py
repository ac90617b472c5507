"""The synthetic patient as a sample to open: a DICOM study, and its images beside it."""

from __future__ import annotations

from BratsSegmenterLib.demo.head import synthetic_head
from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom import StudyIdentity
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.job_results import SamplePatientResult
from BratsSegmenterLib.jobs import SamplePatientJob
from BratsSegmenterLib.progress import Progress


def make_sample(job: SamplePatientJob, progress: Progress) -> SamplePatientResult:
    """Write study and images; what an earlier call left there is written over.

    Raises
    ------
    LearningError
        nilearn, whose atlas the anatomy comes from, is not installed.
    Cancelled
    """
    with progress.stage("make the patient"):
        head = synthetic_head(job.spacing_mm, progress)
    with progress.stage("scanner stores"):
        write_study(head, job.folder / "dicom", StudyIdentity(), progress=progress)
        images = {sequence: job.folder / "images" / f"{sequence.value}.nii.gz" for sequence in head.images}
        for sequence, path in images.items():
            write_image(head.geometry.image(head.images[sequence]), path)
    return SamplePatientResult(job.folder / "dicom", tuple(images.values()))
