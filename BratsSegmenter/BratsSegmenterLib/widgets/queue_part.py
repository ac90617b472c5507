"""The queue: what is fetched and segmented in the background while the user reads."""

from __future__ import annotations

from collections.abc import Callable

import qt

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.study import QueueItem, StudyOrigin
from BratsSegmenterLib.widgets.part import Part, on_return, set_text_or_hide
from BratsSegmenterLib.widgets.queue_model import QueueModel, QueueRow
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.widgets.worklist import Worklist

_MOST_ROWS_SHOWN = 6
_FRAME_PX = 4
_RETRY_MS = 5000
_PAUSE_MS = 60_000


class QueuePart(Part):
    """A row for each study in the order of the work, and what can be done with the selected one.

    Parameters
    ----------
    workflow : Workflow
    worklist : Worklist
    open_study : callable
        Takes up a study with what its folder keeps.
    """

    def __init__(self, workflow: Workflow, worklist: Worklist, open_study: Callable[[StudyOrigin], None]) -> None:
        super().__init__("QueuePart")
        self._workflow, self._queue = workflow, worklist.queue
        queue, identities = worklist.queue, worklist.identities
        self._model = QueueModel(queue, identities)
        self._open_study = open_study
        self._rows: tuple[QueueRow, ...] = ()
        self._title = self.widget.text
        header = self.ui.queueTable.horizontalHeader()
        header.setSectionResizeMode(0, qt.QHeaderView.Stretch)
        header.setSectionResizeMode(1, qt.QHeaderView.ResizeToContents)
        self.ui.queueTable.itemSelectionChanged.connect(self._show_what_can_be_done)
        self.ui.queueTable.itemDoubleClicked.connect(self._open)
        on_return(self.ui.queueTable, self._open)
        self.ui.openButton.clicked.connect(self._open)
        for button, act in (
            (self.ui.firstButton, queue.move_first),
            (self.ui.upButton, queue.move_up),
            (self.ui.retryButton, queue.retry),
            (self.ui.cancelButton, queue.cancel),
            (self.ui.removeButton, queue.remove),
        ):
            button.clicked.connect(self._with_selected(act))
        queue.changed.connect(self.update)
        queue.progressed.connect(self._on_progress)
        identities.changed.connect(self.update)
        self._retry = qt.QTimer()
        self._retry.timeout.connect(queue.go_on)
        self.update()

    def update(self) -> None:
        """Show the queue; hidden while it is empty."""
        selected = self._selected()
        self._model.refresh()
        self._rows = self._model.rows()
        self.widget.setVisible(bool(self._rows))
        if self._queue.hindrance or self._queue.pause:
            self._retry.start(_RETRY_MS if self._queue.hindrance else _PAUSE_MS)
        else:
            self._retry.stop()
        self.widget.setText(f"{self._title}:  {self._model.summary()}")
        table = self.ui.queueTable
        table.blockSignals(True)
        table.setRowCount(len(self._rows))
        for index, row in enumerate(self._rows):
            self._show_row(index, row)
        table.clearSelection()
        for index, row in enumerate(self._rows):
            if selected is not None and row.item.folder == selected.item.folder:
                table.selectRow(index)
        table.blockSignals(False)
        heights = [table.rowHeight(index) for index in range(min(len(self._rows), _MOST_ROWS_SHOWN))]
        table.setFixedHeight(sum(heights) + table.horizontalHeader().height + _FRAME_PX)
        self._show_what_can_be_done()

    def _show_row(self, index: int, row: QueueRow) -> None:
        for column, text in enumerate((row.title, row.progress)):
            item = qt.QTableWidgetItem(text)
            item.setToolTip("\n".join(filter(None, (row.title, row.progress, row.hint))))
            self.ui.queueTable.setItem(index, column, item)

    def _show_what_can_be_done(self) -> None:
        row = self._selected()
        ui, is_ours = self.ui, not self._queue.hindrance
        ui.openButton.setEnabled(row is not None and row.can_open and not self._workflow.state.is_busy)
        for button, enabled in (
            (ui.firstButton, is_ours and row is not None and row.can_move),
            (ui.upButton, is_ours and row is not None and row.can_move),
            (ui.retryButton, is_ours and row is not None and row.can_retry),
            (ui.cancelButton, is_ours and row is not None and row.can_cancel),
            (ui.removeButton, is_ours and row is not None),
        ):
            button.setEnabled(enabled)
        set_text_or_hide(
            ui.reasonLabel, self._queue.hindrance or self._queue.pause or (row.hint if row is not None else "")
        )

    def _selected(self) -> QueueRow | None:
        indices = self.ui.queueTable.selectionModel().selectedRows()
        if not indices or indices[0].row() >= len(self._rows):
            return None
        return self._rows[indices[0].row()]

    def _with_selected(self, act: Callable[[QueueItem], None]) -> Callable[[], None]:
        def handle() -> None:
            row = self._selected()
            refusal = None if row is None else self._queue.refusal_of(lambda: act(row.item))
            if refusal is not None:
                self._workflow.failed.emit(refusal)

        return handle

    def _open(self) -> None:
        row = self._selected()
        origin = self._model.origin(row.item) if row is not None and row.can_open else None
        if origin is not None:
            self._open_study(origin)

    def _on_progress(self, _event: ProgressEvent) -> None:
        """Only the texts change: the table is not built anew several times a second."""
        for index, row in enumerate(self._model.rows()):
            item = self.ui.queueTable.item(index, 1)
            if item is not None:
                item.setText(row.progress)
