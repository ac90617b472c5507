"""Part 4: the one button."""

from __future__ import annotations

from slicer.i18n import tr as _

from BratsSegmenterLib.widgets.choices import RunOptions
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.workflow import Workflow

_DEVICES = (
    ("auto", _("best device")),
    ("cuda", _("graphics card (CUDA)")),
    ("mps", _("graphics card (Apple)")),
    ("cpu", _("processor")),
)


class RunPart(Part):
    """Starts what comes next: fetch and segment, segment, or segment again."""

    def __init__(self, workflow: Workflow) -> None:
        super().__init__("RunPart")
        self._workflow = workflow
        for _key, text in _DEVICES:
            self.ui.deviceSelector.addItem(text)
        self.ui.runButton.clicked.connect(self._run)

    def update(self) -> None:
        """Name the button after what it would do now."""
        is_busy = self._workflow.state.is_busy
        self.ui.runButton.setEnabled(not is_busy and self._workflow.can_run)
        self.ui.runButton.setText(self._run_text())
        self.ui.deviceSelector.setEnabled(not is_busy)

    def _run_text(self) -> str:
        if self._workflow.result is not None:
            return _("Segment again")
        return _("Fetch and segment") if self._workflow.sequences is None else _("Segment")

    def _run(self) -> None:
        self._workflow.run(RunOptions(device=_DEVICES[self.ui.deviceSelector.currentIndex][0]))
