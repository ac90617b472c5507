"""What came of every study of a folder: a table to compute with, and a page to look through."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from BratsSegmenterLib.domain import LEAF_REGIONS, REGIONS
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.kept_study import KeptStudy, StudyOrigin, StudyState
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.study_queue import StudyQueue
from BratsSegmenterLib.unattended.overview import PICTURE_FILE, draw_overview
from BratsSegmenterLib.unattended.studies import QUEUE_FILE

TABLE_FILE, PAGE_FILE = "studies.csv", "studies.html"
_URGENT = (StudyState.NEEDS_YOU, StudyState.FAILED)


@dataclass(frozen=True)
class StudyRow:
    """One study of the folder.

    Attributes
    ----------
    folder : str
        Name of its job folder.
    origin : StudyOrigin
    state : StudyState
    reason : str
        Why it needs a person or failed; empty otherwise.
    result : SegmentResult or None
        What was segmented.
    no_picture : str
        Why its picture could not be drawn; empty otherwise.
    """

    folder: str
    origin: StudyOrigin
    state: StudyState
    reason: str
    result: SegmentResult | None
    no_picture: str = ""

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes the result doubtful."""
        return () if self.result is None else self.result.doubts

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else is to be known about it."""
        warnings = () if self.result is None else self.result.warnings
        return tuple(one for one in (*warnings, self.no_picture) if one and one not in self.doubts)

    @property
    def volumes_ml(self) -> dict[str, float]:
        """By region key; empty where nothing was segmented."""
        return {} if self.result is None else dict(self.result.volumes_ml)

    @property
    def picture(self) -> str:
        """Path of its picture from the folder of the studies; empty where there is none."""
        return "" if self.result is None or self.no_picture else f"{self.folder}/{PICTURE_FILE}"

    @property
    def quality_page(self) -> str:
        """Path of its quality page from there; empty where there is none."""
        if self.result is None:
            return ""
        return (JobFolder(Path(self.folder)).quality / self.result.quality_page.name).as_posix()


def write_tables(folder: Path) -> tuple[StudyRow, ...]:
    """Write ``studies.csv`` and ``studies.html`` about all studies of a folder, and return what they say.

    The table names studies by their UIDs, for joining them with other data; the page by their folders alone.
    """
    rows = tuple(replace(row, no_picture=_drawn(folder, row)) for row in study_rows(folder))
    write_atomically(folder / TABLE_FILE, to_csv(rows).encode())
    write_page(
        folder / PAGE_FILE,
        "studies.html",
        rows=sorted(rows, key=_urgency),
        counts=Counter(row.state.value for row in rows),
        regions=tuple(REGIONS.values()),
        legend=LEAF_REGIONS,
    )
    return rows


def _drawn(folder: Path, row: StudyRow) -> str:
    """Draw the picture of a row's result, where there is one; why that could not be, else empty."""
    if row.result is None:
        return ""
    try:
        draw_overview(JobFolder(folder / row.folder), row.result)
    except ExportError as error:
        return str(error)
    return ""


def _urgency(row: StudyRow) -> int:
    """0 for what needs a person; what failed, what is doubtful and the rest follow."""
    return _URGENT.index(row.state) if row.state in _URGENT else len(_URGENT) + (not row.doubts)


def study_rows(folder: Path) -> tuple[StudyRow, ...]:
    """Every study of a folder, by date."""
    queued = {item.folder: item for item in StudyQueue(folder / QUEUE_FILE).items}
    rows = []
    for path in sorted(folder.iterdir()):
        kept = KeptStudy(path)
        origin = kept.origin if path.is_dir() else None
        if origin is None:
            continue
        item = queued.get(path.name)
        state, reason = (kept.state, "") if item is None else (item.state, item.reason)
        result = None if kept.state is StudyState.NEW else kept.result
        rows.append(StudyRow(path.name, origin, state, reason, result))
    return tuple(sorted(rows, key=lambda row: (row.origin.study.study_date, row.folder)))


def to_csv(rows: Iterable[StudyRow]) -> str:
    """One line a study: millilitres and intervals by region, what was not measured, what is to be known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    measures = [f"{key}_{what}" for key in REGIONS for what in ("ml", "low_ml", "high_ml")]
    writer.writerow(
        ["folder", "study_uid", "study_date", "state", "reason", "sequences", "model", *measures, "doubts", "remarks"]
    )
    for row in rows:
        study = row.origin.study
        told = [row.folder, study.study_uid, study.study_date, row.state.value, row.reason]
        writer.writerow([*told, *_measured(row.result), " ".join(row.doubts), " ".join(row.remarks)])
    return text.getvalue()


def _measured(result: SegmentResult | None) -> Sequence[str]:
    """Sequences, model, and millilitres with their intervals."""
    if result is None:
        return [""] * (2 + 3 * len(REGIONS))
    cells = []
    for key in REGIONS:
        volume, interval = result.volumes_ml.get(key), result.intervals_ml.get(key)
        cells += ["" if volume is None else f"{volume:.3f}"]
        cells += ["", ""] if interval is None else [f"{bound:.3f}" for bound in interval]
    model = f"{result.algorithm.name} {result.algorithm.version}"
    return [" ".join(result.volumes), model, *cells]
