"""Blocking work in threads, watched from the caller's thread so that a cancel acts at once."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

from BratsSegmenterLib.errors import Cancelled

Result = TypeVar("Result")
_POLL_S = 0.1
_GRACE_S = 0.5


class Stop:
    """Tells a working thread that nobody wants its result any more."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Ask the threads to end."""
        self._event.set()

    def sleep(self, seconds: float) -> None:
        """Wait, unless asked to end.

        Raises
        ------
        Cancelled
            The work is no longer wanted.
        """
        if self._event.wait(seconds):
            raise Cancelled

    def raise_if_set(self) -> None:
        """Raise :class:`Cancelled` when the work is no longer wanted."""
        self.sleep(0)


def run_watched(
    tasks: Iterable[Callable[[Stop], Result]],
    watch: Callable[[], None],
    cut: Callable[[], None],
    workers: int = 1,
) -> list[Result]:
    """Run tasks in `workers` threads.

    Parameters
    ----------
    tasks : iterable of callable
        Each gets the :class:`Stop` it should obey.
    watch : callable
        Called ten times a second from the calling thread; may raise to end everything.
    cut : callable
        Called when something was raised: ends what blocks the threads.

    Returns
    -------
    list
        The results in the order of the tasks.

    Raises
    ------
    Exception
        The first that a task or `watch` raised; all other tasks are stopped then.
    """
    stop = Stop()
    pool = ThreadPoolExecutor(workers, thread_name_prefix="archive")
    futures = [pool.submit(task, stop) for task in tasks]
    try:
        pending = set(futures)
        while pending:
            watch()
            done, pending = wait(pending, timeout=_POLL_S, return_when=FIRST_EXCEPTION)
            for future in done:
                future.result()
    except BaseException:
        stop.set()
        cut()
        wait(futures, timeout=_GRACE_S)
        pool.shutdown(wait=False, cancel_futures=True)
        raise
    pool.shutdown()
    return [future.result() for future in futures]
