"""The way of one study through the panel, from the archive and back; knows nothing of Qt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.archive import StudyQuery
from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.job_results import (
    BorrowedSequence,
    ConnectionResult,
    DownloadResult,
    ListFolderResult,
    PrepareResult,
    SearchResult,
    SegmentResult,
    SendResult,
)
from BratsSegmenterLib.jobs import (
    ConnectionJob,
    DownloadJob,
    Job,
    ListFolderJob,
    ResumeJob,
    SearchJob,
    SegmentJob,
    SendJob,
)
from BratsSegmenterLib.segmentation import PublishedModel, missing_model
from BratsSegmenterLib.sequence_offers import SequenceOffer
from BratsSegmenterLib.steps import StepRunner, at_once
from BratsSegmenterLib.widgets.choices import Connection, RunOptions, SendRequest
from BratsSegmenterLib.widgets.outcomes import StudyJob, completed, keep_for_its_own_study, refusal_of
from BratsSegmenterLib.widgets.review_scene import ReviewScene
from BratsSegmenterLib.widgets.reviewed_study import ReviewedStudy
from BratsSegmenterLib.widgets.runner import STOPPED_SENDING, JobRunner
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.state import PanelState, busy_with
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure, Outcome

_DRAWN_SINCE = _("What you drew while this was sent is not in it: send again to store that too.")
_AT_WORK_ON_A_STUDY = (
    PanelState.PREPARING,
    PanelState.SEGMENTING,
    PanelState.RESUMING,
    PanelState.REHEARSING,
    PanelState.SENDING,
    PanelState.OPENING,
)


class Workflow(ReviewedStudy):
    """Runs the jobs of the study at hand in order.

    Parameters
    ----------
    runner : JobRunner
        Runs one job at a time.
    scene : ReviewScene
    jobs_folder : Path
        With a folder for each study.
    ledger_folder : Path
        Where corrections are kept for good.
    ensure_dependencies : callable
        Installs what the network needs, and asks whether a published model may be downloaded (None when none has to
        be); called before each run. Raises BratsSegmenterError.
    clock, run_steps
        As :class:`ReviewedStudy` takes them.

    Attributes
    ----------
    ledger_folder : Path
    progressed, studies_found, folder_listed, connection_checked : Signal
        Emitted with a ProgressEvent, the studies, a ListFolderResult, the checks.
    sent, rehearsed, refused : Signal
        Emitted with a SendResult that was stored, the SendResult of a dry run, the Failure of either.
    stopped : Signal
        Emitted with a sentence on what came of a sending that the user stopped.
    """

    def __init__(
        self,
        runner: JobRunner,
        scene: ReviewScene,
        jobs_folder: Path,
        ledger_folder: Path,
        ensure_dependencies: Callable[[PublishedModel | None], None],
        clock: Callable[[], float] = time.monotonic,
        run_steps: StepRunner = at_once,
    ) -> None:
        super().__init__(scene, jobs_folder, clock, run_steps)
        self._runner = runner
        self.ledger_folder = ledger_folder
        self._ensure_dependencies = ensure_dependencies
        self._options = RunOptions()
        self._go_on: Callable[[], None] = self._run
        self._job: Job | None = None
        self._replaces_kept = False
        self.progressed = Signal()
        self.studies_found = Signal()
        self.folder_listed = Signal()
        self.connection_checked = Signal()
        self.sent = Signal()
        self.rehearsed = Signal()
        self.refused = Signal()
        self.stopped = Signal()
        runner.progressed.connect(self.progressed.emit)
        runner.ended.connect(self._on_ended)

    def is_busy_with(self, folder: Path) -> bool:
        """Whether the study of a job folder is under review here, or a job works on it."""
        is_at_work = self.result is not None or self.state in _AT_WORK_ON_A_STUDY
        return is_at_work and self._is_at_hand(folder)

    def test_connection(self, connection: Connection) -> None:
        """Ask what works between here and the archive."""
        self._start(ConnectionJob(connection.profile), connection)

    def search(self, connection: Connection, query: StudyQuery) -> None:
        """Look for studies."""
        self._start(SearchJob(connection.profile, query), connection)

    def list_folder(self, folder: Path) -> None:
        """Look which studies lie in a folder of this computer."""
        self._start(ListFolderJob(folder))

    def run(self, options: RunOptions) -> None:
        """Fetch and segment; stops in between when the sequences or earlier results leave something to decide."""
        self._options = options
        self.when_ready(options.bundle, self._run)

    def when_ready(self, bundle: str, go_on: Callable[[], None]) -> None:
        """Go on once what the network needs is here; what is missing is asked for in one question, and brought.

        Parameters
        ----------
        bundle : str
            The model that is to segment.
        go_on : callable
            Not called when the user declines, or something cannot be brought.
        """
        model = missing_model(bundle)
        if model is not None and self.state.is_busy:
            advice = _("Wait until what runs now is done, then try again.")
            self.failed.emit(Failure(_("The model {name} is not downloaded yet.").format(name=bundle), advice))
        elif self._has_dependencies(model):
            if model is None:
                go_on()
            else:
                self._go_on = go_on
                self._start(DownloadJob(model.name))

    def borrow(self, offer: SequenceOffer) -> None:
        """Fetch a missing sequence from another study of the patient; the user agreed."""
        self._start(self._borrow_job(offer), self._connection)

    def answer_about_surgery(self, was_operated: bool, options: RunOptions) -> None:
        """After an operation the study is segmented again, with its cavity; otherwise the result stands as it is."""
        assert self.sequences is not None
        if was_operated:
            self.sequences.is_postoperative = True
            self.run(options)
        else:
            self._keeps(lambda: self._kept.write_state(self._kept.state))
            self.state_changed.emit()

    def resume(self, uid: str = "") -> None:
        """Take up regions that the study carries, the newest without a UID, in place of a segmentation."""
        if self._has_dependencies():
            self._start(ResumeJob(self.folder, uid))

    @property
    def can_fill_gaps(self) -> bool:
        """Whether the last job was to bring a result: under one that is there already, the images stay as they are."""
        return isinstance(self._job, SegmentJob | ResumeJob)

    def fill_gaps(self) -> None:
        """Do again what missing slices stopped, if :attr:`can_fill_gaps`; the user agreed to interpolate them."""
        if isinstance(self._job, ResumeJob):
            self._start(replace(self._job, resample_gaps=True))
        elif isinstance(self._job, SegmentJob) and self.sequences is not None and self.can_run:
            self._segment(self.sequences, resample_gaps=True)

    def cancel(self) -> None:
        """Stop what runs; the state before returns as soon as it has stopped.

        A result that was reviewed does not return when another one is about to be shown: its files made way for it. One
        that is being written comes all the same.
        """
        if self.state is PanelState.OPENING:
            self._opening.stop()
            self._passes_over_kept = False  # what was to be shown is kept, and opened by the same button
            self._rest_unopened()
            self.noted.emit(_("The result is kept: open the study to see it."))
        else:
            self._runner.cancel()

    def send(self, request: SendRequest) -> None:
        """Write the segments as they are now as DICOM objects and store them in the study; a dry run stores nothing."""
        try:
            labels = self._scene.export_labels(self.folder)
        except BratsSegmenterError as error:
            self._say_not_sent(Failure.of(error))
            return
        minutes_spent = (self._clock() - self._review_began_s) / 60
        self._start(self._send_job(request, labels, self.ledger_folder, minutes_spent), request.connection)

    def forget_study(self) -> str:
        """Stop what runs and begin anew, for a scene that is closed; what that cut off, as a sentence."""
        was_sending = self.state is PanelState.SENDING
        self._runner.shut_down()
        self._opening.stop()
        self._choose(None)
        self._rest(PanelState.NO_STUDY)
        return STOPPED_SENDING if was_sending else ""

    def shut_down(self) -> None:
        """End what runs, for a module or an application that closes."""
        self._opening.stop()
        self._runner.shut_down()

    def _has_dependencies(self, model: PublishedModel | None = None) -> bool:
        """Whether the network can run here; installs what it needs when the user agrees, else says what is missing."""
        try:
            self._ensure_dependencies(model)
        except BratsSegmenterError as error:
            self.failed.emit(Failure.of(error))
            return False
        return True

    def _run(self) -> None:
        if self.sequences is None:
            self._start(self._prepare_job(), self._connection)
        else:
            self._segment(self.sequences)

    def _segment(self, sequences: SequencesModel, resample_gaps: bool = False) -> None:
        self._start(self._segment_job(sequences, self._options, resample_gaps))

    def _start(self, job: Job, connection: Connection | None = None) -> None:
        self._job, self.state = job, busy_with(job)
        self._replaces_kept = isinstance(job, SegmentJob | ResumeJob) and self._reviews_kept
        self._passes_over_kept |= isinstance(job, SegmentJob | ResumeJob)
        secrets = connection.credentials.to_json() if connection is not None else {}
        self._runner.start(job, secrets)
        self.state_changed.emit()

    def _on_ended(self, outcome: Outcome) -> None:
        outcome = completed(outcome, self._job)
        if isinstance(self._job, StudyJob) and not self._is_at_hand(self._job.folder):
            job = self._job
            refusal = refusal_of(lambda: keep_for_its_own_study(outcome, job), job.folder)
            self._rest(self._resting_state)
            if refusal is not None:
                self.failed.emit(refusal)
            return
        self._passes_over_kept |= isinstance(outcome, PrepareResult | BorrowedSequence)
        match outcome:
            case PrepareResult():
                self._on_prepared(outcome)
            case BorrowedSequence():
                self._on_borrowed(outcome)
            case DownloadResult():
                self._rest(self._resting_state)
                self._go_on()
            case SegmentResult():
                self._show(self._kept_result(outcome, is_drawn_now=isinstance(self._job, SegmentJob)))
            case SendResult() if isinstance(self._job, SendJob) and self._job.profile is not None:
                self._on_sent(outcome, self._job.labels)
            case _ if self._replaces_kept and not self._reviews_kept:
                self._leave_lost_result(outcome)
            case _:
                if isinstance(outcome, Failure) and outcome.is_of_a_changed_study:
                    self.sequences = None  # what is here is no longer what the archive holds: next it is fetched again
                self._rest(self._resting_state)
                self._note_correction()  # somebody may have drawn while the job ran
                self._tell(outcome)

    def _tell(self, outcome: Outcome) -> None:
        match outcome:
            case Failure() if isinstance(self._job, SendJob):
                self._say_not_sent(outcome)
            case Failure() if isinstance(self._job, StudyJob):
                self._fail(outcome)
            case Failure():
                self.failed.emit(outcome)
            case ConnectionResult(checks):
                self.connection_checked.emit(checks)
            case SearchResult(studies):
                self.studies_found.emit(studies)
            case ListFolderResult():
                self.folder_listed.emit(outcome)
            case SendResult():
                self.rehearsed.emit(outcome)
            case CancelledByUser() if isinstance(self._job, SendJob) and self._job.profile is not None:
                what = outcome.what or _("The sending was stopped; nothing of it is in the archive.")
                self.noted.emit(what)
                self.stopped.emit(what)

    def _say_not_sent(self, failure: Failure) -> None:
        self.failed.emit(failure)
        self.refused.emit(failure)

    def _on_sent(self, result: SendResult, labels: Path) -> None:
        self._sent_version = result.version or 0
        self._review_began_s, self._correction_is_noted = self._clock(), False
        self._scene.mark_sent()
        result = self._noted_sending(result, labels)
        self._rest(PanelState.SENT)
        if self._scene.has_unsent:
            self.mark_edited()
            result = replace(result, notes=(*result.notes, _DRAWN_SINCE))
        self.sent.emit(result)

    def _on_prepared(self, result: PrepareResult) -> None:
        refusal = refusal_of(lambda: self._kept.write_prepared(result), self.folder)
        if refusal is not None:
            self._rest(self._resting_state)
            self._fail(refusal)
            return
        sequences = self._take_prepared(result)
        if self.result is not None:  # it was fetched again: what is reviewed stays until its user segments again
            sequences.follow(self.result)
            self._rest(self._resting_state)
            return
        self._rest(PanelState.PREPARED)
        if not sequences.questions() and not self.can_resume:
            self._segment(sequences)

    def _on_borrowed(self, borrowed: BorrowedSequence) -> None:
        assert self.sequences is not None
        sequences = self.sequences
        sequences.borrow(borrowed)
        self._rest(self._resting_state)
        if self._keeps(lambda: self._kept.write_prepared(sequences.prepared)):
            self.keep_choices()
