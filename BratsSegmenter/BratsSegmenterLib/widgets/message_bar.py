"""The bar at the top of the panel that says what went wrong, what has to be decided, what should be known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from BratsSegmenterLib.widgets.part import load_ui, set_text_or_hide
from BratsSegmenterLib.worker_messages import Failure

_STYLE = "QFrame#MessageBar {{ background: {0}; border: 1px solid {1}; border-radius: 3px; }} QLabel {{ color: {2}; }}"
_ERROR_COLOURS = "#fdecea", "#d93025", "#5f1410"
_ERROR = _STYLE.format(*_ERROR_COLOURS)
_NOTICE = _STYLE.format("#fff6d6", "#d9a400", "#4d3b00")
ERROR_LABEL_STYLE = (
    "QLabel {{ background: {}; border: 1px solid {}; border-radius: 3px; color: {}; padding: 6px; }}"
).format(*_ERROR_COLOURS)
"""For a label that says an error where it happened."""


@dataclass(frozen=True)
class Offer:
    """A way out of a failure, or a choice: what the button says, what that means, and what it does."""

    text: str
    hint: str
    accept: Callable[[], None]


class MessageBar:
    """Shows one message until the next job starts or the user closes it."""

    def __init__(self) -> None:
        self.widget, self.ui = load_ui("MessageBar")
        self.ui.closeButton.clicked.connect(self.clear)
        self.ui.detailsButton.toggled.connect(self._on_details)
        self.ui.offerButton.clicked.connect(self._on_accepted)
        self._details = ""
        self._offer: Offer | None = None
        self.clear()

    def show_failure(self, failure: Failure, offer: Offer | None = None) -> None:
        """Say why a job failed and what to do next; the technical reason is folded away."""
        self._show(failure.sentence, failure.cause, _ERROR, offer)

    def show_notice(self, text: str, offer: Offer | None = None) -> None:
        """Say what the user has to decide or should know."""
        self._show(text, "", _NOTICE, offer)

    def clear(self) -> None:
        """Hide the bar."""
        self.widget.setVisible(False)

    def _show(self, text: str, details: str, style: str, offer: Offer | None = None) -> None:
        self.widget.setStyleSheet(style)
        self.ui.textLabel.setText(text)
        self._details = details
        self.ui.detailsButton.setChecked(False)
        self.ui.detailsButton.setVisible(bool(details))
        self._on_details(False)
        self._offer = offer
        self.ui.offerButton.setVisible(offer is not None)
        if offer is not None:
            self.ui.offerButton.setText(offer.text)
            self.ui.offerButton.setToolTip(offer.hint)
        self.widget.setVisible(True)

    def _on_accepted(self) -> None:
        if self._offer is not None:
            self._offer.accept()

    def _on_details(self, wanted: bool) -> None:
        set_text_or_hide(self.ui.causeLabel, self._details if wanted else "")
