"""The page of settings: what a new study begins with, and the disk that studies take."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.job_results import StorageResult
from BratsSegmenterLib.jobs import StorageJob
from BratsSegmenterLib.segmentation import available_bundles
from BratsSegmenterLib.widgets.format_boxes import format_boxes
from BratsSegmenterLib.widgets.part import load_ui
from BratsSegmenterLib.widgets.preferences import Preferences
from BratsSegmenterLib.widgets.run_part import DEVICES
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.settings_model import storage_text
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure, Outcome


class SettingsPage:
    """A change reaches the panel at once, and can be taken back; the disk is looked after in a worker of its own.

    Parameters
    ----------
    preferences : Preferences
    runner : JobRunner
    workflow : Workflow
        Whose study is never deleted.
    studies_folder : Path
        Where studies are kept.

    Attributes
    ----------
    changed : Signal
        Emitted with each :class:`Preference` that the user changed; never because she merely left a field.
    """

    def __init__(self, preferences: Preferences, runner: JobRunner, workflow: Workflow, studies_folder: Path) -> None:
        self.widget, self.ui = load_ui("SettingsPage")
        self._preferences = preferences
        self._runner = runner
        self._workflow = workflow
        self._studies_folder = studies_folder
        self.changed = Signal()
        self.format_boxes = format_boxes(self.ui.formatsAtStartFrame, "AtStartBox", self._keep_formats)
        for name in available_bundles():
            self.ui.bundleSelector.addItem(name)
        for _key, text in DEVICES:
            self.ui.startDeviceSelector.addItem(text)
        self.ui.folderEdit.setText(str(studies_folder))
        self.ui.ledgerEdit.setText(str(workflow.ledger_folder))
        self.take_preferences()
        self.ui.signatureEdit.editingFinished.connect(self._keep_reviewer)
        self.ui.bundleSelector.currentIndexChanged.connect(self._keep_bundle)
        self.ui.startDeviceSelector.currentIndexChanged.connect(self._keep_device)
        self.ui.folderButton.clicked.connect(self._show_folder)
        self.ui.measureButton.clicked.connect(self._measure)
        self.ui.deleteButton.clicked.connect(self._delete)
        runner.ended.connect(self._on_ended)

    def take_preferences(self) -> None:
        """Show what the user prefers, which other parts of the panel may have learned; it is not taken back."""
        preferences = self._preferences
        self.accept()
        widgets = (*self.format_boxes.values(), self.ui.bundleSelector, self.ui.startDeviceSelector)
        for widget in widgets:
            widget.blockSignals(True)
        for key, box in self.format_boxes.items():
            box.setChecked(key in preferences.formats)
        self.ui.signatureEdit.setText(preferences.reviewer)
        self.ui.bundleSelector.setCurrentIndex(max(self.ui.bundleSelector.findText(preferences.bundle), 0))
        self.ui.startDeviceSelector.setCurrentIndex([key for key, _text in DEVICES].index(preferences.device))
        for widget in widgets:
            widget.blockSignals(False)

    def accept(self) -> None:
        """What was changed stays."""
        self._accepted = self._preferences.values

    def reject(self) -> None:
        """Take back what was changed since it was last accepted."""
        with self._telling_changes():
            self._preferences.values = self._accepted
            self.take_preferences()

    def shut_down(self) -> None:
        """End a clean-up, for a module or an application that closes."""
        self._runner.shut_down()

    def _keep_formats(self) -> None:
        with self._telling_changes():
            self._preferences.formats = tuple(key for key, box in self.format_boxes.items() if box.checked)

    def _keep_reviewer(self) -> None:
        with self._telling_changes():
            self._preferences.reviewer = self.ui.signatureEdit.text.strip()

    def _keep_bundle(self) -> None:
        with self._telling_changes():
            self._preferences.bundle = self.ui.bundleSelector.currentText

    def _keep_device(self) -> None:
        with self._telling_changes():
            self._preferences.device = DEVICES[self.ui.startDeviceSelector.currentIndex][0]

    @contextmanager
    def _telling_changes(self) -> Iterator[None]:
        before = self._preferences.values
        yield
        changed = self._preferences.changed_since(before)
        if changed:
            self.changed.emit(changed)

    def _show_folder(self) -> None:
        self._studies_folder.mkdir(parents=True, exist_ok=True)
        qt.QDesktopServices.openUrl(qt.QUrl.fromLocalFile(str(self._studies_folder)))

    def _measure(self) -> None:
        self._look_after(None)

    def _delete(self) -> None:
        days = self.ui.daysBox.value
        question = _(
            "Delete all fetched studies that nobody touched for {days} days? Unsent corrections, what waits to be sent,"
            " receipts and the ledger stay."
        ).format(days=days)
        if slicer.util.confirmOkCancelDisplay(question, windowTitle=_("Delete old studies")):
            self._look_after(float(days))

    def _look_after(self, delete_older_than_days: float | None) -> None:
        in_use = () if self._workflow.study is None else (self._workflow.folder.name,)
        self._runner.start(StorageJob(self._studies_folder, delete_older_than_days, in_use), {})
        self.ui.storageLabel.setText(_("Looking..."))
        self._show_state()

    def _on_ended(self, outcome: Outcome) -> None:
        match outcome:
            case StorageResult():
                self.ui.storageLabel.setText(storage_text(outcome))
            case Failure():
                self.ui.storageLabel.setText(outcome.sentence)
            case _:
                self.ui.storageLabel.setText("")
        self._show_state()

    def _show_state(self) -> None:
        for button in (self.ui.measureButton, self.ui.deleteButton):
            button.setEnabled(not self._runner.is_running)
