"""Part 1: where studies are looked for, and which."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import Check
from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.widgets.part import Part, set_text_or_hide, tab_through
from BratsSegmenterLib.widgets.profile_editor import ProfileEditor
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.search_model import Period, SearchForm
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.sources import Sources
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_PERIODS = (Period.TODAY, Period.WEEK, Period.MONTH, Period.EVER, Period.RANGE)
_MARKS = {True: "✓", False: "✗", None: "–"}
_TYPING_PAUSE_MS = 400
_FOLDER, _DATABASE = "folder", "database"
_ISO = "yyyy-MM-dd"


class ArchivePart(Part):
    """Chooses the source, edits and tests archives, and searches: on the button, and as the user types.

    Attributes
    ----------
    source_changed : Signal
        Emitted without arguments after the user chose where studies are looked for from now on.
    """

    def __init__(self, workflow: Workflow, profiles: ProfilesModel, sources: Sources) -> None:
        super().__init__("ArchivePart")
        self._workflow = workflow
        self._profiles = profiles
        self._sources = sources
        self._wants_another_search = False
        self.source_changed = Signal()
        self.editor = ProfileEditor(profiles)
        self.editor.widget.setVisible(False)
        self.editor.changed.connect(self._on_profiles_changed)
        self.editor.rejected.connect(self._on_rejected)
        self.column.insertWidget(1, self.editor.widget)
        tab_through((self.ui.testButton, *self.editor.fields, self.ui.patientEdit))
        self._pause = qt.QTimer()
        self._pause.setSingleShot(True)
        self._pause.timeout.connect(self._search_for_what_was_typed)
        for edit in (self.ui.patientEdit, self.ui.accessionEdit):
            edit.textEdited.connect(self._on_typed)
            edit.returnPressed.connect(self.search)
        self.ui.periodSelector.setCurrentIndex(_PERIODS.index(Period.EVER))
        self.ui.periodSelector.currentIndexChanged.connect(self._on_period_chosen)
        self.ui.lastDayEdit.setDate(qt.QDate.currentDate())
        self.ui.firstDayEdit.setDate(qt.QDate.currentDate().addMonths(-1))
        self.ui.profileSelector.currentIndexChanged.connect(self._on_source_chosen)
        self.ui.editButton.toggled.connect(self._on_edit_toggled)
        self.ui.testButton.clicked.connect(self._test_connection)
        self.ui.searchButton.clicked.connect(self.search)
        workflow.connection_checked.connect(self._show_checks)
        self._on_period_chosen()
        self._fill_sources()
        self.ui.editButton.setChecked(not profiles.names)

    def update(self) -> None:
        """Search and test wait while a job runs; what was typed during a search is looked for after it."""
        free = not self._workflow.state.is_busy
        self.ui.testButton.setEnabled(free and self._sources.is_archive and self._sources.is_ready)
        self.ui.searchButton.setEnabled(free and self._sources.is_ready)
        self.ui.profileSelector.setEnabled(free)
        self.ui.editButton.setEnabled(free)
        if free and self._wants_another_search:
            self._wants_another_search = False
            self._pause.start(0)  # every part shall have heard that the job is over before the next one begins

    def search(self) -> None:
        """Look for the first page of what the form says."""
        self._pause.stop()
        self.search_page(0)

    def search_page(self, page: int, anew: bool = True) -> None:
        """Look for one page of what the form says; `anew` reads the files of a folder again."""
        if self._sources.is_ready and not self._workflow.state.is_busy:
            set_text_or_hide(self.ui.checksLabel, "")
            self._sources.search(self._form(page).query(date.today()), anew)

    def use_folder(self, folder: Path) -> None:
        """Look for studies among the files of a folder."""
        self._sources.use_folder(folder)
        self._follow_source()
        self.search()

    def _form(self, page: int) -> SearchForm:
        return SearchForm(
            patient=self.ui.patientEdit.text,
            accession_number=self.ui.accessionEdit.text,
            period=self._period,
            first_day=_day(self.ui.firstDayEdit),
            last_day=_day(self.ui.lastDayEdit),
            page=page,
        )

    @property
    def _period(self) -> Period:
        return _PERIODS[self.ui.periodSelector.currentIndex]

    def _on_period_chosen(self) -> None:
        for widget in (self.ui.firstDayEdit, self.ui.toLabel, self.ui.lastDayEdit):
            widget.setVisible(self._period is Period.RANGE)

    def _on_typed(self) -> None:
        self._pause.start(_TYPING_PAUSE_MS)

    def _search_for_what_was_typed(self) -> None:
        """A search that still runs is given up for the new one; other work is not disturbed."""
        if self._workflow.state is PanelState.SEARCHING:
            self._wants_another_search = True
            self._workflow.cancel()
        else:
            self.search_page(0, anew=False)

    def _test_connection(self) -> None:
        connection = self._profiles.connection()
        if connection is not None:
            set_text_or_hide(self.ui.checksLabel, "")
            self._workflow.test_connection(connection)

    def _show_checks(self, checks: Sequence[Check]) -> None:
        set_text_or_hide(self.ui.checksLabel, "\n".join(f"{_MARKS[check.ok]}  {check.sentence}" for check in checks))

    def _fill_sources(self) -> None:
        selector = self.ui.profileSelector
        selector.blockSignals(True)
        selector.clear()
        for name in self._profiles.names:
            selector.addItem(name)
        if self._profiles.names:
            selector.insertSeparator(selector.count)
        selector.addItem(_("Folder on this computer…"), _FOLDER)
        selector.addItem(_("Slicer's DICOM database"), _DATABASE)
        selector.blockSignals(False)
        self._show_source()

    def _show_source(self) -> None:
        """Select the source in use, without asking anything."""
        selector = self.ui.profileSelector
        selector.blockSignals(True)
        if self._sources.is_archive:
            selector.setCurrentIndex(selector.findText(self._profiles.current_name))
        else:
            selector.setCurrentIndex(selector.findData(_DATABASE if self._sources.uses_database else _FOLDER))
        selector.setToolTip(str(self._sources.folder or _("Where studies are looked for")))
        selector.blockSignals(False)
        self.update()

    def _on_source_chosen(self) -> None:
        set_text_or_hide(self.ui.checksLabel, "")
        chosen: Any = self.ui.profileSelector.currentData
        if chosen == _FOLDER:
            self._ask_for_folder()
        elif chosen == _DATABASE:
            self._sources.use_database()
            self._follow_source()
            self.search()
        else:
            self._sources.use_archive(self.ui.profileSelector.currentText)
            self.editor.load()
            self._follow_source()

    def _follow_source(self) -> None:
        """The source in use is another."""
        self._show_source()
        self.source_changed.emit()

    def _ask_for_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder with DICOM files"))
        if folder:
            self.use_folder(Path(folder))
        else:
            self._show_source()

    def _on_profiles_changed(self) -> None:
        if self._profiles.names:
            self._sources.use_archive(self._profiles.current_name)
        self._fill_sources()
        self.ui.editButton.setChecked(not self._profiles.names)

    def _on_edit_toggled(self, wanted: bool) -> None:
        if wanted:
            self.editor.load()
        self.editor.widget.setVisible(wanted)

    def _on_rejected(self, error: BratsSegmenterError) -> None:
        self._workflow.failed.emit(Failure.of(error))


def _day(edit: qt.QDateEdit) -> date:
    return date.fromisoformat(edit.date.toString(_ISO))
