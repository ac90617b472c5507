"""Part 4: the one button, the progress of what it started, and cancel."""

from __future__ import annotations

from slicer.i18n import tr as _

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import RunOptions, Workflow

_DEVICES = (
    ("auto", _("automatic")),
    ("cuda", _("graphics card (CUDA)")),
    ("mps", _("graphics card (Apple)")),
    ("cpu", _("processor")),
)
_BUSY_TEXTS = {
    PanelState.TESTING_CONNECTION: _("Testing the connection"),
    PanelState.SEARCHING: _("Searching"),
    PanelState.PREPARING: _("Fetching"),
    PanelState.SEGMENTING: _("Segmenting"),
    PanelState.SENDING: _("Sending"),
}


class RunPart(Part):
    """Starts and cancels; shows the stage and how far it is."""

    def __init__(self, workflow: Workflow) -> None:
        super().__init__("RunPart")
        self._workflow = workflow
        for _key, text in _DEVICES:
            self.ui.deviceSelector.addItem(text)
        self.ui.runButton.clicked.connect(self._run)
        self.ui.cancelButton.clicked.connect(self._cancel)
        workflow.progressed.connect(self._show_progress)

    def update(self) -> None:
        """Name the button after what it would do now."""
        state, sequences = self._workflow.state, self._workflow.sequences
        can_run = self._workflow.study is not None and (sequences is None or sequences.can_segment())
        self.ui.runButton.setEnabled(not state.is_busy and can_run)
        self.ui.runButton.setText(self._run_text())
        self.ui.cancelButton.setEnabled(state.is_busy)
        self.ui.deviceSelector.setEnabled(not state.is_busy)
        self.ui.progressBar.setValue(0)
        self.ui.stageLabel.setText(_BUSY_TEXTS.get(state, ""))

    def _run_text(self) -> str:
        if self._workflow.sequences is None:
            return _("Fetch and segment")
        return _("Segment") if self._workflow.result is None else _("Segment again")

    def _run(self) -> None:
        self._workflow.run(RunOptions(device=_DEVICES[self.ui.deviceSelector.currentIndex][0]))

    def _cancel(self) -> None:
        self.ui.cancelButton.setEnabled(False)
        self.ui.stageLabel.setText(_("Cancelling…"))
        self._workflow.cancel()

    def _show_progress(self, event: ProgressEvent) -> None:
        if self.ui.cancelButton.enabled:
            self.ui.stageLabel.setText(f"{event.stage}: {event.message}" if event.message else event.stage)
            self.ui.progressBar.setValue(round(event.fraction * self.ui.progressBar.maximum))
