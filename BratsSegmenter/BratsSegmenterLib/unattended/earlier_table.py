"""The table of an earlier run, which somebody may have opened in a spreadsheet and saved."""

from __future__ import annotations

import csv
import io
from functools import lru_cache
from itertools import count
from pathlib import Path

from BratsSegmenterLib.study import StudyState

TABLE_FILE = "studies.csv"
DELETED = "deleted"
"""The state of a study that a clean-up deleted."""
_DONE = (
    StudyState.SEGMENTED.value,
    StudyState.CORRECTED.value,
    StudyState.SENT.value,
    StudyState.LEFT_ALONE.value,
    DELETED,
)
_NEEDED = ("folder", "study_uid")
_ASIDE = "-unreadable-"


def read_table(file: Path) -> list[dict[str, str]] | None:
    """Its lines by column; None where it is no such table any more.

    Spreadsheets put a byte order mark in front, and semicolons between the cells where numbers have decimal commas.
    """
    try:
        written = file.read_text(encoding="utf-8-sig", errors="replace")
    except FileNotFoundError:
        return []
    if not written.strip():
        return []
    lines = _lines(written, ",")
    return _lines_with_decimal_commas(written) if lines is None else lines


def measured_studies(file: Path) -> frozenset[str]:
    """The UIDs of the studies that were done and whose volumes the table states, also where they are deleted now."""
    try:
        written_ns = file.stat().st_mtime_ns
    except FileNotFoundError:
        return frozenset()
    return _measured_studies(file, written_ns)


@lru_cache(maxsize=1)  # it is asked about one study after the other
def _measured_studies(file: Path, _written_ns: int) -> frozenset[str]:
    lines = read_table(file) or ()
    return frozenset(line["study_uid"] for line in lines if line.get("state") in _DONE and line.get("volumes_of"))


def put_aside(file: Path) -> Path:
    """Give the file a name under which nothing is written over it, and return that."""
    names = (file.with_stem(f"{file.stem}{_ASIDE}{number}") for number in count(1))
    aside = next(path for path in names if not path.exists())
    return file.rename(aside)


def _lines(written: str, delimiter: str) -> list[dict[str, str]] | None:
    reader = csv.DictReader(io.StringIO(written, newline=""), restkey="", restval="", delimiter=delimiter)
    try:
        if not set(_NEEDED) <= set(reader.fieldnames or ()):
            return None
        lines = [line for line in reader if any(line.values())]
    except csv.Error:
        return None
    return lines if all(line[column] for line in lines for column in _NEEDED) else None


def _lines_with_decimal_commas(written: str) -> list[dict[str, str]] | None:
    lines = _lines(written, ";")
    if lines is None:
        return None
    return [
        {column: cell.replace(",", ".") if column.endswith("_ml") else cell for column, cell in line.items()}
        for line in lines
    ]
