"""The runner of what the user asks for: where the queue is in the way, it steps aside first."""

from __future__ import annotations

from collections.abc import Mapping

from BratsSegmenterLib.jobs import Job
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.worker_messages import CancelledByUser, Outcome


class ConsiderateRunner:
    """A JobRunner over another one that shares the machine with a queue.

    Parameters
    ----------
    runner : JobRunner
    queue : QueueRunner
    """

    def __init__(self, runner: JobRunner, queue: QueueRunner) -> None:
        self._runner = runner
        self._queue = queue
        self._waits = False
        self.progressed = runner.progressed
        self.ended = Signal()
        runner.ended.connect(self._on_ended)

    @property
    def is_running(self) -> bool:
        """Whether a job runs, or waits until the queue has stepped aside."""
        return self._waits or self._runner.is_running

    def start(self, job: Job, secrets: Mapping[str, str]) -> None:
        """Start a job as soon as the queue leaves room for it."""
        if self.is_running:
            raise RuntimeError("one job at a time: the one before is still running")
        self._waits = True

        def begin() -> None:
            self._waits = False
            self._runner.start(job, secrets)

        self._queue.make_room(job, begin)

    def cancel(self) -> None:
        """Ask the job to stop; one that still waits is not begun."""
        if self._waits:
            self._waits = False
            self._queue.forget_the_wait()
            self._on_ended(CancelledByUser())
        else:
            self._runner.cancel()

    def shut_down(self) -> None:
        """End whatever runs; nothing is emitted any more."""
        self._waits = False
        self._queue.forget_the_wait()
        self._runner.shut_down()
        self._queue.take_room_back()

    def _on_ended(self, outcome: Outcome) -> None:
        self.ended.emit(outcome)
        if not self.is_running:
            self._queue.take_room_back()
