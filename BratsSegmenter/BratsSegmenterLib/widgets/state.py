"""Where the panel is: one explicit state, from which every part derives what it offers."""

from __future__ import annotations

from enum import Enum, auto


class PanelState(Enum):
    """The steps of the work. A busy state runs one job; when it fails or is cancelled, the state before returns."""

    NO_STUDY = auto()
    STUDY_CHOSEN = auto()
    PREPARED = auto()
    REVIEW = auto()
    SENT = auto()
    TESTING_CONNECTION = auto()
    SEARCHING = auto()
    PREPARING = auto()
    SEGMENTING = auto()
    SENDING = auto()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs."""
        return self in _BUSY


_BUSY = {
    PanelState.TESTING_CONNECTION,
    PanelState.SEARCHING,
    PanelState.PREPARING,
    PanelState.SEGMENTING,
    PanelState.SENDING,
}
