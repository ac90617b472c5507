"""Part 2: the studies that were found, of which one is chosen."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.search_model import StudyPage, study_cells, study_title
from BratsSegmenterLib.widgets.workflow import Workflow

_DESCRIPTION_COLUMN = 3


class StudiesPart(Part):
    """Lists studies page by page; a selected row is the study that is worked on.

    Parameters
    ----------
    search_page : callable
        Looks for a page by its number, counted from 0.
    """

    def __init__(self, workflow: Workflow, profiles: ProfilesModel, search_page: Callable[[int], None]) -> None:
        super().__init__("StudiesPart")
        self._workflow = workflow
        self._profiles = profiles
        self._search_page = search_page
        self._wanted_page = 0
        self._page = StudyPage((), 0, False)
        self._title = self.widget.text
        header = self.ui.studyTable.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        header.setSectionResizeMode(_DESCRIPTION_COLUMN, qt.QHeaderView.Stretch)
        self.ui.studyTable.itemSelectionChanged.connect(self._on_row_chosen)
        self.ui.previousButton.clicked.connect(self._show_previous_page)
        self.ui.nextButton.clicked.connect(self._show_next_page)
        self.ui.folderButton.clicked.connect(self._ask_for_folder)
        workflow.studies_found.connect(self.show_studies)

    def update(self) -> None:
        """Another study can be chosen while no job runs."""
        free = not self._workflow.state.is_busy
        study = self._workflow.study
        self.widget.setText(f"{self._title}:  {study_title(study)}" if study is not None else self._title)
        self.ui.studyTable.setEnabled(free)
        self.ui.folderButton.setEnabled(free)
        self.ui.previousButton.setEnabled(free and self._page.number > 0)
        self.ui.nextButton.setEnabled(free and self._page.has_next)

    def show_studies(self, studies: Sequence[StudySummary]) -> None:
        """Show the page that was asked for."""
        self._page = StudyPage.of(tuple(studies), self._wanted_page)
        self._wanted_page = 0
        table = self.ui.studyTable
        table.blockSignals(True)
        table.clearSelection()
        table.setRowCount(len(self._page.studies))
        for row, study in enumerate(self._page.studies):
            for column, text in enumerate(study_cells(study)):
                table.setItem(row, column, qt.QTableWidgetItem(text))
        table.blockSignals(False)
        self.ui.summaryLabel.setText(self._page.summary)
        self.update()

    def open_folder(self, folder: Path) -> None:
        """Work on the DICOM files of a folder."""
        self.ui.studyTable.clearSelection()
        self.ui.summaryLabel.setText(_("Folder {name}").format(name=folder.name))
        self._workflow.choose_folder(folder)

    def _on_row_chosen(self) -> None:
        connection = self._profiles.connection()
        rows = self.ui.studyTable.selectionModel().selectedRows()
        if rows and connection is not None:
            self._workflow.choose_study(connection, self._page.studies[rows[0].row()])

    def _show_previous_page(self) -> None:
        self._turn_to(self._page.number - 1)

    def _show_next_page(self) -> None:
        self._turn_to(self._page.number + 1)

    def _turn_to(self, page: int) -> None:
        self._wanted_page = page
        self._search_page(page)

    def _ask_for_folder(self) -> None:
        folder = qt.QFileDialog.getExistingDirectory(self.widget, _("Folder with DICOM files"))
        if folder:
            self.open_folder(Path(folder))
