"""Takes one study after the other the whole way; whatever needs a person waits for one, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self, TypeVar

from BratsSegmenterLib.archive import Credentials, Outbox, Profile
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.job_results import JobResult, PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import Job, PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.kept_study import KeptStudy, StudyOrigin, StudyState, study_folder
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study_queue import QueueItem, StudyQueue
from BratsSegmenterLib.unattended.file_names import FileNames
from BratsSegmenterLib.unattended.rules import Rules

QUEUE_FILE = "queue.json"
REASON_FILE = "reason.txt"
"""In a job folder: the reason in full where it names files, which may name the patient; the queue has it without."""
_PASSING_FAILURES = {"ArchiveError", "TemporaryArchiveError", "NotStoredError", "FolderInUseError"}
_CHANGED_WHEN_HALF_SENT = (
    "The study carries a result and was changed while objects still wait to be sent: open it and send what is right."
)

RunJob = Callable[[Job, Mapping[str, str], Progress], JobResult]
Result = TypeVar("Result", bound=JobResult)


@dataclass(frozen=True)
class StudyOutcome:
    """Where a study came to rest.

    Attributes
    ----------
    folder : str
        Name of its job folder, which says nothing about whose it is.
    state : StudyState
        SEGMENTED or SENT: done. NEEDS_YOU: a person has to look. FAILED: see the reason.
    reason : str
        Why it needs a person or failed, or a remark.
    may_pass : bool
        It failed for a reason that may be gone later: the archive, or somebody who works on it.
    """

    folder: str
    state: StudyState
    reason: str = ""
    may_pass: bool = False

    @property
    def sentence(self) -> str:
        """For people and logs; it says nothing about whose study it is."""
        return f"{self.folder} {self.state.value}{': ' if self.reason else ''}{self.reason}"


class Studies:
    """A folder of studies that nobody attends; a context manager that keeps other programs from its queue.

    It is laid out as the panel's own: a study that waits, or is finished, opens there. On entering, what rested in it
    is queued again.

    Parameters
    ----------
    folder : Path
        Holds a job folder for each study and the queue.
    rules : Rules
    run : callable
        Does a job, most often in a process of its own, so that a study that brings it down brings nothing else down.
    profile : Profile or None
        The archive of the studies; None where they lie on this computer.
    credentials : Credentials
    sends : bool
        Store the results in their studies; needs an archive.

    Raises
    ------
    QueueInUseError
        On entering: another program works on the folder.
    """

    def __init__(
        self,
        folder: Path,
        rules: Rules,
        run: RunJob,
        profile: Profile | None,
        credentials: Credentials,
        sends: bool,
    ) -> None:
        self._folder = folder
        self._rules = rules
        self._run = run
        self._profile = profile
        self._secrets = credentials.to_json()
        self._sends = sends
        self._queue = StudyQueue(folder / QUEUE_FILE)

    def __enter__(self) -> Self:
        self._queue.take()
        for item in self._queue.items:
            if (self._folder / item.folder).is_dir() and not self._is_taken_over(item.folder):
                self._take_up(item)
            else:
                self._queue.remove(item.folder)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._queue.release()

    @property
    def folder(self) -> Path:
        """Of the job folders."""
        return self._folder

    def offer(self, origin: StudyOrigin) -> None:
        """Queue a study unless it is done, rests as it is now, or a person works on it.

        One that failed or needs a person is looked at again when instances were added to it; not while objects wait
        to be sent, as what was added may be the part of its own result that arrived.
        """
        folder = study_folder(self._folder, origin.study.study_uid)
        kept, item = KeptStudy(folder), self._queue.item(folder.name)
        if item is None and kept.state is not StudyState.NEW:
            return
        if item is not None and self._is_taken_over(folder.name):
            self._queue.remove(folder.name)
            return
        if item is not None and (item.is_open or not self._has_grown(origin) or self._holds_undelivered(folder.name)):
            return
        kept.forget_result()
        kept.write_origin(origin)
        rules = self._rules
        self._queue.add(QueueItem(folder.name, origin.profile, rules.bundle, rules.device, rules.steps))

    def try_again(self, folder: str) -> None:
        """Let a study that rests be worked on from where it stopped."""
        self._queue.update(folder, state=StudyState.QUEUED, reason="")

    @property
    def open_count(self) -> int:
        """How many studies are still to be done."""
        return sum(item.is_open for item in self._queue.items)

    def resting(self) -> tuple[StudyOutcome, ...]:
        """The studies that failed or need a person."""
        return tuple(
            StudyOutcome(item.folder, item.state, item.reason) for item in self._queue.items if not item.is_open
        )

    def work(self, progress: Progress, done: Callable[[StudyOutcome], None]) -> None:
        """Take all queued studies the whole way, one after the other; `done` is told of each.

        Raises
        ------
        Cancelled
            The study at hand stays queued.
        """
        while (item := self._queue.next()) is not None:
            if self._is_taken_over(item.folder):
                self._queue.remove(item.folder)
                continue
            try:
                outcome = self._way_of(item, progress)
            except JobFailedError as error:
                outcome = self._failed(item, error)
            except Cancelled:
                self.try_again(item.folder)
                raise
            outcome = self._without_file_names(outcome)
            if outcome.state in (StudyState.SEGMENTED, StudyState.SENT):
                self._queue.remove(item.folder)
            else:
                self._queue.update(item.folder, state=outcome.state, reason=outcome.reason)
            done(outcome)

    def _failed(self, item: QueueItem, error: JobFailedError) -> StudyOutcome:
        failure = error.failure
        if failure.is_of_a_changed_study:  # whoever tries it again has it fetched again
            self._queue.update(item.folder, is_prepared=False)
        state = StudyState.NEEDS_YOU if failure.needs_a_person else StudyState.FAILED
        return StudyOutcome(item.folder, state, str(error), failure.kind in _PASSING_FAILURES)

    def _without_file_names(self, outcome: StudyOutcome) -> StudyOutcome:
        folder = self._folder / outcome.folder
        origin = KeptStudy(folder).origin
        reason = FileNames(origin.files if origin else ()).hidden_in(outcome.reason)
        if reason == outcome.reason:
            (folder / REASON_FILE).unlink(missing_ok=True)
        else:
            write_atomically(folder / REASON_FILE, outcome.reason.encode())
        return replace(outcome, reason=reason)

    def _has_grown(self, origin: StudyOrigin) -> bool:
        """Whether a study has another number of instances than when it was last looked at; True for a new one."""
        known = KeptStudy(study_folder(self._folder, origin.study.study_uid)).origin
        return known is None or known.study.instance_count != origin.study.instance_count

    def _holds_undelivered(self, folder: str) -> bool:
        """Whether objects of an earlier sending did not arrive yet, or nobody can say because the outbox is damaged."""
        outbox = JobFolder(self._folder / folder).outbox
        try:
            return outbox.is_dir() and bool(Outbox(outbox).undelivered())
        except ArchiveError:
            return True

    def _is_taken_over(self, folder: str) -> bool:
        """Whether somebody segmented, corrected or sent the study in the panel: nothing of it may be made anew."""
        kept = KeptStudy(self._folder / folder)
        progress = kept.progress
        was_edited = progress.state is StudyState.CORRECTED or JobFolder(self._folder / folder).unsent.exists()
        was_segmented = progress.state is StudyState.SEGMENTED and not progress.is_by_rules and kept.result is not None
        return was_edited or was_segmented or progress.state is StudyState.SENT

    def _take_up(self, item: QueueItem) -> None:
        """Queue a study that an earlier program left, by the rules of now; a result of other rules is of no use."""
        rules, kept = self._rules, KeptStudy(self._folder / item.folder)
        was_postoperative = kept.result is not None and kept.result.is_postoperative
        if (item.bundle, item.steps, was_postoperative) != (rules.bundle, rules.steps, rules.is_postoperative):
            kept.forget_result()
        self._queue.update(item.folder, bundle=rules.bundle, device=rules.device, steps=rules.steps)
        self.try_again(item.folder)

    def _way_of(self, item: QueueItem, progress: Progress) -> StudyOutcome:
        kept = KeptStudy(self._folder / item.folder)
        prepared = (kept.prepared if item.is_prepared else None) or self._prepared(item, kept, progress)
        if self._sends and prepared.results:
            if not self._holds_undelivered(item.folder):
                kept.write_state(StudyState.SENT)
                return StudyOutcome(item.folder, StudyState.SENT, "The study carries a result already.")
            if kept.result is None:
                return StudyOutcome(item.folder, StudyState.NEEDS_YOU, _CHANGED_WHEN_HALF_SENT)
        reason = self._rules.reason_to_wait(prepared)
        if reason:
            return StudyOutcome(item.folder, StudyState.NEEDS_YOU, reason)
        result = kept.result or self._segmented(item, kept, prepared, progress)
        kept.write_state(StudyState.SEGMENTED, is_by_rules=True)
        doubts = " ".join(result.doubts)
        if not self._sends or doubts:
            return StudyOutcome(item.folder, StudyState.NEEDS_YOU if self._sends else StudyState.SEGMENTED, doubts)
        return self._sent(item, kept, result, progress)

    def _prepared(self, item: QueueItem, kept: KeptStudy, progress: Progress) -> PrepareResult:
        origin = kept.origin
        assert origin is not None, "it is written before the study is queued"
        self._queue.update(item.folder, state=StudyState.FETCHING)
        kept.forget_result()  # it was drawn on what was fetched before
        folder = self._folder / item.folder
        if origin.files:
            job = PrepareJob(folder, listed=origin.files)
        else:
            job = PrepareJob(folder, self._profile, origin.study.study_uid)
        prepared = self._do(job, PrepareResult, progress)
        kept.write_prepared(prepared)
        self._queue.update(item.folder, is_prepared=True)
        return prepared

    def _segmented(
        self, item: QueueItem, kept: KeptStudy, prepared: PrepareResult, progress: Progress
    ) -> SegmentResult:
        self._queue.update(item.folder, state=StudyState.SEGMENTING)
        rules = self._rules
        job = SegmentJob(
            self._folder / item.folder,
            {name: choice.key for name, choice in prepared.sequences.items()},
            rules.bundle,
            rules.device,
            rules.steps,
            rules.resample_gaps,
            rules.is_postoperative,
        )
        result = self._do(job, SegmentResult, progress)
        kept.write_result(result)
        return result

    def _sent(self, item: QueueItem, kept: KeptStudy, result: SegmentResult, progress: Progress) -> StudyOutcome:
        rules = self._rules
        job = SendJob(
            self._folder / item.folder,
            result.labels,
            edited=False,
            formats=rules.formats,
            profile=self._profile,
            contouring=rules.contouring,
        )
        sent = self._do(job, SendResult, progress)
        kept.write_sent(sent.version, job.labels)
        return StudyOutcome(item.folder, StudyState.SENT, " ".join((f"Version {sent.version}.", *sent.notes)))

    def _do(self, job: Job, kind: type[Result], progress: Progress) -> Result:
        result = self._run(job, self._secrets, progress)
        assert isinstance(result, kind)
        return result
