"""Part 3: which series is T1, T1c, T2 and FLAIR, how sure that is, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.jobs import SeriesRow
from BratsSegmenterLib.widgets.part import Part, set_text_or_hide
from BratsSegmenterLib.widgets.sequences_model import NO_SERIES, SequenceRow
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.workflow import Workflow

_DOUBT_STYLE = "color: #9a6700;"


@dataclass(frozen=True)
class _RowWidgets:
    selector: Any
    confidence: Any
    reason: Any


class SequencesPart(Part):
    """Four rows with a drop-down each, the reason below it, and what the user should know.

    Attributes
    ----------
    changed : Signal
        Emitted after the user chose another series.
    """

    def __init__(self, workflow: Workflow) -> None:
        super().__init__("SequencesPart")
        self._workflow = workflow
        self._shown: object = None
        self.changed = Signal()
        self.rows = {sequence: self._add_row(index, sequence) for index, sequence in enumerate(Sequence)}
        self.ui.rowsFrame.layout().setColumnStretch(1, 1)
        self.ui.rowsFrame.setVisible(False)

    def update(self) -> None:
        """Show the study's sequences; they can be changed while no job runs."""
        model = self._workflow.sequences
        self.ui.rowsFrame.setVisible(model is not None)
        self.ui.hintLabel.setVisible(model is None)
        for row in self.rows.values():
            row.selector.setEnabled(not self._workflow.state.is_busy)
        if model is None:
            set_text_or_hide(self.ui.noticesLabel, "")
        elif model is not self._shown:
            self._offer(model.series)
        self._shown = model
        self._show_choices()

    def _add_row(self, index: int, sequence: Sequence) -> _RowWidgets:
        selector, confidence, reason = qt.QComboBox(), qt.QLabel(), qt.QLabel()
        selector.setObjectName(f"{sequence.value}Selector")
        selector.setToolTip(_("The series that is taken as {sequence}").format(sequence=sequence.value))
        confidence.setToolTip(_("How sure the recognition is"))
        reason.setWordWrap(True)
        grid = self.ui.rowsFrame.layout()
        grid.addWidget(qt.QLabel(f"<b>{sequence.value}</b>"), 2 * index, 0)
        grid.addWidget(selector, 2 * index, 1)
        grid.addWidget(confidence, 2 * index, 2)
        grid.addWidget(reason, 2 * index + 1, 1, 1, 2)
        selector.currentIndexChanged.connect(self._on_choice)
        return _RowWidgets(selector, confidence, reason)

    def _offer(self, series: tuple[SeriesRow, ...]) -> None:
        for row in self.rows.values():
            row.selector.blockSignals(True)
            row.selector.clear()
            row.selector.addItem(_("none"), NO_SERIES)
            for item in series:
                number = "" if item.number is None else f"{item.number}  "
                row.selector.addItem(f"{number}{item.description}  ({item.slices})", item.key)
            row.selector.blockSignals(False)

    def _show_choices(self) -> None:
        model = self._workflow.sequences
        if model is None:
            return
        for row in model.rows():
            self._show_row(row)
        set_text_or_hide(self.ui.noticesLabel, "\n".join(f"⚠ {notice}" for notice in model.notices()))

    def _show_row(self, row: SequenceRow) -> None:
        widgets = self.rows[row.sequence]
        widgets.selector.blockSignals(True)
        widgets.selector.setCurrentIndex(widgets.selector.findData(row.key))
        widgets.selector.blockSignals(False)
        widgets.confidence.setText("" if row.confidence is None else f"{row.confidence:.0%}")
        widgets.confidence.setStyleSheet(_DOUBT_STYLE if row.is_doubtful else "")
        widgets.reason.setText(row.reason)

    def _on_choice(self) -> None:
        model = self._workflow.sequences
        if model is None:
            return
        for sequence, widgets in self.rows.items():
            key = widgets.selector.currentData
            if key != model.row(sequence).key:
                model.override(sequence, key)
        self._show_choices()
        self.changed.emit()
