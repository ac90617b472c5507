"""What the workflow needs of whatever runs its jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from BratsSegmenterLib.jobs import Job
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.translation import tr as _

STOPPED_SENDING = _(
    "The sending was stopped. Whether a part of it is in the archive is not known: the next one of this study looks."
)
"""What is known of a sending whose worker was ended before it could say what came of it."""


class JobRunner(Protocol):
    """What the workflow needs of a worker process; tests put a scripted one in its place."""

    progressed: Signal
    ended: Signal

    @property
    def is_running(self) -> bool:
        """Whether a job runs."""

    def start(self, job: Job, secrets: Mapping[str, str]) -> None:
        """Start a job; :attr:`ended` is emitted once, after it is over."""

    def cancel(self) -> None:
        """Ask the job to stop."""

    def shut_down(self) -> None:
        """End whatever runs, now; nothing is emitted any more."""
