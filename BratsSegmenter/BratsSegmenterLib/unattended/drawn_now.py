"""What is drawn in a study now: the model's result, or what a person made of it in the panel."""

from __future__ import annotations

import filecmp
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from BratsSegmenterLib.domain import Segmentation
from BratsSegmenterLib.durable import Stamp, stamp_of
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.study import JobFolder, compared_with_model, read_sent, read_unsent

_MOST_REMEMBERED = 10_000


@dataclass(frozen=True)
class DrawnVolumes:
    """What a study measures.

    Attributes
    ----------
    file : Path
        The label map that is drawn.
    is_corrected : bool
        It differs from what the model drew.
    volumes_ml : mapping of str to float
        By region key.
    intervals_ml : mapping of str to (float, float)
        By region key, of the regions that are as the model drew them.
    product_sum_mm2 : float or None
        As of :class:`~BratsSegmenterLib.job_results.SegmentResult`.
    """

    file: Path
    is_corrected: bool
    volumes_ml: Mapping[str, float]
    intervals_ml: Mapping[str, tuple[float, float]]
    product_sum_mm2: float | None = None


@dataclass(frozen=True, eq=False)
class _Correction:
    file: Path
    segmentation: Segmentation


def volumes_now(folder: JobFolder, result: SegmentResult) -> DrawnVolumes:
    """What a study measures as the panel opens it: as it was left, else as it was sent, else as the model drew it.

    Raises
    ------
    ExportError
        A person drew on the model's label map, and that is gone or damaged.
    """
    corrected = _measured(folder, _stamps(folder))
    return corrected or DrawnVolumes(
        folder.segmentation, False, result.volumes_ml, result.intervals_ml, result.product_sum_mm2
    )


def labels_now(folder: JobFolder) -> Segmentation:
    """What is drawn then.

    Raises
    ------
    ExportError
        The model's label map is gone or damaged.
    """
    correction = _correction(folder)
    return read_labelmap(folder.segmentation) if correction is None else correction.segmentation


def _stamps(folder: JobFolder) -> tuple[Stamp | None, ...]:
    return tuple(stamp_of(file) for file in (folder.segmentation, folder.sent, folder.unsent))


@lru_cache(_MOST_REMEMBERED)
def _measured(folder: JobFolder, _stamps: tuple[Stamp | None, ...]) -> DrawnVolumes | None:
    """Of a correction; None without one. A router asks again for all of its studies whenever one more is done."""
    correction = _correction(folder)
    if correction is None:
        return None
    drawn = compared_with_model(folder, correction.segmentation)
    measured = measure(drawn.segmentation, drawn.intervals_ml)
    return DrawnVolumes(correction.file, True, measured.volumes_ml, measured.intervals_ml, measured.product_sum_mm2)


def _correction(folder: JobFolder) -> _Correction | None:
    if not (folder.unsent.exists() or _was_sent_otherwise(folder)):
        return None
    model = read_labelmap(folder.segmentation)
    unsent, sent = read_unsent(folder, model.geometry), read_sent(folder, model.geometry)
    kept = unsent or sent
    if kept is None or np.array_equal(kept.labels, model.labels):
        return None
    return _Correction(folder.unsent if unsent else folder.sent, replace(model, labels=kept.labels))


def _was_sent_otherwise(folder: JobFolder) -> bool:
    """Whether another file than the model's was sent; a router sends those as they are."""
    both = folder.sent.exists() and folder.segmentation.exists()
    return both and not filecmp.cmp(folder.sent, folder.segmentation, shallow=False)
