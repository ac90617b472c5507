"""Work cut into short steps, so that an event loop can turn between them: a generator that yields after each one."""

from __future__ import annotations

from collections.abc import Callable, Generator
from typing import TypeVar

Outcome = TypeVar("Outcome")

Steps = Generator[None, None, Outcome]
"""Yields after each step, and returns what came of the work. Closed early, it leaves nothing half done behind."""

StepRunner = Callable[[Callable[[], bool]], None]
"""Calls a function again and again, one call a turn of the event loop, until it answers False."""


def run_through(steps: Steps[Outcome]) -> Outcome:
    """Do all steps at once and give back what came of them.

    Examples
    --------
    >>> def counted():
    ...     yield
    ...     yield
    ...     return 2
    >>> run_through(counted())
    2
    """
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value


def taking(steps: Steps[Outcome]) -> Callable[[], bool]:
    """What a :data:`StepRunner` calls to take `steps` one by one."""
    return lambda: next((True for _step in steps), False)


def at_once(step: Callable[[], bool]) -> None:
    """A :data:`StepRunner` where there is no event loop."""
    while step():
        pass
