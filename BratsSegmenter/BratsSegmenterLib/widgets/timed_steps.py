"""Steps that the event loop takes, one a turn."""

from __future__ import annotations

from collections.abc import Callable

import qt


class TimedSteps:
    """A StepRunner on a timer without delay, so that Slicer draws and listens between the steps."""

    def __init__(self) -> None:
        self._timer = qt.QTimer()
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take_one)
        self._step: Callable[[], bool] | None = None

    def __call__(self, step: Callable[[], bool]) -> None:
        """Call `step` each turn of the event loop until it answers False."""
        self._step = step
        self._timer.start()

    def _take_one(self) -> None:
        assert self._step is not None
        self._timer.stop()
        if self._step():
            self._timer.start()
