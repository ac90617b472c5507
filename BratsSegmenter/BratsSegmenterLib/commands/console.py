"""What a command says: progress bars and tables for people, one JSON object for scripts."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

from rich import box
from rich.console import Console as RichConsole
from rich.progress import BarColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as ProgressBars
from rich.table import Table

from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.progress import Progress, ProgressEvent

_UNBROKEN_COLUMNS = 10_000


class Console:
    """Speaks to a terminal, or to a script when `as_json` is set.

    People's words go to standard error with ``--json``, so that standard output holds nothing but one JSON object.
    """

    def __init__(self, as_json: bool = False) -> None:
        self._as_json = as_json
        is_terminal = (sys.stderr if as_json else sys.stdout).isatty()
        self._rich = RichConsole(stderr=as_json, highlight=False, width=None if is_terminal else _UNBROKEN_COLUMNS)
        self._bars = _new_bars()
        self._tasks: dict[str, TaskID] = {}

    def say(self, text: str) -> None:
        """A plain line."""
        self._speaker.print(text, markup=False, soft_wrap=True)

    def warn(self, text: str) -> None:
        """A line that deserves attention."""
        self._speaker.print(f"! {text}", style="yellow", markup=False, soft_wrap=True)

    def remark(self, text: str) -> None:
        """A line that is good to know."""
        self._speaker.print(f"- {text}", markup=False, soft_wrap=True)

    def error(self, error: BratsSegmenterError) -> None:
        """What went wrong, what to do and, smaller, why."""
        self.to_stderr(error.what, "bold red")
        if error.advice:
            self.to_stderr(error.advice)
        if error.cause:
            self.to_stderr(f"({error.cause})")
        self._json_error(error.what, error.advice, error.cause)

    def cancelled(self, what: str) -> None:
        """What came of work that the user ended."""
        self.to_stderr(what)
        self._json_error(what, cause="cancelled")

    def wrong_arguments(self, what: str) -> None:
        """For scripts alone: argparse says it to people."""
        self._json_error(what, cause="wrong arguments")

    def _json_error(self, what: str, advice: str = "", cause: str = "") -> None:
        if self._as_json:
            print(json.dumps({"error": {"what": what, "advice": advice, "cause": cause}}), flush=True)

    def to_stderr(self, text: str, style: str = "") -> None:
        """A line that never mixes with results."""
        RichConsole(stderr=True, highlight=False).print(text, style=style, markup=False, soft_wrap=True)

    def table(self, title: str, columns: Iterable[str], rows: Iterable[Iterable[object]]) -> None:
        """A table for people; nothing with ``--json``, where :meth:`result` says the same.

        Where the terminal is too narrow for what has no spaces, such as UIDs and paths, each row is a list instead:
        they are there to be copied.
        """
        if self._as_json:
            return
        names, lines = list(columns), [[str(cell) for cell in row] for row in rows]
        table = Table(*names, title=title, box=box.SIMPLE_HEAD, title_justify="left")
        for line in lines:
            table.add_row(*line)
        unbroken = self._rich.measure(table, options=self._rich.options.update_width(_UNBROKEN_COLUMNS))
        if unbroken.minimum <= self._rich.width:
            self._rich.print(table, markup=False)
        else:
            self._print_lists(title, names, lines)

    def _print_lists(self, title: str, names: Sequence[str], lines: Iterable[Iterable[str]]) -> None:
        self.say(title)
        longest = max(map(len, names))
        for line in lines:
            self.say("")
            for name, cell in zip(names, line, strict=True):
                self.say(f"  {name:<{longest}}  {cell}")

    def result(self, payload: Mapping[str, Any]) -> None:
        """The command's result as one JSON object on standard output, only with ``--json``."""
        if self._as_json:
            print(json.dumps(payload, default=str), flush=True)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A progress whose stages are drawn as bars on a terminal; Ctrl+C or SIGTERM cancels at the next safe point."""
        interrupted = False

        def interrupt(signum: int, frame: FrameType | None) -> None:
            nonlocal interrupted
            if interrupted:
                raise KeyboardInterrupt
            interrupted = True

        previous = {number: signal.signal(number, interrupt) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            with self._bars:
                yield Progress(self._draw, lambda: interrupted)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)

    @property
    def _speaker(self) -> RichConsole:
        """On one terminal the bars' own console, which moves the bars out of the way of a line."""
        return self._bars.console if self._bars.live.is_started and sys.stdout.isatty() else self._rich

    def clear_bars(self) -> None:
        """Take the bars of finished stages away: the next study begins."""
        for task in self._tasks.values():
            self._bars.remove_task(task)
        self._tasks.clear()

    def _draw(self, event: ProgressEvent) -> None:
        if event.stage not in self._tasks:
            self._tasks[event.stage] = self._bars.add_task(event.stage, total=1.0, message="")
        self._bars.update(self._tasks[event.stage], completed=event.fraction, message=event.message)


def _new_bars() -> ProgressBars:
    return ProgressBars(
        TextColumn("{task.description:<24}"),
        BarColumn(),
        TimeElapsedColumn(),
        TextColumn("{task.fields[message]}", markup=False),
        console=RichConsole(stderr=True),
        disable=not sys.stderr.isatty(),
    )
