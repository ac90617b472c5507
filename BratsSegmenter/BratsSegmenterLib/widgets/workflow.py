"""The way of one study through the panel, from the archive and back; knows nothing of Qt."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.archive import StudyQuery, StudySummary
from BratsSegmenterLib.dicom import ResultObject
from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.job_results import (
    ConnectionResult,
    ListFolderResult,
    PrepareResult,
    PriorStudy,
    SearchResult,
    SegmentResult,
    SendResult,
)
from BratsSegmenterLib.jobs import (
    ConnectionJob,
    Job,
    ListFolderJob,
    PrepareJob,
    ResumeJob,
    SearchJob,
    SegmentJob,
    SendJob,
)
from BratsSegmenterLib.kept_study import KeptStudy, StudyState, study_folder
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.steps import StepRunner, Steps, at_once
from BratsSegmenterLib.versions import EarlierResult, next_version
from BratsSegmenterLib.widgets.choices import Connection, RunOptions, SendRequest
from BratsSegmenterLib.widgets.messages import CancelledByUser, Failure, Outcome
from BratsSegmenterLib.widgets.review_scene import ReviewScene
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.state import PanelState, busy_with


class Workflow:
    """Runs the jobs of one study in order and keeps what they found.

    Parameters
    ----------
    runner : JobRunner
        Runs one job at a time.
    scene : ReviewScene
    jobs_folder : Path
        Every study gets a folder of its own in it, named by a hash, so that a fetch can be resumed.
    ledger_folder : Path
        Where corrections are kept for good.
    ensure_dependencies : callable
        Installs what the network needs; called before the first run. Raises BratsSegmenterError.
    clock : callable
        Seconds since whenever; measures how long a person worked on a result.
    run_steps : StepRunner
        Takes the steps in which a result is shown.

    Attributes
    ----------
    earlier_results : tuple of EarlierResult
        The versions that the study carried when it was fetched, oldest first.
    foreign_regions : tuple of ResultObject
        The structure sets and SEGs of others that it carried then, oldest first.
    prior_studies : tuple of PriorStudy
        Earlier studies of the patient, oldest first.
    priors : tuple of PriorVolumes
        What earlier studies of the patient measured, oldest first.
    priors_changed : Signal
        Emitted without arguments.
    state_changed, progressed, failed, studies_found, folder_listed, connection_checked, sent, rehearsed : Signal
        Emitted without arguments, with a ProgressEvent, a Failure, the studies, a ListFolderResult, the checks, a
        SendResult that was stored, the SendResult of a dry run.
    """

    def __init__(
        self,
        runner: JobRunner,
        scene: ReviewScene,
        jobs_folder: Path,
        ledger_folder: Path,
        ensure_dependencies: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
        run_steps: StepRunner = at_once,
    ) -> None:
        self._runner = runner
        self._scene = scene
        self._jobs_folder = jobs_folder
        self._ledger_folder = ledger_folder
        self._ensure_dependencies = ensure_dependencies
        self._clock = clock
        self._run_steps = run_steps
        self._showing: Steps[None] | None = None
        self._being_shown: SegmentResult | None = None
        self._review_began_s = clock()
        self._correction_is_noted = False
        self._resting_state = PanelState.NO_STUDY
        self._files: tuple[Path, ...] | None = None
        self._connection: Connection | None = None
        self._options = RunOptions()
        self._job: Job | None = None
        self.state = PanelState.NO_STUDY
        self.study: StudySummary | None = None
        self.sequences: SequencesModel | None = None
        self.earlier_results: tuple[EarlierResult, ...] = ()
        self.prior_studies: tuple[PriorStudy, ...] = ()
        self.priors: tuple[PriorVolumes, ...] = ()
        self.foreign_regions: tuple[ResultObject, ...] = ()
        self._sent_version = 0
        self.result: SegmentResult | None = None
        self.state_changed = Signal()
        self.priors_changed = Signal()
        self.progressed = Signal()
        self.failed = Signal()
        self.studies_found = Signal()
        self.folder_listed = Signal()
        self.connection_checked = Signal()
        self.sent = Signal()
        self.rehearsed = Signal()
        runner.progressed.connect(self.progressed.emit)
        runner.ended.connect(self._on_ended)

    @property
    def folder(self) -> Path:
        """The chosen study's own folder."""
        assert self.study is not None
        return study_folder(self._jobs_folder, self.study.study_uid)

    @property
    def _kept(self) -> KeptStudy:
        return KeptStudy(self.folder)

    @property
    def is_corrected(self) -> bool:
        """Whether the segments hold corrections that were not sent."""
        return self.state is PanelState.REVIEW and self._scene.is_edited

    @property
    def can_run(self) -> bool:
        """Whether :meth:`run` has something to do: a study to fetch, or sequences to segment."""
        if self.sequences is not None:
            return self.sequences.can_segment()
        return self._connection is not None or self._files is not None

    @property
    def can_resume(self) -> bool:
        """Whether the study carries regions that can be taken up, ours or others'."""
        return bool(self.foreign_regions) or any(result.regions is not None for result in self.earlier_results)

    @property
    def next_version(self) -> int:
        """The version that the next sending will be, as far as is known here."""
        return max(next_version(self.earlier_results), self._sent_version + 1)

    def test_connection(self, connection: Connection) -> None:
        """Ask what works between here and the archive."""
        self._start(ConnectionJob(connection.profile), connection)

    def search(self, connection: Connection, query: StudyQuery) -> None:
        """Look for studies."""
        self._start(SearchJob(connection.profile, query), connection)

    def list_folder(self, folder: Path) -> None:
        """Look which studies lie in a folder of this computer."""
        self._start(ListFolderJob(folder))

    def choose_study(self, connection: Connection, study: StudySummary) -> None:
        """Work on a study of the archive from now on."""
        self._connection, self._files = connection, None
        self._take_up(study)

    def choose_files(self, study: StudySummary, files: tuple[Path, ...]) -> None:
        """Work on a study whose DICOM files lie among others on this computer from now on."""
        self._connection, self._files = None, files
        self._take_up(study)

    def open_kept(self) -> None:
        """Take up what the chosen study's folder keeps: its result, else its recognised sequences."""
        prepared, result = self._kept.prepared, self._kept.result
        if prepared is not None:
            self._show_sequences(prepared)
        if result is not None:
            self._show(result)

    def run(self, options: RunOptions) -> None:
        """Fetch and segment; stops in between when the sequences or earlier results leave something to decide."""
        if not self.has_dependencies():
            return
        self._options = options
        if self.sequences is None:
            self._prepare()
        else:
            self._segment(self.sequences)

    def resume(self, uid: str = "") -> None:
        """Take up regions that the study carries, the newest without a UID, in place of a segmentation."""
        if self.has_dependencies():
            self._start(ResumeJob(self.folder, uid))

    def fill_gaps(self) -> None:
        """Do again what missing slices stopped; the user agreed that they are interpolated."""
        if isinstance(self._job, ResumeJob):
            self._start(replace(self._job, resample_gaps=True))
        elif self.sequences is not None and self.can_run:
            self._segment(self.sequences, resample_gaps=True)

    def cancel(self) -> None:
        """Stop what runs; the state before returns as soon as it has stopped."""
        if self.state is PanelState.OPENING:
            self._stop_showing()
            self._rest(self._resting_state)
        else:
            self._runner.cancel()

    def send(self, request: SendRequest) -> None:
        """Write the segments as they are now as DICOM objects and store them in the study; a dry run stores nothing."""
        is_dry_run = request.connection is None
        try:
            labels = self._scene.export_labels(self.folder)
        except BratsSegmenterError as error:
            self.failed.emit(Failure.of(error))
            return
        job = SendJob(
            folder=self.folder,
            labels=labels.path,
            edited=labels.edited,
            formats=request.formats,
            profile=None if request.connection is None else request.connection.profile,
            reviewer=request.reviewer,
            approved=request.approved,
            ledger=None if is_dry_run else self._ledger_folder,
            minutes_spent=(self._clock() - self._review_began_s) / 60,
            contouring=request.contouring,
        )
        self._start(job, request.connection)

    def mark_edited(self) -> None:
        """The segments changed: what was sent is no longer what is shown."""
        if self.state is PanelState.SENT:
            self._rest(PanelState.REVIEW)
        if not self._correction_is_noted and self.is_corrected:
            self._correction_is_noted = True
            self._kept.write_state(StudyState.CORRECTED)

    def restore(self, study: StudySummary, result: SegmentResult) -> None:
        """Take up a study whose segments came with a saved scene."""
        self._connection = self._files = None
        self._take_up(study)
        self.result = result
        self._begin_review()

    def forget_study(self) -> None:
        """Stop what runs and begin anew, for a scene that is closed."""
        self._runner.shut_down()
        self._stop_showing()
        self._connection = self._files = self.study = self.result = self.sequences = None
        self.earlier_results, self.foreign_regions = (), ()
        self.take_priors(())
        self._rest(PanelState.NO_STUDY)

    def shut_down(self) -> None:
        """End what runs, for a module or an application that closes."""
        self._stop_showing()
        self._runner.shut_down()

    def _take_up(self, study: StudySummary) -> None:
        self._stop_showing()
        self.study, self.result, self.sequences = study, None, None
        self.earlier_results, self.foreign_regions, self._sent_version = (), (), 0
        self.take_priors(())
        self._rest(PanelState.STUDY_CHOSEN)

    def take_priors(self, studies: tuple[PriorStudy, ...]) -> None:
        """Keep what was found of earlier studies of the chosen study's patient, oldest first."""
        self.prior_studies = studies
        self.priors = tuple(study.volumes for study in studies if study.volumes is not None)
        self.priors_changed.emit()

    @property
    def connection(self) -> Connection | None:
        """The archive of the chosen study; None when its images are on this computer."""
        return self._connection

    def has_dependencies(self) -> bool:
        """Whether the network can run here; installs what it needs when the user agrees, else says what is missing."""
        try:
            self._ensure_dependencies()
        except BratsSegmenterError as error:
            self.failed.emit(Failure.of(error))
            return False
        return True

    def _prepare(self) -> None:
        if self._files is not None:
            job = PrepareJob(self.folder, listed=self._files)
        else:
            assert self._connection is not None
            assert self.study is not None
            job = PrepareJob(self.folder, self._connection.profile, self.study.study_uid)
        self._start(job, self._connection)

    def _segment(self, sequences: SequencesModel, resample_gaps: bool = False) -> None:
        options = self._options
        job = SegmentJob(
            self.folder,
            sequences.chosen_keys(),
            options.bundle,
            options.device,
            options.steps,
            resample_gaps,
            sequences.is_postoperative,
        )
        self._start(job)

    def _start(self, job: Job, connection: Connection | None = None) -> None:
        self._job, self.state = job, busy_with(job)
        secrets = connection.credentials.to_json() if connection is not None else {}
        self._runner.start(job, secrets)
        self.state_changed.emit()

    def _rest(self, state: PanelState) -> None:
        self.state = self._resting_state = state
        self.state_changed.emit()

    def _on_ended(self, outcome: Outcome) -> None:
        match outcome:
            case Failure():
                self._rest(self._resting_state)
                self.failed.emit(outcome)
            case CancelledByUser():
                self._rest(self._resting_state)
            case ConnectionResult(checks):
                self._rest(self._resting_state)
                self.connection_checked.emit(checks)
            case SearchResult(studies):
                self._rest(self._resting_state)
                self.studies_found.emit(studies)
            case ListFolderResult():
                self._rest(self._resting_state)
                self.folder_listed.emit(outcome)
            case PrepareResult():
                self._on_prepared(outcome)
            case SegmentResult():
                self._kept.write_result(outcome)
                self._kept.write_state(StudyState.SEGMENTED)
                self._show(outcome)
            case SendResult() if isinstance(self._job, SendJob) and self._job.profile is None:
                self._rest(self._resting_state)
                self.rehearsed.emit(outcome)
            case SendResult():
                self._sent_version = outcome.version or 0
                self._review_began_s = self._clock()
                self._kept.write_state(StudyState.SENT)
                self._correction_is_noted = False
                self._rest(PanelState.SENT)
                self.sent.emit(outcome)

    def _on_prepared(self, result: PrepareResult) -> None:
        self._kept.write_prepared(result)
        sequences = self._show_sequences(result)
        if not sequences.questions() and not self.can_resume:
            self._segment(sequences)

    def _show_sequences(self, result: PrepareResult) -> SequencesModel:
        self.sequences = SequencesModel(result)
        self.earlier_results, self.foreign_regions = result.results, result.others
        self._rest(PanelState.PREPARED)
        return self.sequences

    def _show(self, result: SegmentResult) -> None:
        assert self.study is not None
        self._being_shown = result
        self._showing = self._scene.showing(self.study, self.folder, result)
        self.state = PanelState.OPENING
        self.state_changed.emit()
        self._run_steps(self._show_more)

    def _show_more(self) -> bool:
        """One more step of showing a result; whether more are to come."""
        if self._showing is None:
            return False
        try:
            next(self._showing)
        except StopIteration:
            self._showing, self.result = None, self._being_shown
            self._scene.follow()
            self._begin_review()
        except BratsSegmenterError as error:
            self._showing = None
            self._on_ended(Failure.of(error))
        except Exception:
            self._showing = None
            self._rest(self._resting_state)
            raise
        return self._showing is not None

    def _stop_showing(self) -> None:
        if self._showing is not None:
            self._showing.close()
            self._showing = None

    def _begin_review(self) -> None:
        self._review_began_s, self._correction_is_noted = self._clock(), False
        self._rest(PanelState.REVIEW)
