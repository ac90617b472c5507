"""Signals between Python objects; declaring a qt.Signal in a Python class does not work in PythonQt."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Signal:
    """A list of handlers that are called with what is emitted, in the order they were connected.

    Examples
    --------
    >>> chosen = Signal()
    >>> chosen.connect(print)
    >>> chosen.emit("T1c")
    T1c
    """

    def __init__(self) -> None:
        self._handlers: list[Callable[..., Any]] = []

    def connect(self, handler: Callable[..., Any]) -> None:
        """Call `handler` at every emission from now on."""
        self._handlers.append(handler)

    def disconnect(self, handler: Callable[..., Any]) -> None:
        """Do not call `handler` any more.

        Raises
        ------
        ValueError
            It was not connected.
        """
        self._handlers.remove(handler)

    def emit(self, *arguments: Any) -> None:
        """Call every handler with `arguments`; one that is disconnected meanwhile is still called."""
        for handler in tuple(self._handlers):
            handler(*arguments)
