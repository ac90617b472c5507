"""A share of a stage's progress, for a step that is done once per sequence."""

from __future__ import annotations

from BratsSegmenterLib.progress import Progress, ProgressEvent


class Portion(Progress):
    """Reports its own 0 to 1 as `start` to `end` of the whole, and stops when the whole is to stop."""

    def __init__(self, whole: Progress, start: float, end: float) -> None:
        super().__init__(self._pass_on)
        self._whole, self._start, self._end = whole, start, end

    def raise_if_cancelled(self) -> None:
        """Raise :class:`Cancelled` when the user asked to stop the whole."""
        self._whole.raise_if_cancelled()

    def _pass_on(self, event: ProgressEvent) -> None:
        self._whole.update(self._start + (self._end - self._start) * event.fraction, event.message)


def shares(whole: Progress, count: int) -> list[Portion]:
    """`count` equal portions of the whole, one after the other."""
    return [Portion(whole, n / count, (n + 1) / count) for n in range(count)]
