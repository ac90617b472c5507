"""The table of an earlier run, which somebody may have opened in a spreadsheet and saved."""

from __future__ import annotations

import csv
import io
from itertools import count
from pathlib import Path

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


def put_aside(file: Path) -> Path:
    """Give the file a name under which nothing is written over it, and return that."""
    names = (file.with_stem(f"{file.stem}{_ASIDE}{number}") for number in count(1))
    aside = next(path for path in names if not path.exists())
    return file.rename(aside)


def is_put_aside(file: Path, name: str) -> bool:
    """Whether a file was called `name` before it was put aside."""
    stem, _, number = file.stem.rpartition(_ASIDE)
    return number.isdecimal() and file.with_stem(stem).name == name


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
