"""The strip at the top of the panel that shows what runs, how far it is, and stops it."""

from __future__ import annotations

from slicer.i18n import tr as _

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.part import load_ui
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow

_WORK = {
    PanelState.TESTING_CONNECTION: _("Testing the connection"),
    PanelState.SEARCHING: _("Searching"),
    PanelState.PREPARING: _("Fetching and recognising"),
    PanelState.SEGMENTING: _("Segmenting"),
    PanelState.RESUMING: _("Opening the earlier result"),
    PanelState.SENDING: _("Sending"),
    PanelState.OPENING: _("Showing the result"),
}


class ProgressStrip:
    """Visible while a job runs."""

    def __init__(self, workflow: Workflow) -> None:
        self.widget, self.ui = load_ui("ProgressStrip")
        self._workflow = workflow
        self.ui.cancelButton.clicked.connect(self._cancel)
        workflow.progressed.connect(self._show_progress)

    def update(self) -> None:
        """Begin anew with each job."""
        state = self._workflow.state
        self.widget.setVisible(state.is_busy)
        self.ui.cancelButton.setEnabled(state.is_busy)
        self.ui.progressBar.setValue(0)
        self.ui.stageLabel.setText(_WORK.get(state, ""))

    def _cancel(self) -> None:
        self.ui.cancelButton.setEnabled(False)
        self.ui.stageLabel.setText(_("Cancelling…"))
        self._workflow.cancel()

    def _show_progress(self, event: ProgressEvent) -> None:
        if self.ui.cancelButton.enabled:
            work = _WORK.get(self._workflow.state, "")
            self.ui.stageLabel.setText(": ".join(filter(None, (work, event.stage, event.message))))
            self.ui.progressBar.setValue(round(event.fraction * self.ui.progressBar.maximum))
