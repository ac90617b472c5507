"""Looks beside whatever else runs for what other studies of the patient hold, as soon as a study is known."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.job_results import ElsewhereResult, LocalStudy, PriorsResult
from BratsSegmenterLib.jobs import ElsewhereJob, Job, PriorsJob
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure, Outcome

_A_STUDY_IS_KNOWN = (PanelState.PREPARED, PanelState.REVIEW)


class PriorsFinder:
    """Asks once for each study and hands what was found to the workflow: missing sequences first, then earlier results.

    Earlier results are looked for in an archive only. One that does not answer leaves the study without any, which is
    said where they would be listed and interrupts nobody: they are a help, not a need.

    Parameters
    ----------
    workflow : Workflow
    runner : JobRunner
        Its own, so that nothing waits for it.
    folder : Path
        Where the results of earlier studies are kept.
    others_of : callable
        The other studies of a study's patient on this computer.
    """

    def __init__(
        self,
        workflow: Workflow,
        runner: JobRunner,
        folder: Path,
        others_of: Callable[[StudySummary], tuple[LocalStudy, ...]],
    ) -> None:
        self._workflow = workflow
        self._runner = runner
        self._folder = folder
        self._others_of = others_of
        self._asked_for = ""
        self._jobs: list[Job] = []
        self._running: Job | None = None
        workflow.state_changed.connect(self._look)
        runner.ended.connect(self._on_ended)

    def shut_down(self) -> None:
        """End the worker."""
        self._jobs = []
        self._runner.shut_down()

    def _look(self) -> None:
        study = self._workflow.study
        if study is None or self._workflow.state is PanelState.STUDY_CHOSEN:
            self._asked_for = ""
            return
        is_due = self._workflow.state in _A_STUDY_IS_KNOWN and study.study_uid != self._asked_for
        if is_due and study.patient_id:
            self.shut_down()  # of the study before
            self._asked_for = study.study_uid
            self._jobs = self._jobs_for(study)
            self._start_next()

    def _jobs_for(self, study: StudySummary) -> list[Job]:
        connection, sequences = self._workflow.connection, self._workflow.sequences
        missing = sequences.missing if sequences is not None else ()
        if connection is not None:
            priors = PriorsJob(self._folder, connection.profile, study)
            return [ElsewhereJob(study, missing, connection.profile), priors] if missing else [priors]
        others = self._others_of(study)
        return [ElsewhereJob(study, missing, others=others)] if missing and others else []

    def _start_next(self) -> None:
        if self._jobs:
            connection = self._workflow.connection
            self._running = self._jobs.pop(0)
            self._runner.start(self._running, connection.credentials.to_json() if connection is not None else {})

    def _on_ended(self, outcome: Outcome) -> None:
        study = self._workflow.study
        if study is None or study.study_uid != self._asked_for:
            return
        match outcome:
            case ElsewhereResult(offers):
                self._workflow.take_offers(offers)
            case PriorsResult(studies):
                self._workflow.take_priors(studies)
            case Failure() if isinstance(self._running, PriorsJob):
                self._workflow.take_priors((), outcome.sentence)
        self._start_next()
