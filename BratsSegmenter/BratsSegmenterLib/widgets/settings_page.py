"""The page of settings: what a new study begins with, and the disk that studies take."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.job_results import StorageResult
from BratsSegmenterLib.jobs import StorageJob
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE, available_bundles
from BratsSegmenterLib.widgets.format_boxes import format_boxes
from BratsSegmenterLib.widgets.part import load_ui
from BratsSegmenterLib.widgets.preferences import (
    FORMATS_AT_FIRST,
    Preference,
    Preferences,
    format_key,
    preference_of,
)
from BratsSegmenterLib.widgets.run_part import DEVICES
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.settings_model import storage_text
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure, Outcome


@dataclass(frozen=True)
class Setting:
    """A property of a widget that Slicer's settings dialog keeps, takes back and puts back to what it was at first.

    Attributes
    ----------
    key : str
        In the settings.
    widget : QWidget
    property_name : str
        Its Qt property, which is what is kept.
    signal : str
        Signature of the Qt signal that tells of a change of the property.
    """

    key: str
    widget: Any
    property_name: str
    signal: str


class SettingsPage:
    """What a new study begins with is kept by Slicer's dialog; the disk is looked after in a worker of its own.

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
        Emitted with each :class:`Preference` that changed, at once.
    """

    def __init__(self, preferences: Preferences, runner: JobRunner, workflow: Workflow, studies_folder: Path) -> None:
        self.widget, self.ui = load_ui("SettingsPage")
        self._runner = runner
        self._workflow = workflow
        self._studies_folder = studies_folder
        self.changed = Signal()
        self.format_boxes = format_boxes(self.ui.formatsAtStartFrame, "AtStartBox")
        for kind, box in self.format_boxes.items():
            box.setChecked(kind in FORMATS_AT_FIRST)
        # One that is preferred and not here is listed, too: else the next one would be kept in its place.
        for name in dict.fromkeys((DEFAULT_BUNDLE, *available_bundles(), preferences.bundle)):
            self.ui.bundleSelector.addItem(name)
        for key, text in DEVICES:
            self.ui.startDeviceSelector.addItem(text, key)
        self.ui.folderEdit.setText(str(studies_folder))
        self.ui.ledgerEdit.setText(str(workflow.ledger_folder))
        self.ui.folderButton.clicked.connect(self._show_folder)
        self.ui.measureButton.clicked.connect(self._measure)
        self.ui.deleteButton.clicked.connect(self._delete)
        runner.ended.connect(self._on_ended)

    @property
    def settings(self) -> tuple[Setting, ...]:
        """What the dialog keeps, while the widgets still show what a user begins with who never changed anything."""
        return (
            Setting(Preference.REVIEWER.value, self.ui.signatureEdit, "text", "textChanged(QString)"),
            *(Setting(format_key(kind), box, "checked", "toggled(bool)") for kind, box in self.format_boxes.items()),
            Setting(Preference.BUNDLE.value, self.ui.bundleSelector, "currentText", "currentTextChanged(QString)"),
            Setting(
                Preference.DEVICE.value,
                self.ui.startDeviceSelector,
                "currentUserDataAsString",
                "currentIndexChanged(int)",
            ),
        )

    def tell_change(self, key: str, _value: object) -> None:
        """The dialog changed the setting of a key, for the user or when it took a change back."""
        self.changed.emit({preference_of(key)})

    def shut_down(self) -> None:
        """End a clean-up, for a module or an application that closes."""
        self._runner.shut_down()

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
