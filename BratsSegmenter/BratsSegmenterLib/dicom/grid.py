"""Proves from headers alone that planes form one regular grid, and says which slice is to blame when they do not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.planes import Plane
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry

# Direction cosines are written with few digits; 5e-4 moves a voxel 12 cm off the corner by 0.06 mm.
_ORIENTATION_TOLERANCE = 5e-4
_SPACING_TOLERANCE_MM = 1e-4
_SAME_POSITION_MM = 0.01
_STEP_TOLERANCE = 0.01
_DRIFT_TOLERANCE_PIXELS = 0.1

_ANOTHER_SERIES = "Choose another series."


class GapError(SeriesError):
    """Slices are missing, unevenly spaced or blank; the series can be resampled when the user agrees.

    Parameters
    ----------
    gap : str
        Sentence that names the slices.
    """

    def __init__(self, gap: str) -> None:
        super().__init__(
            gap, "Fetch the series again, or agree to its resampling: what lies in the gap is then interpolated."
        )


@dataclass(frozen=True, eq=False)
class Grid:
    """Planes sorted along their normal and the grid they form.

    Attributes
    ----------
    planes : tuple of Plane
        Ascending along row x column direction.
    geometry : Geometry
        One slice a plane where the series is regular. Where it has gaps: of the regular grid to resample it to.
    offsets_mm : ndarray, shape (planes,)
        Distance of each plane from the first along the normal.
    gap : str
        Sentence that names the first gap; empty where the slices are evenly spaced.
    """

    planes: tuple[Plane, ...]
    geometry: Geometry
    offsets_mm: NDArray[np.float64]
    gap: str

    def require_no_gap(self) -> None:
        """Raise :class:`GapError` where slices are missing."""
        if self.gap:
            raise GapError(self.gap)


def grid_of(planes: Sequence[Plane], label: str) -> Grid:
    """Sort the planes of a series and fit the grid they lie on.

    Spacing comes from the positions only; Slice Thickness and Spacing Between Slices are often wrong.

    Parameters
    ----------
    planes : sequence of Plane
    label : str
        How sentences name the series.

    Raises
    ------
    SeriesError
        Sizes, spacings, orientations or frames of reference differ, positions repeat, or the slices drift sideways.
    """
    _require_one_kind(planes, label)
    if len(planes) < 2:
        raise SeriesError(f"{label} holds a single slice ({planes[0].place}).", _ANOTHER_SERIES)
    row, column = np.array(planes[0].orientation).reshape(2, 3)
    row, column = row / np.linalg.norm(row), column / np.linalg.norm(column)
    normal = np.cross(row, column)
    positions = np.array([plane.frame.position_mm for plane in planes])
    order = np.argsort(positions @ normal, kind="stable")
    ordered, positions = tuple(planes[k] for k in order), positions[order]
    offsets = (positions - positions[0]) @ normal
    _require_distinct(ordered, offsets, label)

    step_mm, gap = _even_step(ordered, offsets, label)
    # The mean step as the positions have it, not the normal's: rounded direction cosines would add up over the stack.
    step = (positions[-1] - positions[0]) / offsets[-1] * step_mm
    _require_straight(ordered, positions, offsets, normal, label)

    slices = round(offsets[-1] / step_mm) + 1
    affine = np.eye(4)
    affine[:3, :3] = np.column_stack([row * planes[0].column_spacing_mm, column * planes[0].row_spacing_mm, step])
    affine[:3, 3] = positions[0]
    return Grid(ordered, Geometry((slices, planes[0].rows, planes[0].columns), affine), offsets, gap)


def _require_one_kind(planes: Sequence[Plane], label: str) -> None:
    first = planes[0]
    row, column = np.array(first.orientation).reshape(2, 3)
    lengths = np.linalg.norm([row, column], axis=1)
    if np.abs(lengths - 1).max() > 0.01 or abs(row @ column) > 0.01 or min(_spacing(first)) <= 0:
        raise SeriesError(f"{label}: {first.place} has an impossible orientation or pixel spacing.", _ANOTHER_SERIES)
    for plane in planes:
        if (plane.rows, plane.columns) != (first.rows, first.columns):
            sizes = f"{plane.rows} x {plane.columns} pixels instead of {first.rows} x {first.columns}"
            raise _differs(label, plane, sizes, "image sizes")
        if not np.allclose(_spacing(plane), _spacing(first), rtol=0, atol=_SPACING_TOLERANCE_MM):
            raise _differs(label, plane, "another pixel spacing than the first slice", "pixel spacings")
        if not np.allclose(plane.orientation, first.orientation, rtol=0, atol=_ORIENTATION_TOLERANCE):
            raise _differs(label, plane, "another orientation than the first slice", "orientations")
        if plane.frame_of_reference_uid != first.frame_of_reference_uid:
            raise _differs(label, plane, "another frame of reference than the first slice", "frames of reference")


def _spacing(plane: Plane) -> tuple[float, float]:
    return plane.row_spacing_mm, plane.column_spacing_mm


def _differs(label: str, plane: Plane, difference: str, plural: str) -> SeriesError:
    return SeriesError(f"{label} mixes {plural}: {plane.place} has {difference}.", _ANOTHER_SERIES)


def _require_distinct(planes: Sequence[Plane], offsets: NDArray[np.float64], label: str) -> None:
    repeats = np.flatnonzero(np.diff(offsets) < _SAME_POSITION_MM)
    if not repeats.size:
        return
    places = np.concatenate([[0], np.cumsum(np.diff(offsets) >= _SAME_POSITION_MM)])
    counts = set(Counter(places.tolist()).values())
    first, second = planes[repeats[0]], planes[repeats[0] + 1]
    if len(counts) == 1:
        raise SeriesError(
            f"{label} holds {counts.pop()} images at each of its {int(places[-1]) + 1} positions, for example "
            f"{first.place} and {second.place}: a time series (4D), not one volume.",
            _ANOTHER_SERIES,
        )
    raise SeriesError(
        f"{label} holds slice {int(places[repeats[0]]) + 1} twice: {first.place} and {second.place} lie at the same "
        "position.",
        "Remove the one that does not belong to it, or choose another series.",
    )


def _even_step(planes: Sequence[Plane], offsets: NDArray[np.float64], label: str) -> tuple[float, str]:
    """The distance between slices and, where it is not the same everywhere, a sentence about the first exception."""
    steps = np.diff(offsets)
    usual = float(np.median(steps))
    uneven = np.flatnonzero(np.abs(steps - usual) > max(_STEP_TOLERANCE * usual, _SAME_POSITION_MM))
    if not uneven.size:
        return float(offsets[-1] / len(steps)), ""
    k = int(uneven[0])
    sentence = (
        f"{label} has a gap: slices {k + 1} and {k + 2} ({planes[k].place} and {planes[k + 1].place}) lie "
        f"{steps[k]:.2f} mm apart, the others {usual:.2f} mm."
    )
    return usual, sentence


def _require_straight(
    planes: Sequence[Plane],
    positions: NDArray[np.float64],
    offsets: NDArray[np.float64],
    normal: NDArray[np.float64],
    label: str,
) -> None:
    drift = positions - positions[0] - np.outer(offsets, normal)
    drift_mm = np.linalg.norm(drift, axis=1)
    # A drift that only comes from the rounding of the direction cosines is no shear.
    allowed_mm = np.maximum(_DRIFT_TOLERANCE_PIXELS * min(_spacing(planes[0])), _ORIENTATION_TOLERANCE * offsets)
    worst = int(np.argmax(drift_mm - allowed_mm))
    if drift_mm[worst] > allowed_mm[worst]:
        raise SeriesError(
            f"{label} is sheared: slice {worst + 1} ({planes[worst].place}) lies {drift_mm[worst]:.2f} mm beside the "
            "perpendicular through slice 1.",
            _ANOTHER_SERIES,
        )
