"""The bar at the top of the panel that says what went wrong, what has to be decided, what should be known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from BratsSegmenterLib.widgets.details import Details
from BratsSegmenterLib.widgets.part import load_ui
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


@dataclass(frozen=True)
class _Message:
    text: str
    details: str
    style: str
    offer: Offer | None
    names_patients: bool = False


class MessageBar:
    """Shows one message: what a job had to say, else what stays to be known; each until the user closes it."""

    def __init__(self) -> None:
        self.widget, self.ui = load_ui("MessageBar")
        self.ui.closeButton.clicked.connect(self._on_closed)
        self._details = Details(self.ui.detailsButton, self.ui.causeLabel)
        self.ui.offerButton.clicked.connect(self._on_accepted)
        self._of_job: _Message | None = None
        self._lasting: _Message | None = None
        self._shown: _Message | None = None
        self.widget.setVisible(False)

    @property
    def has_lasting_notice(self) -> bool:
        """Whether something stays to be known that the user has not closed."""
        return self._lasting is not None

    def show_failure(self, failure: Failure, offer: Offer | None = None) -> None:
        """Say why a job failed and what to do next; the technical reason is folded away."""
        self._of_job = _Message(failure.sentence, failure.cause, _ERROR, offer)
        self._update()

    def show_notice(self, text: str, names_patients: bool = False) -> None:
        """Say what the user has to decide or should know before the next job."""
        self._of_job = _Message(text, "", _NOTICE, None, names_patients)
        self._update()

    def clear_names(self) -> None:
        """Patients are named otherwise from now on, or not at all."""
        if self._of_job is not None and self._of_job.names_patients:
            self.clear()

    def clear(self) -> None:
        """The next job starts: what the one before had to say makes way for what lasts."""
        self._of_job = None
        self._update()

    def show_lasting_notice(self, text: str, offer: Offer | None = None) -> None:
        """Say what stays to be known, whatever jobs run; while one has something to say, behind that."""
        self._lasting = _Message(text, "", _NOTICE, offer)
        self._update()

    def clear_lasting_notice(self) -> None:
        """It no longer holds."""
        self._lasting = None
        self._update()

    def _update(self) -> None:
        message = self._of_job or self._lasting
        if message is not None and message is not self._shown:
            self._show(message)
        self._shown = message
        self.widget.setVisible(message is not None)

    def _show(self, message: _Message) -> None:
        self.widget.setStyleSheet(message.style)
        self.ui.textLabel.setText(message.text)
        self._details.offer(message.details)
        self.ui.offerButton.setVisible(message.offer is not None)
        if message.offer is not None:
            self.ui.offerButton.setText(message.offer.text)
            self.ui.offerButton.setToolTip(message.offer.hint)

    def _on_closed(self) -> None:
        if self._of_job is not None:
            self.clear()
        else:
            self.clear_lasting_notice()

    def _on_accepted(self) -> None:
        if self._shown is not None and self._shown.offer is not None:
            self._shown.offer.accept()
