"""One sequence: its picture, the series that is taken, how sure that is, why, and what speaks against it."""

from __future__ import annotations

from html import escape

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import SeriesRow
from BratsSegmenterLib.widgets.part import colour_of, load_ui, set_text_or_hide
from BratsSegmenterLib.widgets.sequences_model import NO_SERIES, SequenceRow
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.tones import Tone

DOUBT_STYLE = "background: #fff6d6; border: 1px solid #d9a400; border-radius: 3px; color: #4d3b00; padding: 2px 4px;"
_IN_DOUBT = "QLabel#confidenceLabel {{ color: {0}; font-weight: bold; }}"


class SequenceRowWidget:
    """The widgets of one row.

    Attributes
    ----------
    selector : QComboBox
        The series to choose from; the data of an entry is the key of its series.
    changed, accepted : Signal
        Emitted without arguments after the user chose another series, and after she took what another study offers.
    """

    def __init__(self, sequence: Sequence) -> None:
        self.widget, self.ui = load_ui("SequenceRow")
        self.selector = self.ui.selector
        self.changed, self.accepted = Signal(), Signal()
        self.selector.setObjectName(f"{sequence.value}Selector")
        self.selector.setToolTip(_("The series that is taken as {sequence}").format(sequence=sequence.value))
        self.selector.currentIndexChanged.connect(self._on_choice)
        self.ui.nameLabel.setText(f"<b>{sequence.value}</b>")
        self.ui.doubtLabel.setStyleSheet(DOUBT_STYLE)
        self.ui.offerButton.clicked.connect(self._on_accepted)

    def offer(self, series: tuple[SeriesRow, ...]) -> None:
        """Fill the drop-down."""
        self.selector.blockSignals(True)
        self.selector.clear()
        self.selector.addItem(_("none"), NO_SERIES)
        for item in series:
            number = "" if item.number is None else f"{item.number}  "
            self.selector.addItem(f"{number}{item.description}  ({item.slices})", item.key)
        self.selector.blockSignals(False)

    def show(self, row: SequenceRow) -> None:
        """Show what was chosen."""
        self.selector.blockSignals(True)
        self.selector.setCurrentIndex(self.selector.findData(row.key))
        self.selector.blockSignals(False)
        self.ui.confidenceLabel.setText("" if row.confidence is None else f"{row.confidence:.0%}")
        self.ui.confidenceLabel.setStyleSheet(_IN_DOUBT.format(colour_of(Tone.CARE)) if row.is_doubtful else "")
        self.ui.reasonLabel.setText(row.reason)
        set_text_or_hide(self.ui.doubtLabel, row.doubt)
        self.ui.thumbnailLabel.setPixmap(qt.QPixmap(str(row.thumbnail or "")))
        picture = "" if row.thumbnail is None else f'<br><img src="{escape(row.thumbnail.as_posix())}">'
        self.ui.thumbnailLabel.setToolTip(_("The middle slice") + picture)

    def show_offer(self, text: str, can_be_taken: bool) -> None:
        """Show what another study of the patient has; nothing where `text` is empty."""
        self.ui.offerLabel.setText(text)
        self.ui.offerButton.setEnabled(can_be_taken)
        self.ui.offerFrame.setVisible(bool(text))

    def _on_accepted(self) -> None:
        self.accepted.emit()

    def _on_choice(self) -> None:
        self.changed.emit()
