"""A file of JSON lines that can only grow: each line holds the hash of the one before."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from BratsSegmenterLib.durable import flush_folder, write_atomically
from BratsSegmenterLib.errors import LearningError

_NOTHING_BEFORE = "0" * 64
_BROKEN = "Keep the folder as it is and compare it with a backup; nothing is added to a broken ledger."

Link = dict[str, Any]


class Chain:
    """The lines of one file, each a JSON object in canonical form: sorted keys, no blanks, ASCII.

    ``number`` counts from 1, ``previous`` is the ``sha256`` of the line before, ``sha256`` that of the canonical bytes
    of the line's other keys. A second file says how many lines there are and how the last one hashes, so that lines
    cut off at the end are missed too. It may be one line behind: a process was killed between the two files.

    Parameters
    ----------
    folder : Path
        Holds ``entries.jsonl`` and ``head.json``. Callers see to it that one process at a time is at work in it.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "entries.jsonl"
        self._head = folder / "head.json"

    def read(self) -> list[Link]:
        """All lines, proved to be those that were written.

        Raises
        ------
        LearningError
            Names the first line that was changed, is missing or ends too early.
        """
        noted = self._noted_end()  # first: a reader without a lock may meet a line that is added just now
        lines, torn = self._lines()
        links = list(_followed(lines))
        if torn:
            raise LearningError(
                f"The ledger ends in the middle of entry {len(links) + 1}: its writing was interrupted.",
                "Run 'brats-segmenter ledger mend' to set the rest of that line aside.",
            )
        _check_end(links, *noted)
        return links

    def append(self, values: Mapping[str, Any]) -> Link:
        """Write one line; when it returns, not even a power loss takes it away.

        Raises
        ------
        LearningError
            The lines before are not in order.
        OSError
            The disk refused. Nothing was added.
        """
        links = self.read()
        link = {**values, "number": len(links) + 1, "previous": links[-1]["sha256"] if links else _NOTHING_BEFORE}
        link["sha256"] = _sha256(link)
        length = self._path.stat().st_size if self._path.exists() else 0
        try:
            self._write_line(_canonical(link))
            write_atomically(self._head, _canonical({"entries": link["number"], "sha256": link["sha256"]}))
        except OSError:
            if self._noted_end()[0] < link["number"]:  # what the second file counts must stay in the first
                self._cut_to(length)
            raise
        return link

    def set_torn_line_aside(self) -> Path | None:
        """Move a last line that ends too early into a file of its own, and say which; None where all are whole."""
        lines, torn = self._lines()
        if not torn:
            return None
        aside = self._path.with_name(f"torn-{datetime.now(UTC):%Y%m%dT%H%M%S%f}.txt")
        write_atomically(aside, torn)
        self._cut_to(sum(len(line) + 1 for line in lines))
        return aside

    def _write_line(self, line: bytes) -> None:
        with self._path.open("ab") as file:
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        flush_folder(self._path.parent)

    def _cut_to(self, length: int) -> None:
        """Take away what lies behind the first `length` bytes; nothing where not even the file was made."""
        if self._path.exists():
            with self._path.open("rb+") as file:
                file.truncate(length)
                os.fsync(file.fileno())

    def _lines(self) -> tuple[list[bytes], bytes]:
        """The whole lines, and what comes behind the last line's end."""
        *lines, torn = self._path.read_bytes().split(b"\n") if self._path.exists() else [b""]
        return lines, torn

    def _noted_end(self) -> tuple[int, str]:
        if not self._head.exists():
            return 0, _NOTHING_BEFORE
        try:
            head = json.loads(self._head.read_bytes())
            return int(head["entries"]), str(head["sha256"])
        except (ValueError, KeyError, TypeError) as error:
            raise LearningError(f"{self._head.name} of the ledger is damaged.", _BROKEN, str(error)) from error


def _check_end(links: list[Link], count: int, last: str) -> None:
    """Compare the lines with how many there were noted to be, and the hash of the last one."""
    hashes = [_NOTHING_BEFORE, *(link["sha256"] for link in links)]
    if count > len(links):
        raise LearningError(f"Entry {len(links) + 1} of {count} is missing.", _BROKEN)
    if len(links) > count + 1:
        raise LearningError(f"Entry {count + 2} was not written by this program.", _BROKEN)
    if hashes[count] != last:
        raise LearningError(f"Entry {count} was replaced after it was written.", _BROKEN)


def _followed(lines: list[bytes]) -> Iterator[Link]:
    """The lines as long as each is whole, unchanged and follows from the one before."""
    previous = _NOTHING_BEFORE
    for number, line in enumerate(lines, 1):
        link = _link(number, line)
        if link["number"] != number:
            raise LearningError(f"Entry {number} is missing: entry {link['number']} stands in its place.", _BROKEN)
        if link["previous"] != previous:
            raise LearningError(f"Entry {number - 1} was replaced: entry {number} does not follow from it.", _BROKEN)
        previous = link["sha256"]
        yield link


def _link(number: int, line: bytes) -> Link:
    changed = LearningError(f"Entry {number} was changed after it was written.", _BROKEN)
    try:
        link = json.loads(line)
    except ValueError as error:
        raise changed from error
    if not isinstance(link, dict) or _canonical(link) != line:
        raise changed
    if link.get("sha256") != _sha256({key: value for key, value in link.items() if key != "sha256"}):
        raise changed
    return link


def _canonical(values: Mapping[str, Any]) -> bytes:
    return json.dumps(values, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")


def _sha256(values: Mapping[str, Any]) -> str:
    return hashlib.sha256(_canonical(values)).hexdigest()
