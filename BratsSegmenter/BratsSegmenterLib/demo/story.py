"""The demo: a synthetic patient is stored in the embedded archive and travels the whole way, by the code in use."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile
from BratsSegmenterLib.archive.embedded import EmbeddedArchive, serve
from BratsSegmenterLib.demo.head import SyntheticHead, synthetic_head
from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom import ObjectKind, StudyIdentity
from BratsSegmenterLib.job_results import PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.progress import Progress, StageTime
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE
from BratsSegmenterLib.workbench import Workbench


@dataclass(frozen=True, eq=False)
class Journey:
    """What came of every part of the way."""

    head: SyntheticHead
    prepared: PrepareResult
    segmented: SegmentResult
    sent: SendResult
    stages: tuple[StageTime, ...]


def travel(folder: Path, progress: Progress, spacing_mm: float = 1.0) -> Journey:
    """Make the patient, store the study, fetch it, segment it, and store the result in the same study.

    Parameters
    ----------
    folder : Path
        Gets the archive, the scanner's files and the job's folder.
    progress : Progress
    spacing_mm : float
        How finely the head is made; coarser is faster.
    """
    identity = StudyIdentity()
    with progress.stage("make the patient"):
        head = synthetic_head(spacing_mm=spacing_mm, progress=progress)
        files = write_study(head, folder / "scanner", identity, progress=progress)
    with serve(folder / "archive") as archive:
        profile, credentials = access_to(archive)
        with progress.stage("scanner stores"):
            Archive(profile, credentials).store(files, progress=progress, compare=False)
        workbench = Workbench(folder / "job", credentials, progress)
        prepared = workbench.prepare(PrepareJob(folder / "job", profile, identity.study_uid))
        keys = {role: choice.key for role, choice in prepared.sequences.items()}
        segmented = workbench.segment(SegmentJob(folder / "job", keys, DEFAULT_BUNDLE))
        kinds = tuple(kind.name for kind in ObjectKind)
        sent = workbench.send(SendJob(folder / "job", segmented.labels, False, kinds, profile))
    return Journey(head, prepared, segmented, sent, tuple(progress.stages))


def access_to(archive: EmbeddedArchive) -> tuple[Profile, Credentials]:
    """How to reach a running embedded archive."""
    profile = Profile("Embedded archive", archive.url, Authentication.BEARER)
    return profile, Credentials(token=archive.token)
