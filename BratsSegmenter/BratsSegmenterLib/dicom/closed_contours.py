"""The contours of a structure set that enclose an area, as another program may have written them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.tag import Tag

from BratsSegmenterLib.dicom.named_images import NamedImage, name_whole_multi_frame, named_images
from BratsSegmenterLib.dicom.slice_planes import ON_PLANE_MM, SlicePlanes

_CONTOUR_DATA = Tag("ContourData")
_EXCLUSIVE = "CLOSEDPLANAR_XOR"
_CLOSED = ("CLOSED_PLANAR", _EXCLUSIVE)
_FARTHEST_MM = 1e5


@dataclass(frozen=True, eq=False)
class ClosedContour:
    """A closed contour as it was read, parallel to the slices.

    Attributes
    ----------
    points_mm : ndarray, shape (n, 3)
        LPS.
    offset_mm : float
        Along the normal of the slices.
    images : frozenset of NamedImage
        That it names.
    names_its_frame : bool
        They are single images, none of them a multi-frame object as a whole.
    is_exclusive : bool
        Of type CLOSEDPLANAR_XOR.
    """

    points_mm: NDArray[np.float64]
    offset_mm: float
    images: frozenset[NamedImage]
    names_its_frame: bool
    is_exclusive: bool


def closed_contours(items: Iterable[Dataset], planes: SlicePlanes, remarks: Counter[str]) -> Iterator[ClosedContour]:
    """The contours of a Contour Sequence (3006,0040) that lie on the slices and are closed (PS3.3 C.8.8.6).

    Those of one or two points, which enclose nothing, come with them: they can stand for pixels.

    Parameters
    ----------
    items : iterable of pydicom.Dataset
    planes : SlicePlanes
    remarks : Counter of str
        Counts, by what is said of them after "... contours", those that are left out.
    """
    for item in items:
        kind = str(item.get("ContourGeometricType", ""))
        points = contour_points_mm(item)
        if kind not in _CLOSED:
            remarks[f"of type {kind or 'unknown'} have no area; they were left out"] += 1
            continue
        if not len(points):
            remarks["have no points; they were left out"] += 1
            continue
        if not np.isfinite(points).all() or np.abs(points).max() > _FARTHEST_MM:
            remarks["have impossible coordinates; they were left out"] += 1
            continue
        offsets = planes.offset_mm(points)
        if np.ptp(offsets) > max(ON_PLANE_MM, 0.2 * planes.spacing_mm):
            remarks["are not parallel to the slices; they were left out"] += 1
            continue
        named = item.get("ContourImageSequence") or []
        yield ClosedContour(
            points,
            float(offsets.mean()),
            images=frozenset(named_images(named)),
            names_its_frame=bool(named) and not name_whole_multi_frame(named),
            is_exclusive=kind == _EXCLUSIVE,
        )


def contour_points_mm(item: Dataset) -> NDArray[np.float64]:
    """Contour Data (3006,0050), shape (n, 3); also where an explicit VR made it UN (PS3.5 6.2.2)."""
    element = item.get_item(_CONTOUR_DATA) if _CONTOUR_DATA in item else None
    value = element.value if element is not None else b""
    if value is None or len(value) == 0:
        return np.empty((0, 3))
    numbers = value.strip(b" \0").split(b"\\") if isinstance(value, bytes) else value
    return np.array(numbers).astype(float).reshape(-1, 3)
