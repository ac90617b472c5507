"""Works through the queue in the background: fetches, recognises and segments one study after the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from BratsSegmenterLib.errors import folder_refused
from BratsSegmenterLib.job_results import PrepareResult, SegmentResult
from BratsSegmenterLib.jobs import (
    BorrowJob,
    Job,
    PrepareJob,
    ResumeJob,
    SegmentJob,
)
from BratsSegmenterLib.study import (
    JobFolder,
    KeptStudy,
    QueueInUseError,
    QueueItem,
    StudyChoices,
    StudyOrigin,
    StudyQueue,
    StudyState,
    study_folder,
)
from BratsSegmenterLib.widgets.choices import Connection, RunOptions
from BratsSegmenterLib.widgets.outcomes import completed, keep_unseen, refusal_of
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure, Outcome

_IS_OPEN = _("It is open in this panel: send it or segment it again there.")
_HAS_UNSENT = _("It holds corrections that were not sent: open it to send them, or to segment it again.")
_CARRIES_A_RESULT = _("The study carries a result already: continue from it, or segment.")


def _in_nobodys_hands(_folder: Path) -> bool:
    """Nobody works on any study."""
    return False


class QueueRunner:
    """The queue at work.

    A study that leaves something to decide (doubtful sequences, missing slices, an earlier result) waits for a person.
    Only one worker segments at a time: :meth:`make_room` lets the study that the user looks at go first.

    Parameters
    ----------
    queue : StudyQueue
    runner : JobRunner
        The queue's own, so that searching and sending never wait for it.
    jobs_folder : Path
        Where the job folders of the studies are.
    connection_of : callable
        The archive that a study comes from with its secrets; None when there is none.

    Attributes
    ----------
    hindrance : str
        Why nothing can be done with the queue here: another Slicer works on it. Empty otherwise.
    pause : str
        Why nothing is done until :meth:`go_on` is called again: an archive does not serve us, or the disk refuses.
        Empty otherwise.
    options : callable
        With which model, on which device a study is segmented; asked when it is queued.
    is_in_hands : callable
        Whether the user works on the study of a job folder herself.
    changed, progressed : Signal
        Emitted without arguments when any study's state changed, and with each ProgressEvent.
    """

    def __init__(
        self,
        queue: StudyQueue,
        runner: JobRunner,
        jobs_folder: Path,
        connection_of: Callable[[StudyOrigin], Connection | None],
    ) -> None:
        self._queue = queue
        self._runner = runner
        self._jobs_folder = jobs_folder
        self._connection_of = connection_of
        self._current = ""
        self._job: Job | None = None
        self._after_cancel = StudyState.CANCELLED
        self._is_held = self._is_over = False
        self._when_clear: Callable[[], None] | None = None
        self._served_since: dict[str, bool] = {}
        self.hindrance = self.pause = ""
        self.options: Callable[[], RunOptions] = RunOptions
        self.is_in_hands: Callable[[Path], bool] = _in_nobodys_hands
        self.changed = Signal()
        self.progressed = Signal()
        runner.progressed.connect(self.progressed.emit)
        runner.ended.connect(self._on_ended)

    @property
    def items(self) -> tuple[QueueItem, ...]:
        """The queue as it is."""
        return self._queue.items

    def item(self, study_uid: str) -> QueueItem | None:
        """A study of the queue; None when it is not in it."""
        return self._queue.item(study_folder(self._jobs_folder, study_uid).name)

    def kept(self, item: QueueItem) -> KeptStudy:
        """What is kept of a study of the queue."""
        return KeptStudy(self._jobs_folder / item.folder)

    def state_of(self, study_uid: str) -> tuple[StudyState, str]:
        """How far the work on any study is, and why it stopped where it did."""
        item = self.item(study_uid)
        if item is not None and item.state is not StudyState.SEGMENTED:
            return item.state, item.reason
        progress = KeptStudy(study_folder(self._jobs_folder, study_uid)).progress
        return progress.state, progress.question

    def go_on(self) -> None:
        """Begin with what waits, after a start of Slicer or when something may have changed."""
        if self._runner.is_running or self._is_held or self._is_over:
            return
        self.pause = ""
        with self._pausing_when_the_disk_refuses():
            self._begin_with_the_next()

    def add(self, origin: StudyOrigin) -> None:
        """Put a study at the end of the queue.

        Raises
        ------
        QueueInUseError
            Another Slicer works on it.
        """
        self._queue.take()
        folder = study_folder(self._jobs_folder, origin.study.study_uid)
        KeptStudy(folder).write_origin(origin)
        options = self.options()
        how = options.bundle, options.device, options.steps
        self._queue.add(QueueItem(folder.name, origin.profile, *how, is_by_rules=False))
        self._tell()

    def refusal_of(self, change: Callable[[], None]) -> Failure | None:
        """Change the queue; why it could not be changed, because another Slicer has it or the disk refuses."""
        try:
            refusal = refusal_of(change, self._jobs_folder)
        except QueueInUseError as error:
            return Failure.of(error)
        if refusal is not None:
            self._fall_back_on_the_disk()
            self.changed.emit()
        return refusal

    def reason_to_spare(self, study_uid: str) -> str:
        """Why a study must not be segmented anew unless its user is there; empty when nothing speaks against it."""
        return self._reason_to_spare(study_folder(self._jobs_folder, study_uid))

    def retry(self, item: QueueItem) -> None:
        """Let a study that failed or was cancelled be tried again, from where it stopped."""
        self._queue.update(item.folder, state=StudyState.QUEUED, reason="")
        self._tell()

    def move_up(self, item: QueueItem) -> None:
        """Let a study pass the one before it."""
        self._queue.move_up(item.folder)
        self._tell()

    def move_first(self, item: QueueItem) -> None:
        """Let a study pass all others."""
        self._queue.move_first(item.folder)
        self._tell()

    def cancel(self, item: QueueItem) -> None:
        """Stop the work on a study, or do not begin it."""
        if item.is_at_work:
            self._runner.cancel()
        else:
            self._queue.update(item.folder, state=StudyState.CANCELLED)
            self._tell()

    def remove(self, item: QueueItem) -> None:
        """Take a study out of the queue; what was fetched and found stays."""
        self._queue.remove(item.folder)
        if item.folder == self._current:
            self._runner.cancel()
        self._tell()

    def make_room(self, job: Job, then: Callable[[], None]) -> None:
        """Call `then` as soon as a job of the user can run: at once, or when the queue has stepped aside.

        A study that the user works on herself leaves the queue. Until :meth:`take_room_back` nothing new begins.
        """
        folder = job.folder.name if isinstance(job, PrepareJob | BorrowJob | SegmentJob | ResumeJob) else ""
        if not folder:
            then()
            return
        self._is_held = True
        is_same_study = self._runner.is_running and folder == self._current
        self._leave_to_the_user(folder)
        if is_same_study or (isinstance(self._job, SegmentJob) and isinstance(job, SegmentJob | ResumeJob)):
            self._when_clear, self._after_cancel = then, StudyState.QUEUED
            self._runner.cancel()
        else:
            then()

    def forget_the_wait(self) -> None:
        """The job that :meth:`make_room` was asked for is not wanted any more."""
        self._when_clear = None

    def take_room_back(self) -> None:
        """The user's job is over."""
        self._is_held = False
        self.go_on()

    def shut_down(self) -> None:
        """End the worker for good; what it was busy with waits in the queue for the next start."""
        self._is_over = True
        self._runner.shut_down()
        self._queue.release()

    def _begin_with_the_next(self) -> None:
        if not any(item.is_open for item in self._queue.items):
            self._queue.release()
            self._hinder("")
            return
        try:
            self._queue.take()
        except QueueInUseError as error:
            self._hinder(str(error))
            return
        self._hinder("")
        item = self._queue.next()
        assert item is not None, "nothing is at work, so what is open waits"
        self._current, self._after_cancel = item.folder, StudyState.CANCELLED
        if item.is_prepared:
            self._segment(item)
        else:
            self._prepare(item)

    def _leave_to_the_user(self, folder: str) -> None:
        item = self._queue.item(folder)
        if item is None or item.state is StudyState.SEGMENTED or self.hindrance:
            return
        try:
            self._queue.remove(folder)
        except QueueInUseError as error:
            self._hinder(str(error))  # another program took the queue since it was last looked at
        except OSError as error:
            self._pause_for(str(folder_refused(self._jobs_folder, error)))
        else:
            self.changed.emit()

    def _hinder(self, reason: str) -> None:
        if reason != self.hindrance:
            self.hindrance = reason
            self.changed.emit()

    def _prepare(self, item: QueueItem) -> None:
        origin = self.kept(item).origin
        connection = self._connection_of(origin) if origin is not None and origin.profile else None
        if origin is None:
            self._stop(StudyState.FAILED, _("Its job folder is gone; queue the study again."))
        elif origin.files:
            self._start(PrepareJob(self._jobs_folder / item.folder, listed=origin.files), StudyState.FETCHING)
        elif connection is None:
            reason = _("There is no archive called '{archive}' any more.").format(archive=item.profile)
            self._stop(StudyState.FAILED, reason)
        else:
            job = PrepareJob(self._jobs_folder / item.folder, connection.profile, origin.study.study_uid)
            self._start(job, StudyState.FETCHING, connection)

    def _reason_to_spare(self, folder: Path) -> str:
        if self.is_in_hands(folder):
            return _IS_OPEN
        return _HAS_UNSENT if JobFolder(folder).unsent.exists() else ""

    def _segment(self, item: QueueItem) -> None:
        reason = self._reason_to_spare(self._jobs_folder / item.folder)
        if reason:  # she began to work on it after it was queued
            self._stop(StudyState.NEEDS_YOU, reason)
            return
        kept = self.kept(item)
        prepared = kept.prepared
        if prepared is None:
            self._prepare(item)
            return
        kept.forget_result()
        sequences = SequencesModel(prepared, kept.choices)
        job = SegmentJob(
            self._jobs_folder / item.folder,
            sequences.chosen_keys(),
            item.bundle,
            item.device,
            item.steps,
            is_postoperative=sequences.is_postoperative,
        )
        self._start(job, StudyState.SEGMENTING)

    def _start(self, job: PrepareJob | SegmentJob, state: StudyState, connection: Connection | None = None) -> None:
        self._queue.update(self._current, state=state, reason="")
        self._job = job
        self._runner.start(job, connection.credentials.to_json() if connection is not None else {})
        self.changed.emit()

    def _on_ended(self, outcome: Outcome) -> None:
        outcome, self._job = completed(outcome, self._job), None
        with self._pausing_when_the_disk_refuses():
            self._take(outcome)
        if self._when_clear is not None:
            then, self._when_clear = self._when_clear, None
            then()

    def _take(self, outcome: Outcome) -> None:
        match outcome:
            case PrepareResult():
                self._on_prepared(outcome)
            case SegmentResult():
                keep_unseen(outcome, KeptStudy(self._jobs_folder / self._current))
                self._stop(StudyState.SEGMENTED)
            case Failure() if outcome.is_gap:
                self._stop(StudyState.NEEDS_YOU, outcome.sentence)
            case Failure() if outcome.is_archive_out_of_reach and not self._served_since.get(self._current):
                self._wait_for_the_archive(outcome.what)
            case Failure():
                self._stop(StudyState.FAILED, outcome.sentence)
            case CancelledByUser():
                self._stop(self._after_cancel)

    def _on_prepared(self, prepared: PrepareResult) -> None:
        self._served_since = dict.fromkeys(self._served_since, True)
        kept = KeptStudy(self._jobs_folder / self._current)
        kept.write_prepared(prepared)
        self._queue.update(self._current, is_prepared=True)
        reason = reason_to_wait(prepared, kept.choices)
        self._stop(StudyState.NEEDS_YOU if reason else StudyState.QUEUED, reason)

    def _wait_for_the_archive(self, reason: str) -> None:
        """The study stays in the queue, behind the others, until one of those was served and it still is not."""
        self._served_since[self._current] = False
        self._queue.update(self._current, state=StudyState.QUEUED, reason=reason)
        self._queue.move_last(self._current)
        self._current = ""
        self._pause_for(reason)

    @contextmanager
    def _pausing_when_the_disk_refuses(self) -> Iterator[None]:
        """Work that cannot be noted would be lost, so none is begun."""
        try:
            yield
        except OSError as error:
            self._fall_back_on_the_disk()
            self._pause_for(str(folder_refused(self._jobs_folder, error)))

    def _pause_for(self, reason: str) -> None:
        self.pause = _("The queue waits and tries again by itself. {reason}").format(reason=reason)
        self.changed.emit()

    def _fall_back_on_the_disk(self) -> None:
        """What was at work and could not be noted waits again, unless a worker is busy with it still."""
        if not self._runner.is_running:
            self._queue.release()
            self._current = ""

    def _stop(self, state: StudyState, reason: str = "") -> None:
        """The current study rests in a state; the next one begins."""
        self._queue.update(self._current, state=state, reason=reason)
        self._current = ""
        self._tell()

    def _tell(self) -> None:
        self.go_on()
        self.changed.emit()


def reason_to_wait(prepared: PrepareResult, choices: StudyChoices) -> str:
    """Why a person has to look before the study is segmented; empty when all is clear."""
    sentences = SequencesModel(prepared, choices).questions()
    if prepared.others or any(result.regions is not None for result in prepared.results):
        sentences = (*sentences, _CARRIES_A_RESULT)
    if not (prepared.sequences or any(choices.sequences.values())):
        sentences = (*prepared.warnings, _("None of the series was recognised as T1, T1c, T2 or FLAIR."))
    return " ".join(sentences)
