"""What came of every study of a folder: a table to compute with, and a page to look through."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.domain import LEAF_REGIONS, REGIONS
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.study import JobFolder, StudyState, study_folder
from BratsSegmenterLib.unattended.earlier_table import DELETED, TABLE_FILE, put_aside, read_table
from BratsSegmenterLib.unattended.overview import draw_overview
from BratsSegmenterLib.unattended.patients import patient_names
from BratsSegmenterLib.unattended.places import write_places
from BratsSegmenterLib.unattended.rows import StudyRow, study_rows

PAGE_FILE = "studies.html"
_URGENT = (StudyState.NEEDS_YOU, StudyState.FAILED)
_COLUMNS = (
    "folder",
    "study_uid",
    "study_date",
    "patient",
    "state",
    "reason",
    "sequences",
    "model",
    "postoperative",
    "volumes_of",
    *(f"{key}_{what}" for key in REGIONS for what in ("ml", "low_ml", "high_ml")),
    "product_sum_mm2",
    "doubts",
    "remarks",
)


def _say_nothing(_sentence: str) -> None:
    """Whoever only wants the rows."""


def write_tables(folder: Path, say: Callable[[str], None] = _say_nothing) -> tuple[StudyRow, ...]:
    """Write ``studies.csv`` and ``studies.html`` about all studies of a folder, and return what they say.

    The table names studies by their UIDs, for joining them with other data, and patients by pseudonyms; the page names
    studies by their folders alone. What the table said of studies that were deleted since, it says on. Where studies of
    this computer lay stands in a list of its own.

    Parameters
    ----------
    folder : Path
        Of the studies.
    say : callable
        Told where the table is kept that could not be read any more, and why patients have no pseudonyms.
    """
    rows = study_rows(folder)
    patients = patient_names(folder, (row.origin.study.patient_id for row in rows), say)
    rows = tuple(
        replace(row, no_picture=_not_drawn(folder, row), patient=patients.get(row.origin.study.patient_id, ""))
        for row in rows
    )
    write_places(folder, rows)
    write_atomically(folder / TABLE_FILE, to_csv(rows, _deleted(folder, rows, say)).encode(), is_private=False)
    write_page(
        folder / PAGE_FILE,
        "studies.html",
        rows=sorted(rows, key=_urgency),
        counts=Counter(row.state.value for row in rows),
        regions=tuple(REGIONS.values()),
        leaves=LEAF_REGIONS,
    )
    return rows


def _not_drawn(folder: Path, row: StudyRow) -> str:
    """Draw the picture of a row's result, where there is one; why that could not be, else empty."""
    if row.result is None or row.drawn is None:
        return ""
    try:
        draw_overview(JobFolder(folder / row.folder), row.result, row.drawn)
    except ExportError as error:
        return str(error)
    return ""


def _urgency(row: StudyRow) -> int:
    """0 for what needs a person; what failed, what is doubtful and the rest follow."""
    return _URGENT.index(row.state) if row.state in _URGENT else len(_URGENT) + (not row.doubts)


def _deleted(folder: Path, rows: Iterable[StudyRow], say: Callable[[str], None]) -> list[dict[str, str]]:
    """What the table says of studies that are no longer there: a clean-up took the files, not what was measured."""
    told = read_table(folder / TABLE_FILE)
    if told is None:
        aside = put_aside(folder / TABLE_FILE)
        say(f"{TABLE_FILE} could not be read. It is kept as {aside.name}, with what it says of deleted studies.")
        return []
    here = {row.origin.study.study_uid for row in rows}
    gone = {line["study_uid"]: line for line in told if line["study_uid"] not in here}
    return [_as_deleted(line) for line in gone.values()]


def _as_deleted(line: Mapping[str, str]) -> dict[str, str]:
    """Under its folder's name anew: sixteen digits are a number to a spreadsheet, and it rounds that."""
    cells = {column: line.get(column) or "" for column in _COLUMNS}
    return cells | {"folder": study_folder(Path(), line["study_uid"]).name, "state": DELETED}


def to_csv(rows: Iterable[StudyRow], deleted: Iterable[Mapping[str, str]] = ()) -> str:
    """One line a study, by date: millilitres and intervals by region, who drew them, what is to be known.

    Parameters
    ----------
    rows : iterable of StudyRow
    deleted : iterable of mapping of str to str
        Lines about studies that are no longer there, by column.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, lineterminator="\n")
    writer.writeheader()
    lines = [*map(_line, rows), *deleted]
    writer.writerows(sorted(lines, key=lambda line: (line["study_date"], line["folder"])))
    return text.getvalue()


def _line(row: StudyRow) -> dict[str, str]:
    study = row.origin.study
    return {
        "folder": row.folder,
        "study_uid": study.study_uid,
        "study_date": study.study_date,
        "patient": row.patient,
        "state": row.state.value,
        "reason": row.reason,
        "doubts": " ".join(row.doubts),
        "remarks": " ".join(row.remarks),
        **_measured(row),
    }


def _measured(row: StudyRow) -> dict[str, str]:
    """Sequences, model, and millilitres with their intervals; nothing where nothing was segmented."""
    if row.result is None:
        return {}
    cells = {
        "sequences": " ".join(row.result.volumes),
        "model": row.model,
        "postoperative": "yes" if row.result.is_postoperative else "no",
        "volumes_of": row.volumes_of,
    }
    for key, volume in row.volumes_ml.items():
        cells[f"{key}_ml"] = f"{volume:.3f}"
    intervals_ml = {} if row.drawn is None else row.drawn.intervals_ml
    for key, interval in intervals_ml.items():
        cells[f"{key}_low_ml"], cells[f"{key}_high_ml"] = (f"{bound:.3f}" for bound in interval)
    if row.product_sum_mm2 is not None:
        cells["product_sum_mm2"] = f"{row.product_sum_mm2:.0f}"
    return cells
