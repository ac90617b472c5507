"""Part 1: which archive, and what is looked for in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from BratsSegmenterLib.archive import Check
from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.widgets.messages import Failure
from BratsSegmenterLib.widgets.part import Part, set_text_or_hide
from BratsSegmenterLib.widgets.profile_editor import ProfileEditor
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.search_model import Period, SearchForm
from BratsSegmenterLib.widgets.workflow import Workflow

_PERIODS = (Period.TODAY, Period.WEEK, Period.MONTH, Period.YEAR, Period.EVER)
_MARKS = {True: "✓", False: "✗", None: "–"}


class ArchivePart(Part):
    """Chooses and edits archives, tests the connection, and searches."""

    def __init__(self, workflow: Workflow, profiles: ProfilesModel) -> None:
        super().__init__("ArchivePart")
        self._workflow = workflow
        self._profiles = profiles
        self.editor = ProfileEditor(profiles)
        self.editor.widget.setVisible(False)
        self.editor.changed.connect(self._on_profiles_changed)
        self.editor.rejected.connect(self._on_rejected)
        self.widget.layout().insertWidget(1, self.editor.widget)
        self.ui.periodSelector.setCurrentIndex(_PERIODS.index(Period.EVER))
        self.ui.profileSelector.currentIndexChanged.connect(self._on_profile_chosen)
        self.ui.editButton.toggled.connect(self._on_edit_toggled)
        self.ui.testButton.clicked.connect(self._test_connection)
        self.ui.searchButton.clicked.connect(self.search)
        self.ui.patientEdit.returnPressed.connect(self.search)
        self.ui.accessionEdit.returnPressed.connect(self.search)
        workflow.connection_checked.connect(self._show_checks)
        self._fill_profiles()
        self.ui.editButton.setChecked(not profiles.names)

    def update(self) -> None:
        """Search and test wait while a job runs."""
        free = not self._workflow.state.is_busy
        has_profile = bool(self._profiles.current_name)
        for button in (self.ui.testButton, self.ui.searchButton):
            button.setEnabled(free and has_profile)
        self.ui.profileSelector.setEnabled(free and has_profile)
        self.ui.editButton.setEnabled(free)

    def search(self) -> None:
        """Look for the first page of what the form says."""
        self.search_page(0)

    def search_page(self, page: int) -> None:
        """Look for one page of what the form says."""
        connection = self._profiles.connection()
        if connection is None or self._workflow.state.is_busy:
            return
        form = SearchForm(
            patient=self.ui.patientEdit.text,
            accession_number=self.ui.accessionEdit.text,
            period=_PERIODS[self.ui.periodSelector.currentIndex],
            page=page,
        )
        self._workflow.search(connection, form.query(date.today()))

    def _test_connection(self) -> None:
        connection = self._profiles.connection()
        if connection is not None:
            set_text_or_hide(self.ui.checksLabel, "")
            self._workflow.test_connection(connection)

    def _show_checks(self, checks: Sequence[Check]) -> None:
        set_text_or_hide(self.ui.checksLabel, "\n".join(f"{_MARKS[check.ok]}  {check.sentence}" for check in checks))

    def _fill_profiles(self) -> None:
        selector = self.ui.profileSelector
        selector.blockSignals(True)
        selector.clear()
        for name in self._profiles.names:
            selector.addItem(name)
        selector.setCurrentIndex(selector.findText(self._profiles.current_name))
        selector.blockSignals(False)
        self.update()

    def _on_profile_chosen(self) -> None:
        self._profiles.choose(self.ui.profileSelector.currentText)
        self.editor.load()
        set_text_or_hide(self.ui.checksLabel, "")

    def _on_profiles_changed(self) -> None:
        self._fill_profiles()
        self.ui.editButton.setChecked(not self._profiles.names)

    def _on_edit_toggled(self, wanted: bool) -> None:
        self.editor.widget.setVisible(wanted)

    def _on_rejected(self, error: BratsSegmenterError) -> None:
        self._workflow.failed.emit(Failure.of(error))
