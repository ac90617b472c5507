"""Looks for earlier studies of the patient beside whatever else runs, as soon as a study is known."""

from __future__ import annotations

from pathlib import Path

from BratsSegmenterLib.job_results import PriorsResult
from BratsSegmenterLib.jobs import PriorsJob
from BratsSegmenterLib.widgets.messages import Outcome
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow

_A_STUDY_IS_KNOWN = (PanelState.PREPARED, PanelState.REVIEW)


class PriorsFinder:
    """Asks the archive once for each study of it and hands what was found to the workflow.

    An archive that does not answer leaves the study without priors and says nothing: they are a help, not a need.

    Parameters
    ----------
    workflow : Workflow
    runner : JobRunner
        Its own, so that nothing waits for it.
    folder : Path
        Where the results of earlier studies are kept.
    """

    def __init__(self, workflow: Workflow, runner: JobRunner, folder: Path) -> None:
        self._workflow = workflow
        self._runner = runner
        self._folder = folder
        self._asked_for = ""
        workflow.state_changed.connect(self._look)
        runner.ended.connect(self._on_ended)

    def shut_down(self) -> None:
        """End the worker."""
        self._runner.shut_down()

    def _look(self) -> None:
        study, connection = self._workflow.study, self._workflow.connection
        if study is None:
            self._asked_for = ""
            return
        is_due = self._workflow.state in _A_STUDY_IS_KNOWN and study.study_uid != self._asked_for
        if is_due and connection is not None and study.patient_id:
            self._runner.shut_down()  # of the study before
            self._asked_for = study.study_uid
            job = PriorsJob(self._folder, connection.profile, study)
            self._runner.start(job, connection.credentials.to_json())

    def _on_ended(self, outcome: Outcome) -> None:
        study = self._workflow.study
        if isinstance(outcome, PriorsResult) and study is not None and study.study_uid == self._asked_for:
            self._workflow.take_priors(outcome.studies)
