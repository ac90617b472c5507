"""Part 3: which series is T1, T1c, T2 and FLAIR, and why; whether there was an operation; what there was before."""

from __future__ import annotations

from functools import partial

from slicer.i18n import tr as _

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import SeriesRow
from BratsSegmenterLib.widgets.offers_model import offer_text
from BratsSegmenterLib.widgets.part import Part, set_text_or_hide, tab_before
from BratsSegmenterLib.widgets.priors_model import priors_text
from BratsSegmenterLib.widgets.sequence_row import DOUBT_STYLE, SequenceRowWidget
from BratsSegmenterLib.widgets.sequences_model import NO_SERIES, SequencesModel
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.workflow import Workflow


class SequencesPart(Part):
    """A row for each sequence, the question of an operation, and what the user should know.

    Attributes
    ----------
    changed : Signal
        Emitted after the user chose another series.
    """

    def __init__(self, workflow: Workflow) -> None:
        super().__init__("SequencesPart")
        self._workflow = workflow
        self._offered: tuple[SeriesRow, ...] = ()
        self.changed = Signal()
        self.rows = {sequence: SequenceRowWidget(sequence) for sequence in Sequence}
        for sequence, row in self.rows.items():
            self.ui.rowsFrame.layout().addWidget(row.widget)
            row.changed.connect(self._on_choice)
            row.accepted.connect(partial(self._borrow, sequence.value))
        self.ui.studyFrame.setVisible(False)
        self.ui.surgeryBox.toggled.connect(self._on_surgery)
        workflow.priors_changed.connect(self._show_priors)
        workflow.offers_changed.connect(self.update)
        self._show_priors()

    def order_tabs(self) -> None:
        """Let Tab pass through the rows first; once the part stands among others, or it would have no beginning."""
        in_rows = (widget for row in self.rows.values() for widget in (row.selector, row.ui.offerButton))
        tab_before(self.ui.surgeryBox, in_rows)

    def update(self) -> None:
        """Show the study's sequences; they can be changed while no job runs."""
        model = self._workflow.sequences
        self.ui.studyFrame.setVisible(model is not None)
        self.ui.hintLabel.setVisible(model is None)
        free = not self._workflow.state.is_busy
        self.ui.surgeryBox.setEnabled(free)
        for row in self.rows.values():
            row.selector.setEnabled(free)
            if model is not None and model.series != self._offered:
                row.offer(model.series)
        self._offered = model.series if model is not None else ()
        if model is not None:
            self._show(model)

    def _show(self, model: SequencesModel) -> None:
        for row in model.rows():
            self.rows[row.sequence].show(row)
            offer = self._workflow.offers.get(row.sequence.value) if row.key == NO_SERIES else None
            text = offer_text(offer) if offer is not None else ""
            self.rows[row.sequence].show_offer(text, can_be_taken=not self._workflow.state.is_busy)
        self.ui.surgeryBox.blockSignals(True)
        self.ui.surgeryBox.setChecked(model.is_postoperative)
        self.ui.surgeryBox.blockSignals(False)
        self.ui.surgeryLabel.setText(
            _("Tick the box to confirm. {proposal}").format(proposal=model.surgery_proposal)
            if model.proposes_surgery
            else model.surgery_proposal
        )
        self.ui.surgeryLabel.setStyleSheet(DOUBT_STYLE if model.proposes_surgery else "")
        set_text_or_hide(self.ui.noticesLabel, "\n".join(f"⚠ {notice}" for notice in model.notices()))

    def _show_priors(self) -> None:
        text = priors_text(self._workflow.prior_studies, self._workflow.priors_obstacle)
        set_text_or_hide(self.ui.priorsLabel, text)

    def _on_choice(self) -> None:
        model = self._workflow.sequences
        if model is None:
            return
        for sequence, widgets in self.rows.items():
            key = widgets.selector.currentData
            if key != model.row(sequence).key:
                model.override(sequence, key)
        self._workflow.keep_choices()
        self._show(model)
        self.changed.emit()

    def _borrow(self, sequence: str) -> None:
        self._workflow.borrow(self._workflow.offers[sequence])

    def _on_surgery(self, was_operated: bool) -> None:
        model = self._workflow.sequences
        if model is not None:
            model.is_postoperative = was_operated
            self._workflow.keep_choices()
            self._show(model)
