"""Takes one study after the other the whole way; whatever needs a person waits for one, with the reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Self

from BratsSegmenterLib.archive import Credentials, LoginRefusedError, Profile
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import Cancelled, DiskRefusedError, explaining_disk
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import KeptStudy, QueueItem, StudyOrigin, StudyQueue, StudyState, study_folder
from BratsSegmenterLib.unattended.earlier_table import TABLE_FILE, measured_studies
from BratsSegmenterLib.unattended.file_names import FileNames
from BratsSegmenterLib.unattended.outcome import StudyOutcome, failed
from BratsSegmenterLib.unattended.rules import Rules
from BratsSegmenterLib.unattended.standing import (
    has_grown,
    holds_undelivered,
    is_for_rules,
    is_taken_over,
    is_without_result,
)
from BratsSegmenterLib.unattended.whole_way import RunJob, WholeWay

QUEUE_FILE = "queue.json"
REASON_FILE = "reason.txt"
"""In a job folder: the reason in full where it names files, which may name the patient; the queue has it without."""


class Studies:
    """A folder of studies that nobody attends; a context manager that keeps other programs from its queue.

    It is laid out as the panel's own: a study that waits, or is finished, opens there. Studies that a person queued or
    cancelled there are left to her, and one about which she decided something waits for her. What an earlier router or
    cohort left is queued again when it is offered.

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
        self._queue = StudyQueue(folder / QUEUE_FILE)
        self._sends = sends
        self._way = WholeWay(folder, self._queue, rules, run, profile, credentials, sends)
        self._taken_up: set[str] = set()

    def __enter__(self) -> Self:
        self._queue.take()
        for item in self._queue.items:
            is_there = (self._folder / item.folder).is_dir()
            is_ours = item.is_by_rules and is_for_rules(item)
            if is_ours and (not is_there or is_taken_over(self._folder / item.folder)):
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
        """Queue a study unless it is done and its result is here, it rests as it is now, or a person works on it.

        A result is here too where the study was deleted since and the table states its volumes.
        One that waits, failed or needs a person is fetched again when instances were added to it. While objects wait
        to be sent what was added may be the part of its own result that arrived: then only when the sending found that
        the images have changed.
        """
        folder = study_folder(self._folder, origin.study.study_uid)
        kept, item = KeptStudy(folder), self._queue.item(folder.name)
        if item is None:
            is_new = kept.state is StudyState.NEW and not self._is_measured_and_deleted(origin)
            if is_new or is_without_result(folder, self._sends):
                self._queue_new(folder.name, kept, origin)
            return
        if not is_for_rules(item):
            return
        if is_taken_over(folder):
            self._queue.remove(folder.name)
            return
        self.take_up(origin)
        if self._is_to_be_fetched(item, origin):
            kept.forget_result()
            self._queue.update(folder.name, profile=origin.profile, is_prepared=False)
            kept.write_origin(origin)  # only now: a crash before it finds the study grown again
            self._queue_again(item, kept)

    def take_up(self, origin: StudyOrigin) -> None:
        """Queue what an earlier program left of a study, by the rules of now, once, if it is as it was then."""
        folder = study_folder(self._folder, origin.study.study_uid)
        item = self._queue.item(folder.name)
        if item is None or not is_for_rules(item) or folder.name in self._taken_up or is_taken_over(folder):
            return
        if not self._is_to_be_fetched(item, origin):
            self._queue_again(item, KeptStudy(folder))

    def unlisted(self, listed: Iterable[StudyOrigin]) -> int:
        """How many studies were queued here for rules that are not among those listed: nobody works on them."""
        folders = {study_folder(self._folder, origin.study.study_uid).name for origin in listed}
        return sum(is_for_rules(item) and item.is_open and item.folder not in folders for item in self._queue.items)

    def deleted(self, listed: Iterable[StudyOrigin]) -> int:
        """How many of those listed are left alone because they were measured, and deleted since."""
        return sum(map(self._is_measured_and_deleted, listed))

    def try_again(self, folder: str) -> None:
        """Let a study that rests be worked on from where it stopped."""
        self._queue.update(folder, state=StudyState.QUEUED, reason="")

    @property
    def open_count(self) -> int:
        """How many studies are still to be done."""
        return sum(item.is_open and item.folder in self._taken_up for item in self._queue.items)

    def resting(self) -> tuple[StudyOutcome, ...]:
        """The studies that failed or need a person."""
        return tuple(
            StudyOutcome(item.folder, item.state, item.reason) for item in self._queue.items if not item.is_open
        )

    def work(self, progress: Progress, done: Callable[[StudyOutcome], None]) -> None:
        """Take all studies that were offered the whole way, one after the other; `done` is told of each.

        Raises
        ------
        Cancelled
            The study at hand stays queued.
        LoginRefusedError
            By the archive, which would not let the next study in, either: it and the study at hand stay queued.
        OSError
            The disk of the queue refused, or the system does; what is queued stays so.
        """
        while (item := self._next()) is not None:
            if is_taken_over(self._folder / item.folder):
                self._queue.remove(item.folder)
                continue
            try:
                with explaining_disk(self._folder / item.folder):
                    outcome = self._without_file_names(self._outcome(item, progress))
            except DiskRefusedError as error:
                outcome = StudyOutcome(item.folder, StudyState.FAILED, str(error), may_pass=True)
            except (Cancelled, LoginRefusedError, OSError):
                self.try_again(item.folder)
                raise
            try:
                self._rest(outcome)
            finally:  # whoever tries it again must know of it, also where the disk does not take the queue
                done(outcome)

    def _is_measured_and_deleted(self, origin: StudyOrigin) -> bool:
        uid = origin.study.study_uid
        is_measured = uid in measured_studies(self._folder / TABLE_FILE)
        return is_measured and KeptStudy(study_folder(self._folder, uid)).origin is None

    def _outcome(self, item: QueueItem, progress: Progress) -> StudyOutcome:
        try:
            return self._way.of(item, progress)
        except JobFailedError as error:
            failure = error.failure
            if failure.is_of_the_login:
                raise LoginRefusedError(failure.what, failure.advice, failure.cause) from error
            return self._failed(item, error)

    def _next(self) -> QueueItem | None:
        waiting = (item for item in self._queue.items if item.state is StudyState.QUEUED)
        return next((item for item in waiting if item.folder in self._taken_up), None)

    def _rest(self, outcome: StudyOutcome) -> None:
        if outcome.state in (StudyState.SEGMENTED, StudyState.SENT, StudyState.LEFT_ALONE):
            self._queue.remove(outcome.folder)
        else:
            self._queue.update(outcome.folder, state=outcome.state, reason=outcome.reason)

    def _failed(self, item: QueueItem, error: JobFailedError) -> StudyOutcome:
        if error.failure.is_of_a_changed_study:  # whoever tries it again has it fetched again
            self._queue.update(item.folder, is_prepared=False)
        return failed(item.folder, error)

    def _without_file_names(self, outcome: StudyOutcome) -> StudyOutcome:
        folder = self._folder / outcome.folder
        origin = KeptStudy(folder).origin
        reason = FileNames(origin.files if origin else ()).hidden_in(outcome.reason)
        if reason == outcome.reason:
            (folder / REASON_FILE).unlink(missing_ok=True)
        else:
            write_atomically(folder / REASON_FILE, outcome.reason.encode())
        return replace(outcome, reason=reason)

    def _is_to_be_fetched(self, item: QueueItem, origin: StudyOrigin) -> bool:
        folder = self._folder / item.folder
        return has_grown(folder, origin) and not (item.is_prepared and holds_undelivered(folder))

    def _queue_new(self, folder: str, kept: KeptStudy, origin: StudyOrigin) -> None:
        rules = self._rules
        kept.forget_result()
        kept.write_origin(origin)
        kept.write_state(StudyState.NEW)  # what is said to be sent would be left alone
        self._taken_up.add(folder)
        new = QueueItem(folder, origin.profile, rules.bundle, rules.device, rules.steps, is_by_rules=True)
        self._queue.add(new)

    def _queue_again(self, item: QueueItem, kept: KeptStudy) -> None:
        """By the rules of now; a result of other rules is of no use."""
        rules = self._rules
        was_postoperative = kept.result is not None and kept.result.is_postoperative
        if (item.bundle, item.steps, was_postoperative) != (rules.bundle, rules.steps, rules.is_postoperative):
            kept.forget_result()
        how = {"bundle": rules.bundle, "device": rules.device, "steps": rules.steps}
        self._queue.update(item.folder, is_by_rules=True, **how)
        self.try_again(item.folder)
        self._taken_up.add(item.folder)
