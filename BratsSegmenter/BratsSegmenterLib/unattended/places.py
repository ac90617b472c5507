"""Where the studies of a folder lay: a list apart from their table, as folders may be called as their patients are."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path

from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.unattended.earlier_table import read_table
from BratsSegmenterLib.unattended.rows import StudyRow

PLACES_FILE = "places.csv"
_COLUMNS = ("folder", "study_uid", "path")


def write_places(folder: Path, rows: Iterable[StudyRow]) -> None:
    """List the folder that holds all files of each study that was taken from this computer, for joining with the table.

    What the list says of studies that were deleted since, it says on.
    """
    here = {row.origin.study.study_uid: _line(row) for row in rows if row.origin.files}
    if not here:
        return
    known = {line["study_uid"]: line for line in read_table(folder / PLACES_FILE) or ()}
    text = io.StringIO()
    writer = csv.DictWriter(text, _COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows({**known, **here}.values())
    write_atomically(folder / PLACES_FILE, text.getvalue().encode(errors="surrogateescape"))


def _line(row: StudyRow) -> dict[str, str]:
    place = os.path.commonpath([file.parent for file in row.origin.files])
    return {"folder": row.folder, "study_uid": row.origin.study.study_uid, "path": place}
