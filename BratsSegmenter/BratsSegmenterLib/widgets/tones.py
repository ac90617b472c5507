"""The colours of words that say how something stands, legible on a light and on a dark ground."""

from __future__ import annotations

from enum import Enum


class Tone(Enum):
    """How something stands; the value is its colour on light and on dark, each with a contrast of 4.5 or more."""

    GOOD = ("#176b2e", "#7ee787")
    CARE = ("#855800", "#e3b341")
    BAD = ("#b3261e", "#ffb4ab")

    def colour(self, on_dark: bool) -> str:
        """The colour as #rrggbb."""
        return self.value[on_dark]
