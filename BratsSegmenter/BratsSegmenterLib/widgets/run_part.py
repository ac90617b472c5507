"""Part 4: the one button, and beside it the ways on from an earlier result."""

from __future__ import annotations

from collections.abc import Callable, Collection

from slicer.i18n import tr as _

from BratsSegmenterLib.domain import PreprocessingSteps
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE, PUBLISHED, available_bundles, missing_model
from BratsSegmenterLib.widgets.choices import RunOptions
from BratsSegmenterLib.widgets.earlier_part import EarlierPart
from BratsSegmenterLib.widgets.part import Part, tab_before
from BratsSegmenterLib.widgets.preferences import ALL_PREFERENCES, Preference, Preferences
from BratsSegmenterLib.widgets.workflow import Workflow

DEVICES = (
    ("auto", _("best device")),
    ("cuda", _("graphics card (CUDA)")),
    ("mps", _("graphics card (Apple)")),
    ("cpu", _("processor")),
)


class RunPart(Part):
    """Starts what comes next: open, fetch and segment, segment, fetch or segment again, or take up an earlier result.

    A study whose folder keeps a result is opened; a second button below segments it anew instead.

    Parameters
    ----------
    workflow : Workflow
    preferences : Preferences
    may_replace : callable
        Whether the result at hand, if any, may make way for another one.
    """

    def __init__(self, workflow: Workflow, preferences: Preferences, may_replace: Callable[[], bool]) -> None:
        super().__init__("RunPart")
        self._workflow = workflow
        self._preferences = preferences
        self._may_replace = may_replace
        for _key, text in DEVICES:
            self.ui.deviceSelector.addItem(text)
        for name in sorted({*available_bundles(), *(model.name for model in PUBLISHED)}):
            self.ui.modelSelector.addItem(_model_text(name), name)
        self._run_hint = self.ui.runButton.toolTip
        self._open_hint = _("Show the result that is kept on this computer, with your corrections")
        self.take_preferences()
        self.ui.advancedButton.collapsed = True
        self.ui.runButton.clicked.connect(self._go_on)
        self.ui.anewButton.clicked.connect(self._run)
        self.earlier = EarlierPart(workflow, may_replace)
        self.column.insertWidget(0, self.earlier.widget)
        tab_before(self.ui.runButton, (self.earlier.ui.resultSelector, self.earlier.ui.resumeButton))

    def update(self) -> None:
        """Name the button after what it would do now."""
        is_busy = self._workflow.state.is_busy
        can_open = self._workflow.can_open
        self.ui.runButton.setEnabled(not is_busy and (can_open or self._workflow.can_run))
        self.ui.runButton.setText(_("Open") if can_open else self._run_text())
        self.ui.runButton.setToolTip(self._open_hint if can_open else self._run_hint)
        self.ui.anewButton.setVisible(can_open and self._workflow.can_run)
        self.ui.deviceSelector.setEnabled(not is_busy)
        self.ui.advancedButton.setEnabled(not is_busy)
        for place in range(self.ui.modelSelector.count):
            self.ui.modelSelector.setItemText(place, _model_text(self.ui.modelSelector.itemData(place)))
        self.earlier.update()

    def take_preferences(self, changed: Collection[Preference] = ALL_PREFERENCES) -> None:
        """Choose the model and the device that the user prefers, where her preference changed."""
        if Preference.BUNDLE in changed:
            names = self._preferences.bundle, DEFAULT_BUNDLE
            preferred, shipped = (self.ui.modelSelector.findData(name) for name in names)
            self.ui.modelSelector.setCurrentIndex(preferred if preferred >= 0 else max(shipped, 0))
        if Preference.DEVICE in changed:
            devices = [key for key, _text in DEVICES]
            self.ui.deviceSelector.setCurrentIndex(devices.index(self._preferences.device))

    def _run_text(self) -> str:
        is_fetched = self._workflow.sequences is not None
        if self._workflow.result is not None:
            return _("Segment again") if is_fetched else _("Fetch again")
        return _("Segment") if is_fetched else _("Fetch and segment")

    @property
    def options(self) -> RunOptions:
        """Model, device and steps as chosen now."""
        device, _text = DEVICES[self.ui.deviceSelector.currentIndex]
        return RunOptions(self._chosen_model, device, self._steps())

    @property
    def _chosen_model(self) -> str:
        return str(self.ui.modelSelector.itemData(self.ui.modelSelector.currentIndex))

    def _go_on(self) -> None:
        if self._workflow.can_open:
            self._workflow.open_kept()
        else:
            self._run()

    def _run(self) -> None:
        only_fetches = self._workflow.result is not None and self._workflow.sequences is None
        if only_fetches or self._may_replace():
            self._workflow.run(self.options)

    def _steps(self) -> PreprocessingSteps:
        return PreprocessingSteps(
            registration=self.ui.registrationBox.checked,
            bias_correction=self.ui.biasCorrectionBox.checked,
            brain_mask=self.ui.brainMaskBox.checked,
        )


def _model_text(name: str) -> str:
    """What the user reads for a model: whether it has to be downloaded first, and how large it is."""
    model = missing_model(name)
    if model is None:
        return name
    return _("{name} (to be downloaded, {size} MB)").format(name=name, size=round(model.size_bytes / 1e6))
