"""Longest diameter of a lesion and its perpendicular on one axial slice, as RANO 2.0 measures them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial import ConvexHull

from BratsSegmenterLib.domain import Diameters
from BratsSegmenterLib.geometry import Geometry

_MEASURABLE_MM = 10.0
_THICK_MM = 5.0
_LARGEST_TILT = np.cos(np.deg2rad(45))
_Ends = tuple[tuple[float, float, float], tuple[float, float, float]]
_EDGE_MIDDLES = np.array([(0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5)])


def axial_diameters(mask: NDArray[np.bool_], geometry: Geometry) -> Diameters:
    """The diameters of one lesion on the slice where it is longest.

    Both run from outline to outline of the lesion's convex hull, across necrosis and notches, as a caliper is set.
    The outline goes through the middles of the pixels' outer edges. On slices within 45 degrees of axial, the
    diameters lie in the slices as they were acquired; a lesion on sagittal or coronal slices is first resampled to
    axial planes as fine as the grid's finest spacing, and :attr:`Diameters.slice_index` is the acquired slice nearest
    to the middle of the longest diameter.

    Measurable is what has both diameters of at least 10 mm and is seen on at least two of these slices; where they lie
    more than 5 mm apart, both must be twice as long as that distance (RANO, Wen et al., J Clin Oncol 2010).

    Parameters
    ----------
    mask : ndarray of bool, shape (slices, rows, columns)
        One connected lesion, not empty.
    geometry : Geometry
        Of the mask.
    """
    if _is_axial(geometry):
        return _judged(_longest(mask, geometry), mask, geometry)
    axial, axial_geometry = _resampled_to_axial(mask, geometry)
    diameters = _judged(_longest(axial, axial_geometry), axial, axial_geometry)
    middle = np.mean(diameters.longest_ends, axis=0, keepdims=True)
    nearest = int(np.rint(geometry.indices(middle)[0, 2]))
    return replace(diameters, slice_index=min(max(nearest, 0), geometry.shape[0] - 1))


def _judged(diameters: Diameters, mask: NDArray[np.bool_], geometry: Geometry) -> Diameters:
    distance_mm = geometry.spacing_mm[2]
    least_mm = _MEASURABLE_MM if distance_mm <= _THICK_MM else 2 * distance_mm
    is_long = min(diameters.longest_mm, diameters.perpendicular_mm) >= least_mm
    return replace(diameters, is_measurable=bool(is_long and mask.any(axis=(1, 2)).sum() >= 2))


def _is_axial(geometry: Geometry) -> bool:
    return bool(abs(geometry.direction[2, 2]) >= _LARGEST_TILT)


def _resampled_to_axial(mask: NDArray[np.bool_], geometry: Geometry) -> tuple[NDArray[np.bool_], Geometry]:
    """The lesion on isotropic planes square to the patient's axes; outlines at half of the linear interpolation."""
    centres_mm = geometry.points_mm(np.argwhere(mask)[:, ::-1].astype(float))
    spacing = min(geometry.spacing_mm)
    margin = np.ceil(max(geometry.spacing_mm) / spacing) * spacing
    lowest, highest = centres_mm.min(axis=0) - margin, centres_mm.max(axis=0) + margin
    columns, rows, slices = (np.ceil((highest - lowest) / spacing).astype(int) + 1).tolist()
    axial = Geometry.from_axes((slices, rows, columns), (spacing,) * 3, np.eye(3), lowest)
    reference = sitk.Image([columns, rows, slices], sitk.sitkFloat32)
    reference.SetSpacing(axial.spacing_mm)
    reference.SetOrigin(axial.origin_mm.tolist())
    image = geometry.image(mask.astype(np.float32))
    resampled = sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear, 0.0)) >= 0.5
    return resampled, axial


def _longest(mask: NDArray[np.bool_], geometry: Geometry) -> Diameters:
    slices = np.flatnonzero(mask.any(axis=(1, 2)))
    reaches_mm = np.array([_diagonal_mm(mask[k], geometry) for k in slices])
    longest = None
    for place in np.argsort(-reaches_mm, kind="stable"):
        if longest is not None and reaches_mm[place] < longest.longest_mm:
            break
        found = _on_slice(int(slices[place]), mask[slices[place]], geometry)
        if longest is None or _size(found) > _size(longest):
            longest = found
    assert longest is not None, "a lesion has voxels"
    return longest


def _size(diameters: Diameters) -> tuple[float, float]:
    return diameters.longest_mm, diameters.perpendicular_mm


def _diagonal_mm(plane: NDArray[np.bool_], geometry: Geometry) -> float:
    """Of the box around the pixels: no diameter is longer."""
    rows, columns = np.flatnonzero(plane.any(axis=1)), np.flatnonzero(plane.any(axis=0))
    width, height = geometry.spacing_mm[:2]
    return float(np.hypot((columns[-1] - columns[0] + 1) * width, (rows[-1] - rows[0] + 1) * height))


def _on_slice(k: int, plane: NDArray[np.bool_], geometry: Geometry) -> Diameters:
    spacing = np.array(geometry.spacing_mm[:2])
    outline = _hull(np.argwhere(plane)[:, ::-1]) * spacing
    longest = _farthest_pair(outline)
    perpendicular = _longest_chord_across(outline, longest[1] - longest[0])
    return Diameters(
        slice_index=k,
        longest_mm=float(np.linalg.norm(longest[1] - longest[0])),
        perpendicular_mm=float(np.linalg.norm(perpendicular[1] - perpendicular[0])),
        longest_ends=_ends_mm(geometry, k, longest / spacing),
        perpendicular_ends=_ends_mm(geometry, k, perpendicular / spacing),
    )


def _hull(pixels: NDArray[np.intp]) -> NDArray[np.float64]:
    """Vertices (column, row) of the convex hull around pixels, in order."""
    points = (pixels[:, np.newaxis] + _EDGE_MIDDLES).reshape(-1, 2)
    return points[ConvexHull(points).vertices]


def _farthest_pair(hull: NDArray[np.float64]) -> NDArray[np.float64]:
    distances = np.linalg.norm(hull[:, np.newaxis] - hull, axis=2)
    return hull[list(np.unravel_index(np.argmax(distances), distances.shape))]


def _longest_chord_across(hull: NDArray[np.float64], direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Ends of the longest chord of a convex polygon square to `direction`; one of them is a vertex."""
    along = direction / np.linalg.norm(direction)
    across = np.array([-along[1], along[0]])
    positions, heights = hull @ along, hull @ across
    start, end = int(np.argmin(positions)), int(np.argmax(positions))
    # From end to end, a convex polygon has one height above each position on either side.
    there, back = _chain(start, end, len(hull)), _chain(end, start, len(hull))[::-1]
    one = np.interp(positions, positions[there], heights[there])
    other = np.interp(positions, positions[back], heights[back])
    longest = int(np.argmax(np.abs(one - other)))
    return positions[longest] * along + np.outer((one[longest], other[longest]), across)


def _chain(start: int, end: int, count: int) -> NDArray[np.intp]:
    """Indices of a closed polygon of `count` vertices from `start` on to `end`."""
    return (start + np.arange((end - start) % count + 1)) % count


def _ends_mm(geometry: Geometry, k: int, points: NDArray[np.float64]) -> _Ends:
    one, other = geometry.points_mm(np.column_stack((points, (k, k)))).tolist()
    return tuple(one), tuple(other)
