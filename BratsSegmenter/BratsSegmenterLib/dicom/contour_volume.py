"""The volume that the contours of a structure set enclose, from their points alone: what smoothing took away."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.closed_contours import contour_points_mm
from BratsSegmenterLib.dicom.reading import read_whole


@dataclass(frozen=True)
class EnclosedVolume:
    """What the contours of one region enclose.

    Attributes
    ----------
    volume_ml : float
        Areas by the shoelace formula, times the distance of the slices.
    outline_mm : float
        Length of all contours.
    """

    volume_ml: float
    outline_mm: float


def enclosed_volumes(path: Path, slice_spacing_mm: float) -> dict[str, EnclosedVolume]:
    """By ROI Name, for contours that do not overlap and hold their holes by keyholes, as ours do."""
    dataset = read_whole(path)
    names = {int(roi.ROINumber): str(roi.ROIName) for roi in dataset.StructureSetROISequence}
    found = {}
    for roi in dataset.ROIContourSequence:
        areas_mm2, outlines_mm = zip(*_areas_and_outlines(roi.ContourSequence), strict=True)
        volume_ml = sum(areas_mm2) * slice_spacing_mm / 1000
        found[names[int(roi.ReferencedROINumber)]] = EnclosedVolume(volume_ml, sum(outlines_mm))
    return found


def _areas_and_outlines(contours: Iterable[Dataset]) -> Iterator[tuple[float, float]]:
    for contour in contours:
        points = contour_points_mm(contour)
        ahead = np.roll(points, -1, axis=0)
        yield (
            float(np.linalg.norm(np.cross(points - points[0], ahead - points[0]).sum(axis=0)) / 2),
            float(np.linalg.norm(ahead - points, axis=1).sum()),
        )
