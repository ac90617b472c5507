"""How long-running work tells where it is and learns that it should stop."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from BratsSegmenterLib.errors import Cancelled


@dataclass(frozen=True)
class ProgressEvent:
    """Where the work is: the stage's name, the fraction of that stage done (0 to 1) and a short message."""

    stage: str
    fraction: float
    message: str = ""


@dataclass(frozen=True)
class StageTime:
    """How long one finished stage took."""

    name: str
    seconds: float


def _ignore(event: ProgressEvent) -> None:
    """Nobody listens."""


def _never() -> bool:
    return False


class Progress:
    """Reports stages to a listener, measures their time and raises :class:`Cancelled` when asked to stop.

    Parameters
    ----------
    listener : callable
        Called with each :class:`ProgressEvent`.
    is_cancelled : callable
        Answers whether the user wants the work to stop; asked at every update.
    """

    def __init__(
        self,
        listener: Callable[[ProgressEvent], None] = _ignore,
        is_cancelled: Callable[[], bool] = _never,
    ) -> None:
        self._listener = listener
        self._is_cancelled = is_cancelled
        self._stage = ""
        self.stages: list[StageTime] = []

    @contextmanager
    def stage(self, name: str) -> Iterator[Progress]:
        """Enter the stage `name`; its time is kept in :attr:`stages` when it ends well. Stages nest."""
        outer, self._stage = self._stage, name
        started = time.perf_counter()
        try:
            self.update(0.0)
            yield self
            self.update(1.0)
        finally:
            self._stage = outer
        self.stages.append(StageTime(name, time.perf_counter() - started))

    @contextmanager
    def to_its_end(self) -> Iterator[None]:
        """Do not stop in what follows: it replaces what is there, and half of both is neither.

        Raises
        ------
        Cancelled
            The user asked to stop before it began.
        """
        self.raise_if_cancelled()
        asked, self._is_cancelled = self._is_cancelled, _never
        try:
            yield
        finally:
            self._is_cancelled = asked

    def update(self, fraction: float, message: str = "") -> None:
        """Say how far the current stage is.

        Raises
        ------
        Cancelled
            The user asked to stop.
        """
        self.raise_if_cancelled()
        self._listener(ProgressEvent(self._stage, fraction, message))

    def relay(self, event: ProgressEvent) -> None:
        """Hand on what a process of its own says about its work."""
        self._listener(event)

    def raise_if_cancelled(self) -> None:
        """Raise :class:`Cancelled` when the user asked to stop; for tight loops that report less often."""
        if self._is_cancelled():
            raise Cancelled
