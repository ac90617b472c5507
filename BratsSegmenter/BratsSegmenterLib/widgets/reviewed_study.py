"""The study at hand in the scene: taken up, opened, reviewed, left; knows nothing of jobs."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.steps import StepRunner, at_once
from BratsSegmenterLib.study import StudyState
from BratsSegmenterLib.widgets.choices import Connection
from BratsSegmenterLib.widgets.opening import Opening
from BratsSegmenterLib.widgets.outcomes import about_lost_result, refusal_of
from BratsSegmenterLib.widgets.review_scene import ReviewScene
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.study_at_hand import StudyAtHand
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.worker_messages import Failure, Outcome


class ReviewedStudy(StudyAtHand):
    """Shows a result of the chosen study, and knows whether it was corrected.

    Parameters
    ----------
    scene : ReviewScene
    jobs_folder : Path
        With a folder for each study.
    clock : callable
        Seconds since whenever; measures how long a person worked on a result.
    run_steps : StepRunner
        Takes the steps in which a result is shown.

    Attributes
    ----------
    state : PanelState
    state_changed, failed : Signal
        Emitted without arguments, with a Failure.
    study_failed : Signal
        Emitted with the Failure of a job on the chosen study, or of what is kept of it, before :attr:`failed`.
    noted : Signal
        Emitted with a sentence that the user should know.
    """

    def __init__(
        self,
        scene: ReviewScene,
        jobs_folder: Path,
        clock: Callable[[], float] = time.monotonic,
        run_steps: StepRunner = at_once,
    ) -> None:
        super().__init__(jobs_folder)
        self._scene = scene
        self._clock = clock
        self._opening = Opening(scene, run_steps)
        self._review_began_s = clock()
        self._correction_is_noted = self._passes_over_kept = False
        self._resting_state = PanelState.NO_STUDY
        self.state = PanelState.NO_STUDY
        self.state_changed = Signal()
        self.failed = Signal()
        self.study_failed = Signal()
        self.noted = Signal()
        self._opening.ended.connect(self._on_opened)

    @property
    def can_open(self) -> bool:
        """Whether the chosen study's folder keeps a result to begin with: not once another one was asked for."""
        waits = self.study is not None and self.result is None and not self._passes_over_kept
        return waits and not self.state.is_busy and self._kept.result is not None

    @property
    def state_of_study(self) -> PanelState:
        """As :attr:`state`, but for a job that is not about the study: then the state that returns when it ends."""
        return self._resting_state if self.state.is_about_no_study else self.state

    @property
    def is_corrected(self) -> bool:
        """Whether the segments hold corrections that were not sent."""
        return self.state is PanelState.REVIEW and self._scene.has_unsent

    def choose_study(self, connection: Connection, study: StudySummary) -> None:
        """Work on a study of the archive from now on."""
        self._leave_for(study, connection=connection)

    def choose_files(self, study: StudySummary, files: tuple[Path, ...], came_from: str = "") -> None:
        """Work on a study whose DICOM files lie among others on this computer from now on.

        Without files on what is kept of a study that came from the archive of that name, which is gone.
        """
        self._leave_for(study, files=files, came_from=came_from)

    def open_kept(self) -> None:
        """Take up what the chosen study's folder keeps: its result, else its recognised sequences."""
        result = self._kept.result
        self._take_kept(result)
        if self.sequences is not None:
            self._rest(PanelState.PREPARED)
        if result is not None:
            self._show(result)

    def restore(self, study: StudySummary, result: SegmentResult) -> None:
        """Take up a study whose segments came with a saved scene."""
        self._take_up(study)
        self._take_kept(result)
        self.result = result
        self._begin_review(is_corrected=False)  # what its segments are is told once they are measured

    def mark_edited(self) -> None:
        """The segments changed: what was sent is no longer what is shown."""
        if self._resting_state is PanelState.SENT:
            self._resting_state = PanelState.REVIEW
            if not self.state.is_busy:
                self._rest(PanelState.REVIEW)
        self._note_correction()

    def keep_choices(self) -> None:
        """Keep what was decided about the sequences, for who leaves the study or queues it; a result has its own."""
        if self.sequences is not None and self.result is None:
            choices = self.sequences.choices
            self._keeps(lambda: self._kept.write_choices(choices))

    def _leave_for(
        self,
        study: StudySummary,
        connection: Connection | None = None,
        files: tuple[Path, ...] = (),
        came_from: str = "",
    ) -> None:
        self._scene.leave()
        self._take_up(study, connection, files, came_from)
        self._scene.clear_away()

    def _take_up(
        self,
        study: StudySummary,
        connection: Connection | None = None,
        files: tuple[Path, ...] = (),
        came_from: str = "",
    ) -> None:
        self._opening.stop()
        self._choose(study, connection, files, came_from)
        self._passes_over_kept = False
        self._rest(PanelState.STUDY_CHOSEN)

    def _rest(self, state: PanelState) -> None:
        self.state = self._resting_state = state
        self.state_changed.emit()

    def _show(self, result: SegmentResult) -> None:
        assert self.study is not None
        self.state = PanelState.OPENING
        self.state_changed.emit()
        self._opening.begin(self.study, self.folder, result)

    def _on_opened(self, outcome: SegmentResult | Failure | None) -> None:
        if isinstance(outcome, SegmentResult):
            self._review(outcome)
            return
        self._passes_over_kept = True  # it cannot be shown, this time or ever: the way to another one is free
        self._rest_unopened()
        if outcome is not None:
            self._fail(outcome)

    def _review(self, result: SegmentResult) -> None:
        self.result = result
        try:
            self._scene.follow()
        except BratsSegmenterError as error:
            self._give_up_result(Failure.of(error))
        except Exception as error:
            advice = _("Open the study again; if that does not help, segment it again.")
            self._give_up_result(Failure(_("The result cannot be measured."), advice, str(error)))
            raise
        else:
            self._begin_review(is_corrected=self._scene.has_unsent)

    def _give_up_result(self, failure: Failure) -> None:
        """A result that is shown and cannot be followed is none to review; the one before it is out of the views."""
        self._passes_over_kept = True
        self._leave_result()
        self._fail(failure)

    def _fail(self, failure: Failure) -> None:
        self.study_failed.emit(failure)
        self.failed.emit(failure)

    def _rest_unopened(self) -> None:
        """Nothing came to be shown; what was reviewed before is not that which the folder holds now."""
        if self.result is None:
            self._rest(self._resting_state)
        else:
            self._leave_result()

    def _leave_result(self) -> None:
        self._scene.leave()
        self.result = None
        self._rest(PanelState.STUDY_CHOSEN if self.sequences is None else PanelState.PREPARED)
        self._scene.clear_away()

    @property
    def _reviews_kept(self) -> bool:
        """Whether the folder keeps a result, maybe a newer one, beside what is reviewed."""
        return self.result is not None and self._kept.result is not None

    def _leave_lost_result(self, outcome: Outcome) -> None:
        """The files of what was reviewed made way for a result that did not come: sent, it could go by its name."""
        self._leave_result()
        lost = about_lost_result(self.folder)
        if isinstance(outcome, Failure):
            self._fail(replace(outcome, advice=f"{outcome.advice} {lost}".strip()))
        else:
            self.noted.emit(lost)

    def _begin_review(self, is_corrected: bool) -> None:
        self._review_began_s, self._correction_is_noted = self._clock(), is_corrected
        self._rest(PanelState.REVIEW)
        self._scene.clear_away()

    def _note_correction(self) -> None:
        """The study is a corrected one from the first edit on, until the last one is undone."""
        is_corrected = self._scene.has_unsent
        if self.state is not PanelState.REVIEW or is_corrected == self._correction_is_noted:
            return
        settled = StudyState.SENT if self._scene.was_sent else StudyState.SEGMENTED
        state = StudyState.CORRECTED if is_corrected else settled
        if self._keeps(lambda: self._kept.write_state(state, self._kept.progress.question)):
            self._correction_is_noted = is_corrected
            self.state_changed.emit()  # the work list says how far the study is

    def _keeps(self, write: Callable[[], None]) -> bool:
        """Keep a record, or say why the disk refuses; whether it is kept."""
        refusal = refusal_of(write, self.folder)
        if refusal is not None:
            self.failed.emit(refusal)
        return refusal is None
