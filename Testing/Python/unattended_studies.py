"""Studies that nobody attends, with a worker and a source that a test holds in its hands."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from refusing_disks import full_disk

from BratsSegmenterLib.archive import Credentials, Profile, StudySummary
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.dicom import Authorship, ObjectKind, ObjectReference, ResultObject
from BratsSegmenterLib.domain import Algorithm, Sequence
from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.job_results import (
    PrepareResult,
    SegmentResult,
    SendResult,
    SequenceChoice,
)
from BratsSegmenterLib.jobs import Job, PrepareJob, SegmentJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import QueueItem, StudyOrigin, StudyQueue, StudyState
from BratsSegmenterLib.unattended import Rules, Studies, StudyOutcome, Timing, watch
from BratsSegmenterLib.versions import EarlierResult
from BratsSegmenterLib.worker_messages import Failure

PACS = Profile("PACS", "https://pacs.example")
DOWN = JobFailedError(Failure("The PACS does not answer.", kind="TemporaryArchiveError"))
BUSY = JobFailedError(Failure("Another window or program works on this study.", kind="FolderInUseError"))
DAMAGED = JobFailedError(Failure("Series 3 is damaged.", kind="SeriesError"))
FULL = JobFailedError(Failure("T1c.mha could not be written.", kind="DiskRefusedError"))
MODEL = Algorithm("glioma-synthetic", "0.7.1", "0" * 64)
CLEAR = PrepareResult(
    (), {one.value: SequenceChoice(f"key of {one.value}", "2.25.1", 0.9, ()) for one in Sequence}, (), ()
)
_CARRIED = ResultObject(
    path=Path("1.dcm"),
    kind=ObjectKind.RTSTRUCT,
    reference=ObjectReference("1.2.840.10008.5.1.4.1.1.481.3", "2.25.9", "2.25.8"),
    drawn_on=("2.25.7",),
    made_at="2026-01-01T10:00:00",
    algorithm=MODEL,
    is_ours=True,
    version=1,
    authorship=Authorship.AI,
    reviewer="",
    is_approved=False,
)
CARRYING = replace(CLEAR, results=(EarlierResult(1, (_CARRIED,)),))
"""What is found in a study that carries a result of ours."""


def a_study(number: int, instances: int = 100) -> StudyOrigin:
    """A study of the archive, which lists so many instances of it."""
    summary = StudySummary(f"2.25.{number}", "Doe^Jane", "P1", "", f"2026010{number}", "MR head", ("MR",), 4, instances)
    return StudyOrigin(summary, PACS.name)


@dataclass
class Worker:
    """Does jobs as it is told; what stands in `failures` is raised once, in that order."""

    prepared: PrepareResult = CLEAR
    doubts: tuple[str, ...] = ()
    failures: list[Exception | None] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    gives_way: bool = False

    def __call__(self, job: Job, secrets: object, progress: Progress) -> PrepareResult | SegmentResult | SendResult:
        self.jobs.append(job)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        match job:
            case PrepareJob():
                return self.prepared
            case SegmentJob():
                labels = job.folder / "segmentation.nii.gz"
                labels.touch()
                return SegmentResult(
                    "T1c",
                    labels,
                    {"T1c": job.folder / "volumes" / "T1c.mha"},
                    None,
                    {"ET": 1.0},
                    {},
                    labels,
                    MODEL,
                    (),
                    self.doubts,
                    is_postoperative=job.is_postoperative,
                    doubts=self.doubts,
                )
            case _:
                return SendResult((), (), None, version=1, gave_way=self.gives_way)

    @property
    def kinds(self) -> list[str]:
        return [job.KIND for job in self.jobs]


@dataclass
class Source:
    """One answer for each look; after the last one the watch is cancelled."""

    answers: list[tuple[StudyOrigin, ...] | Exception]
    looks: int = 0

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        if self.looks == len(self.answers):
            raise Cancelled
        answer = self.answers[self.looks]
        self.looks += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


class FullMeanwhile(Source):
    """A source during whose first two looks the disk is full."""

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        if self.looks == 0:
            self.full = ExitStack()
            self.full.enter_context(full_disk(10))
        elif self.looks == 2:
            self.full.close()
        return super().studies(progress)


class FillsDisk(Worker):
    """A worker over whose first study the disk gets full, until the queue is written."""

    def __call__(self, job: Job, secrets: object, progress: Progress) -> PrepareResult | SegmentResult | SendResult:
        if not self.jobs:
            with full_disk(10):
                self.jobs.append(job)
                (job.folder / "1.dcm").write_bytes(b"larger than that")
        return super().__call__(job, secrets, progress)


def queue_in_panel(folder: Path, item: QueueItem) -> None:
    """Put an item at the end of the queue, in place of one of the same study."""
    queue = StudyQueue(folder / "queue.json")
    queue.take()
    queue.remove(item.folder)
    queue.add(item)
    queue.release()


@pytest.fixture
def worker() -> Worker:
    return Worker()


def open_studies(folder: Path, worker: Worker, sends: bool = True, rules: Rules | None = None) -> Studies:
    """As a router opens its folder; to be entered."""
    return Studies(folder, rules or Rules("glioma-synthetic"), worker, PACS, Credentials(token="secret"), sends)


@pytest.fixture
def studies(tmp_path: Path, worker: Worker) -> Iterator[Studies]:
    with open_studies(tmp_path, worker) as opened:
        yield opened


def watch_answers(
    studies: Studies, *answers: tuple[StudyOrigin, ...] | Exception, settle_s: float = 0
) -> list[StudyOutcome]:
    """What comes of the studies when a source gives these answers, one a look, and is then stopped."""
    steps: list[StudyOutcome] = []
    with pytest.raises(Cancelled):
        watch(Source(list(answers)), studies, Timing(0, settle_s), Progress(), steps.append, lambda _text: None)
    return steps


def states_of(steps: list[StudyOutcome]) -> list[StudyState]:
    """In the order of the work."""
    return [step.state for step in steps]
