"""What came of every study of a folder: a table to compute with, and a page to look through."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS, REGIONS
from BratsSegmenterLib.domain import Sequence as MRSequence
from BratsSegmenterLib.durable import whole_file, write_atomically
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.kept_study import KeptStudy, StudyOrigin, StudyState
from BratsSegmenterLib.labelmap import read_image, read_labelmap
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.pictures import Plane, SliceLayout, captioned, draw_regions, montage, slice_image
from BratsSegmenterLib.study_queue import StudyQueue
from BratsSegmenterLib.unattended.studies import QUEUE_FILE

if TYPE_CHECKING:
    from PIL import Image

TABLE_FILE, PAGE_FILE = "studies.csv", "studies.html"
_PICTURE_FILE = "overview.png"
_BACKGROUNDS = (MRSequence.T1C, MRSequence.FLAIR)
_PIXELS_PER_MM = 1.5
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
    """

    folder: str
    origin: StudyOrigin
    state: StudyState
    reason: str
    result: SegmentResult | None

    @property
    def doubts(self) -> tuple[str, ...]:
        """What makes the result doubtful."""
        return () if self.result is None else self.result.doubts

    @property
    def remarks(self) -> tuple[str, ...]:
        """What else is to be known about it."""
        return () if self.result is None else tuple(one for one in self.result.warnings if one not in self.doubts)

    @property
    def volumes_ml(self) -> dict[str, float]:
        """By region key; empty where nothing was segmented."""
        return {} if self.result is None else dict(self.result.volumes_ml)

    @property
    def picture(self) -> str:
        """Path of its picture from the folder of the studies; empty where there is none."""
        return "" if self.result is None else f"{self.folder}/{_PICTURE_FILE}"

    @property
    def quality_page(self) -> str:
        """Path of its quality page from there; empty where there is none."""
        return "" if self.result is None else f"{self.folder}/quality/{self.result.quality_page.name}"


def write_tables(folder: Path) -> tuple[StudyRow, ...]:
    """Write ``studies.csv`` and ``studies.html`` about all studies of a folder, and return what they say.

    The table names studies by their UIDs, for joining them with other data; the page by their folders alone.
    """
    rows = study_rows(folder)
    write_atomically(folder / TABLE_FILE, to_csv(rows).encode())
    for row in rows:
        _draw(folder / row.folder, row.result)
    write_page(
        folder / PAGE_FILE,
        "studies.html",
        rows=sorted(rows, key=_urgency),
        counts=Counter(row.state.value for row in rows),
        regions=tuple(REGIONS.values()),
        legend=LEAF_REGIONS,
    )
    return rows


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


def _draw(folder: Path, result: SegmentResult | None) -> None:
    """The picture of a study, unless the one that is there is younger than the result."""
    path = folder / _PICTURE_FILE
    if result is None or (path.exists() and path.stat().st_mtime >= result.labels.stat().st_mtime):
        return
    with whole_file(path) as partial:
        _picture(JobFolder(folder), result).save(partial)


def _picture(folder: JobFolder, result: SegmentResult) -> Image.Image:
    """The axial slice with most of the tumour, plain and outlined, on T1c and on FLAIR where they are there."""
    drawn = read_labelmap(folder.segmentation)
    layout = SliceLayout(drawn.geometry, Plane.AXIAL)
    index = _fullest(layout, drawn.labels)
    shown = [sequence for sequence in _BACKGROUNDS if sequence.value in result.volumes]
    panels = []
    for sequence in shown or [MRSequence(result.reference)]:
        image = read_image(folder.volume(sequence))
        grey = slice_image(image, drawn.geometry, Plane.AXIAL, index, pixels_per_mm=_PIXELS_PER_MM)
        panels.append(captioned(grey, sequence.value))
        panels.append(captioned(draw_regions(grey, drawn.labels, drawn.geometry, Plane.AXIAL, index), "segmented"))
    return montage(panels, columns=4)


def _fullest(layout: SliceLayout, labels: NDArray[np.uint8]) -> int:
    """The slice with most labelled pixels; the middle one when nothing was drawn."""
    areas = [int(np.count_nonzero(layout.pixels(labels, n))) for n in range(layout.slice_count)]
    return int(np.argmax(areas)) if any(areas) else layout.slice_count // 2
