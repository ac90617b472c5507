"""How far the work on any study is: in the user's own hands, in the queue, or in its job folder."""

from __future__ import annotations

from BratsSegmenterLib.study import StudyState
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_AT_WORK = {
    PanelState.PREPARING: StudyState.FETCHING,
    PanelState.SEGMENTING: StudyState.SEGMENTING,
    PanelState.RESUMING: StudyState.SEGMENTING,
}


class StudyStates:
    """Watches workflow and queue.

    Parameters
    ----------
    workflow : Workflow
    queue : QueueRunner
    """

    def __init__(self, workflow: Workflow, queue: QueueRunner) -> None:
        self._workflow = workflow
        self._queue = queue
        self._failures: dict[str, str] = {}
        workflow.study_failed.connect(self._remember)
        workflow.state_changed.connect(self._forget)

    def of(self, study_uid: str) -> tuple[StudyState, str]:
        """The state of a study, and why it stopped there; no reason where there is none to give."""
        study = self._workflow.study
        if study is not None and study.study_uid == study_uid and self._workflow.state in _AT_WORK:
            return _AT_WORK[self._workflow.state], ""
        if study_uid in self._failures:
            return StudyState.FAILED, self._failures[study_uid]
        try:
            return self._queue.state_of(study_uid)
        except OSError as error:  # a share that is gone must not keep the list from being shown
            return StudyState.FAILED, _("What is kept of it cannot be read: {reason}.").format(reason=error.strerror)

    def _remember(self, failure: Failure) -> None:
        """Why the chosen study could not be fetched, segmented or opened, while nothing of it is reviewed."""
        if self._workflow.study is not None and self._workflow.result is None:
            self._failures[self._workflow.study.study_uid] = failure.sentence

    def _forget(self) -> None:
        """A study that is worked on again has not failed yet."""
        if self._workflow.study is not None and self._workflow.state in (*_AT_WORK, PanelState.REVIEW):
            self._failures.pop(self._workflow.study.study_uid, None)
