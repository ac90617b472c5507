"""The strip at the top of the panel that shows what runs, how far it is, and stops it."""

from __future__ import annotations

from slicer.i18n import tr as _

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.part import load_ui
from BratsSegmenterLib.widgets.remaining_time import RemainingTime, StageTimes, readable
from BratsSegmenterLib.widgets.stage_names import stage_name
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow

_WORK = {
    PanelState.TESTING_CONNECTION: _("Testing the connection"),
    PanelState.SEARCHING: _("Searching"),
    PanelState.DOWNLOADING: _("Downloading the model"),
    PanelState.PREPARING: _("Fetching and recognising"),
    PanelState.SEGMENTING: _("Segmenting"),
    PanelState.RESUMING: _("Opening the earlier result"),
    PanelState.REHEARSING: _("Dry run"),
    PanelState.SENDING: _("Sending"),
    PanelState.OPENING: _("Showing the result"),
}


class ProgressStrip:
    """Grey between jobs instead of hidden, so that nothing moves under the mouse when one begins or ends.

    Parameters
    ----------
    workflow : Workflow
    stage_times : StageTimes
        What the jobs before took; the remaining time goes by it.
    """

    def __init__(self, workflow: Workflow, stage_times: StageTimes) -> None:
        self.widget, self.ui = load_ui("ProgressStrip")
        self._workflow = workflow
        self._stage_times = stage_times
        self._remaining: RemainingTime | None = None
        self._job = ""
        self.ui.cancelButton.clicked.connect(self._cancel)
        workflow.progressed.connect(self._show_progress)

    def update(self) -> None:
        """Begin anew with each job."""
        state = self._workflow.state
        if self._remaining is not None:
            self._stage_times.keep(self._job, self._remaining.finished)
        self._job = state.name
        self._remaining = RemainingTime(self._stage_times.of(self._job)) if state.is_busy else None
        self.widget.setEnabled(state.is_busy)
        self.ui.cancelButton.setEnabled(state.is_busy)
        self.ui.progressBar.setValue(0)
        self.ui.timeLabel.setText("")
        self._say(_WORK.get(state, _("Nothing runs")))

    def _cancel(self) -> None:
        self.ui.cancelButton.setEnabled(False)
        self._say(_("Cancelling…"))
        self._workflow.cancel()

    def _show_progress(self, event: ProgressEvent) -> None:
        if self._remaining is None:
            return
        self._remaining.observe(event)
        if self.ui.cancelButton.enabled:
            work = _WORK.get(self._workflow.state, "")
            self._say(": ".join(filter(None, (work, stage_name(event.stage), event.message))))
            left_s = self._remaining.seconds
            self.ui.timeLabel.setText("" if left_s is None else readable(left_s))
            self.ui.progressBar.setValue(round(self._remaining.fraction * self.ui.progressBar.maximum))

    def _say(self, what: str) -> None:
        self.ui.stageLabel.setText(what)
        self.ui.stageLabel.setToolTip(what)  # the label is as narrow as the panel
