"""What is to be said of every study of a folder, from what its job folder keeps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from BratsSegmenterLib.dicom import Authorship
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.study import JobFolder, KeptStudy, QueueItem, StudyOrigin, StudyQueue, StudyState, study_folders
from BratsSegmenterLib.unattended.drawn_now import DrawnVolumes, volumes_now
from BratsSegmenterLib.unattended.file_names import FileNames
from BratsSegmenterLib.unattended.overview import PICTURE_FILE
from BratsSegmenterLib.unattended.standing import was_left_alone
from BratsSegmenterLib.unattended.studies import QUEUE_FILE
from BratsSegmenterLib.unattended.whole_way import CARRIES_A_RESULT

_RESULT_IS_GONE = "Its result is gone or damaged."


@dataclass(frozen=True)
class StudyRow:
    """One study of the folder; its sentences name files by their numbers, because their names may be the patient's.

    Attributes
    ----------
    folder : str
        Name of its job folder.
    origin : StudyOrigin
    state : StudyState
    reason : str
        Why it needs a person or failed, or has no result of this folder; empty otherwise.
    result : SegmentResult or None
        What was segmented.
    drawn : DrawnVolumes or None
        What it measures, as it is drawn now; None where nothing was segmented, or it cannot be read.
    unreadable : str
        Why it cannot; empty otherwise.
    no_picture : str
        Why its picture could not be drawn; empty otherwise.
    patient : str
        The same for all studies under one Patient ID, and nobody's name; empty where the ID is not known.
    """

    folder: str
    origin: StudyOrigin
    state: StudyState
    reason: str
    result: SegmentResult | None
    drawn: DrawnVolumes | None
    unreadable: str = ""
    no_picture: str = ""
    patient: str = ""

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """What makes the result doubtful."""
        return () if self.result is None else tuple(self._names.hidden_in(doubt) for doubt in self.result.doubts)

    @cached_property
    def remarks(self) -> tuple[str, ...]:
        """What else is to be known about it."""
        warnings = () if self.result is None else self.result.warnings
        said = (text for text in (*warnings, self.unreadable, self.no_picture) if text)
        remarks = (self._names.hidden_in(text) for text in said)
        return tuple(remark for remark in remarks if remark not in self.doubts)

    @cached_property
    def _names(self) -> FileNames:
        return FileNames(self.origin.files)

    @property
    def volumes_ml(self) -> Mapping[str, float]:
        """By region key; empty where nothing was segmented."""
        return {} if self.drawn is None else self.drawn.volumes_ml

    @property
    def volumes_of(self) -> str:
        """Who drew what was measured: "model" or, where a person changed it, "corrected"; empty without volumes."""
        if self.drawn is None:
            return ""
        was_taken_up_so = self.result is not None and self.result.authorship is Authorship.EDITED
        return "corrected" if self.drawn.is_corrected or was_taken_up_so else "model"

    @property
    def model(self) -> str:
        """Name and version of the model, or where others drew it; empty where nothing was segmented."""
        return "" if self.result is None else self.result.algorithm.title

    @property
    def product_sum_mm2(self) -> float | None:
        """Of the products of all measurable lesions; None where that is not known."""
        return None if self.drawn is None else self.drawn.product_sum_mm2

    @property
    def record(self) -> dict[str, Any]:
        """What scripts read of it."""
        return {
            "folder": self.folder,
            "study_uid": self.origin.study.study_uid,
            "study_date": self.origin.study.study_date,
            "patient": self.patient,
            "state": self.state.value,
            "reason": self.reason,
            "model": self.model,
            "volumes_ml": self.volumes_ml,
            "product_sum_mm2": self.product_sum_mm2,
            "volumes_of": self.volumes_of,
            "doubts": self.doubts,
            "remarks": self.remarks,
        }

    @property
    def picture(self) -> str:
        """Path of its picture from the folder of the studies; empty where there is none."""
        return "" if self.drawn is None or self.no_picture else f"{self.folder}/{PICTURE_FILE}"

    @property
    def quality_page(self) -> str:
        """Path of its quality page from there; empty where there is none."""
        if self.result is None:
            return ""
        return (JobFolder(Path(self.folder)).quality / self.result.quality_page.name).as_posix()


def study_rows(folder: Path) -> tuple[StudyRow, ...]:
    """Every study of a folder, by date."""
    queued = {item.folder: item for item in StudyQueue(folder / QUEUE_FILE).items}
    rows = []
    for path in study_folders(folder):
        kept = KeptStudy(path)
        origin = kept.origin
        if origin is None:
            continue
        result = None if kept.state is StudyState.NEW else kept.result
        item = queued.get(path.name)
        state, reason = _at_rest(kept, result) if item is None else _in_queue(item, origin)
        rows.append(StudyRow(path.name, origin, state, reason, result, *_drawn(JobFolder(path), result)))
    return tuple(sorted(rows, key=lambda row: (row.origin.study.study_date, row.folder)))


def _in_queue(item: QueueItem, origin: StudyOrigin) -> tuple[StudyState, str]:
    reason = FileNames(origin.files).hidden_in(item.reason) if item.reason else ""
    return item.state, reason


def _at_rest(kept: KeptStudy, result: SegmentResult | None) -> tuple[StudyState, str]:
    if was_left_alone(kept):
        return StudyState.LEFT_ALONE, CARRIES_A_RESULT
    state = kept.state
    return state, _RESULT_IS_GONE if state is not StudyState.NEW and result is None else ""


def _drawn(folder: JobFolder, result: SegmentResult | None) -> tuple[DrawnVolumes | None, str]:
    """What a study measures, where something was segmented, and why that cannot be said."""
    if result is None:
        return None, ""
    try:
        return volumes_now(folder, result), ""
    except ExportError as error:
        return None, str(error)
