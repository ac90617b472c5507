"""The bar at the top of the panel that says what went wrong, what has to be decided, what should be known."""

from __future__ import annotations

from BratsSegmenterLib.widgets.messages import Failure
from BratsSegmenterLib.widgets.part import load_ui, set_text_or_hide

_STYLE = "QFrame#MessageBar {{ background: {0}; border: 1px solid {1}; border-radius: 3px; }} QLabel {{ color: {2}; }}"
_ERROR = _STYLE.format("#fdecea", "#d93025", "#5f1410")
_NOTICE = _STYLE.format("#fff6d6", "#d9a400", "#4d3b00")


class MessageBar:
    """Shows one message until the next job starts or the user closes it."""

    def __init__(self) -> None:
        self.widget, self.ui = load_ui("MessageBar")
        self.ui.closeButton.clicked.connect(self.clear)
        self.ui.detailsButton.toggled.connect(self._on_details)
        self._details = ""
        self.clear()

    def show_failure(self, failure: Failure) -> None:
        """Say why a job failed and what to do next; the technical reason is folded away."""
        self._show(failure.sentence, failure.cause, _ERROR)

    def show_notice(self, text: str) -> None:
        """Say what the user has to decide or should know."""
        self._show(text, "", _NOTICE)

    def clear(self) -> None:
        """Hide the bar."""
        self.widget.setVisible(False)

    def _show(self, text: str, details: str, style: str) -> None:
        self.widget.setStyleSheet(style)
        self.ui.textLabel.setText(text)
        self._details = details
        self.ui.detailsButton.setChecked(False)
        self.ui.detailsButton.setVisible(bool(details))
        self._on_details(False)
        self.widget.setVisible(True)

    def _on_details(self, wanted: bool) -> None:
        set_text_or_hide(self.ui.causeLabel, self._details if wanted else "")
