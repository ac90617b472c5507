"""Part 2: the studies that were found, of which one is chosen and others are queued."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.study import StudyOrigin, StudyState
from BratsSegmenterLib.widgets.part import Part, as_title, colour_of, on_return
from BratsSegmenterLib.widgets.search_model import PAGE, StudyPage
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.study_states import StudyStates
from BratsSegmenterLib.widgets.study_table import Column, StudyRow, StudyTable
from BratsSegmenterLib.widgets.tones import Tone
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.widgets.worklist import Worklist

_TONES = {
    StudyState.NEEDS_YOU: Tone.CARE,
    StudyState.FAILED: Tone.BAD,
    StudyState.SEGMENTED: Tone.GOOD,
    StudyState.CORRECTED: Tone.GOOD,
    StudyState.SENT: Tone.GOOD,
}


class StudiesPart(Part):
    """Lists studies page by page; a single selected row is the study that is worked on.

    While a result is being reviewed a selected row is not taken up before the user opens it, so that rows can be
    selected for the queue.

    Parameters
    ----------
    workflow : Workflow
    worklist : Worklist
    search_page : callable
        Looks for a page by its number, counted from 0.
    may_leave : callable
        Whether the study at hand may be left for another one.

    Attributes
    ----------
    spared : Signal
        Emitted with a sentence for each study that was not queued, so that nobody's work on it is lost.
    """

    def __init__(
        self,
        workflow: Workflow,
        worklist: Worklist,
        search_page: Callable[[int], None],
        may_leave: Callable[[], bool],
    ) -> None:
        super().__init__("StudiesPart")
        self._workflow = workflow
        self._sources, self._queue, self._identities = worklist.sources, worklist.queue, worklist.identities
        self._search_page = search_page
        self._may_leave = may_leave
        self.spared = Signal()
        self._page = StudyPage((), 0, False)
        self._had_study = False
        self._table = StudyTable(self._identities, StudyStates(workflow, self._queue).of)
        self._rows: tuple[StudyRow, ...] = ()
        self._title = self.widget.text
        self._open_action = self._add_action(_("Open"), self.open_selected)
        self._queue_action = self._add_action(_("Queue"), self.queue_selected)
        self._set_up_table()
        self.ui.filterEdit.textChanged.connect(self._on_filter)
        self.ui.hideBox.setChecked(self._identities.are_hidden)
        self.ui.hideBox.toggled.connect(self._identities.hide)
        self.ui.previousButton.clicked.connect(self._show_previous_page)
        self.ui.nextButton.clicked.connect(self._show_next_page)
        self.ui.queueButton.clicked.connect(self.queue_selected)
        self.ui.openButton.clicked.connect(self.open_selected)
        self._sources.found.connect(self.show_studies)
        self._identities.changed.connect(self.update)
        self._queue.changed.connect(self.update)
        workflow.study_failed.connect(lambda _failure: self.update())
        self.update()

    def update(self) -> None:
        """Show how far the work on each study is, and what can be done with the selected ones."""
        study = self._workflow.study
        if study is None and self._had_study:
            self.ui.studyTable.clearSelection()  # a click on a row that stays selected would not take it up
        self._had_study = study is not None
        self._show_title(study)
        self._show_rows()
        free = not self._workflow.state.is_busy
        self.ui.previousButton.setEnabled(free and self._page.number > 0)
        self.ui.nextButton.setEnabled(free and self._page.has_next)

    def _show_title(self, study: StudySummary | None) -> None:
        heading = self._identities.heading(study) if study is not None else ""
        self.widget.setText(f"{self._title}:  {as_title(heading)}" if heading else self._title)
        self.widget.setToolTip(self._identities.title(study) if study is not None else "")

    def show_studies(self, studies: Sequence[StudySummary]) -> None:
        """Show the page that was found."""
        self._page = StudyPage.of(tuple(studies), self._sources.studies_before // PAGE)
        self._table.studies = self._page.studies
        self.ui.studyTable.clearSelection()
        self.ui.summaryLabel.setText(self._page.summary)
        self.update()

    def open_selected(self) -> None:
        """Take up the selected study, with the result that its folder keeps."""
        selected = self._selected()
        if len(selected) == 1:
            self.open(self._sources.origin(selected[0]))

    def open(self, origin: StudyOrigin) -> None:
        """Take up a study, unless the user would rather stay with corrections that were not sent."""
        if self._workflow.state.is_busy or not self._may_leave():
            return
        self._sources.take_up(origin)
        self._workflow.open_kept()

    def queue_selected(self) -> None:
        """Let the selected studies be fetched and segmented in the background, one after the other."""
        origins = [self._sources.origin(study) for study in self._selected()]
        self._workflow.when_ready(self._queue.options().bundle, lambda: self._add_to_queue(origins))

    def _add_to_queue(self, origins: Sequence[StudyOrigin]) -> None:
        reasons = {origin: self._queue.reason_to_spare(origin.study.study_uid) for origin in origins}
        refusal = self._queue.refusal_of(lambda: self._add([one for one, reason in reasons.items() if not reason]))
        if refusal is not None:
            self._workflow.failed.emit(refusal)
        spared = tuple(f"{self._identities.title(origin.study)}: {why}" for origin, why in reasons.items() if why)
        if spared:
            self.spared.emit(spared)

    def _add(self, origins: Sequence[StudyOrigin]) -> None:
        for origin in origins:
            self._queue.add(origin)

    def _set_up_table(self) -> None:
        table = self.ui.studyTable
        header = table.horizontalHeader()
        header.setSectionResizeMode(qt.QHeaderView.ResizeToContents)
        for column in (Column.PATIENT, Column.DESCRIPTION):
            header.setSectionResizeMode(int(column), qt.QHeaderView.Stretch)
        header.setSortIndicatorShown(True)
        header.sectionClicked.connect(self._on_header)
        table.itemSelectionChanged.connect(self._on_selection)
        table.itemDoubleClicked.connect(self.open_selected)
        on_return(table, self.open_selected)

    def _add_action(self, text: str, handler: Callable[[], None]) -> Any:
        """An entry of the table's context menu."""
        action = qt.QAction(text, self.ui.studyTable)
        action.triggered.connect(handler)
        self.ui.studyTable.addAction(action)
        return action

    def _show_rows(self) -> None:
        selected = {study.study_uid for study in self._selected()}
        self._rows = self._table.rows()
        if self._page.studies:
            self.ui.summaryLabel.setText(self._page.summary_of(len(self._rows)))
        table = self.ui.studyTable
        order = qt.Qt.DescendingOrder if self._table.is_descending else qt.Qt.AscendingOrder
        table.horizontalHeader().setSortIndicator(int(self._table.sorted_by), order)
        table.blockSignals(True)
        table.setRowCount(len(self._rows))
        for index, row in enumerate(self._rows):
            for column in Column:
                table.setItem(index, int(column), _item(row, column))
        table.clearSelection()
        for index, row in enumerate(self._rows):
            if row.study.study_uid in selected:
                _select(table, index)
        table.blockSignals(False)
        self._show_what_can_be_done()

    def _show_what_can_be_done(self) -> None:
        count = len(self._selected())
        can_open = count == 1 and not self._workflow.state.is_busy
        for widget, enabled in (
            (self.ui.openButton, can_open),
            (self._open_action, can_open),
            (self.ui.queueButton, count > 0),
            (self._queue_action, count > 0),
        ):
            widget.setEnabled(enabled)
        self.ui.queueButton.setText(_("Queue {count}").format(count=count) if count > 1 else _("Queue"))

    def _selected(self) -> list[StudySummary]:
        indices = sorted(index.row() for index in self.ui.studyTable.selectionModel().selectedRows())
        return [self._rows[index].study for index in indices if index < len(self._rows)]

    def _on_selection(self) -> None:
        selected = self._selected()
        state = self._workflow.state
        if len(selected) == 1 and not state.is_busy and state is not PanelState.REVIEW:
            self._sources.choose(selected[0])
        else:
            self._show_what_can_be_done()

    def _on_header(self, section: int) -> None:
        self._table.sort_by(Column(section))
        self._show_rows()

    def _on_filter(self, text: str) -> None:
        self._table.filter_text = text
        self._show_rows()

    def _show_previous_page(self) -> None:
        self._search_page(self._page.number - 1)

    def _show_next_page(self) -> None:
        self._search_page(self._page.number + 1)


def _item(row: StudyRow, column: Column) -> qt.QTableWidgetItem:
    item = qt.QTableWidgetItem(row.shown(column))
    item.setToolTip(row.hint(column))
    if column is Column.STATE and row.state in _TONES:
        item.setForeground(qt.QBrush(qt.QColor(colour_of(_TONES[row.state]))))
    return item


def _select(table: qt.QTableWidget, row: int) -> None:
    """Add a row to the selection; QTableWidget.selectRow would drop the others."""
    last = table.columnCount - 1
    table.setRangeSelected(qt.QTableWidgetSelectionRange(row, 0, row, last), True)
