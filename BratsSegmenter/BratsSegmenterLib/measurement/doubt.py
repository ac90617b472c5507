"""Where a radiologist should look first: the planes on which the model doubted most, and what it doubted there."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import LEAF_REGIONS
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.reading_plane import reading_axis
from BratsSegmenterLib.slice_names import plane_name

_MERGED_WITHIN_MM = 10.0
_BORDER_MM = 3.0
_LEAST_SHARE = 0.1  # of the doubt on the most doubtful slice
_MOST_SLICES = 12


class DoubtKind(Enum):
    """What the model doubted on a slice."""

    BORDER = "border"
    INSIDE = "inside"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True)
class DoubtfulSlice:
    """A slice to look at, and what is doubtful on it most of all.

    Attributes
    ----------
    slice_index : int
        Along the array's first axis, from 0; of a plane that was cut across the slices the one at the doubt's middle.
    kind : DoubtKind
    region : str
        Key of the region whose border or inside it is; empty for ELSEWHERE.
    centre : tuple of float
        Middle of the doubt on the slice or plane, (row, column).
    plane : str
        Name of a plane that was cut across the slices; empty where it is a slice as it was acquired.
    """

    slice_index: int
    kind: DoubtKind
    region: str
    centre: tuple[float, float]
    plane: str = ""


def doubtful_slices(
    uncertainty: NDArray[np.float32], labels: NDArray[np.uint8], geometry: Geometry
) -> tuple[DoubtfulSlice, ...]:
    """The slices with most doubt, the most doubtful first; at most twelve.

    They lie in the plane in which the volume is read (:func:`~BratsSegmenterLib.reading_plane.reading_axis`). A slice
    stands for its neighbours within 10 mm, so that the next one shows something else. Slices with less than a tenth of
    the doubt of the first are left out.

    Parameters
    ----------
    uncertainty : ndarray, shape (slices, rows, columns)
        Entropy, 0 to 1.
    labels : ndarray of uint8, shape (slices, rows, columns)
        As in domain.
    geometry : Geometry
        The grid of both.
    """
    axis = reading_axis(geometry)
    slice_mm = geometry.spacing_mm[2 - axis]
    mass = uncertainty.sum(axis=tuple({0, 1, 2} - {axis}), dtype=float)
    # Smoothed over the slices that it stands for, so that a stack of doubtful slices outweighs a single one.
    weight = ndimage.gaussian_filter1d(mass, _MERGED_WITHIN_MM / 2 / slice_mm, mode="constant")
    chosen: list[int] = []
    for index in np.argsort(-weight, kind="stable").tolist():
        is_apart = all(abs(index - other) * slice_mm > _MERGED_WITHIN_MM for other in chosen)
        if is_apart and mass[index] > _LEAST_SHARE * mass.max():
            chosen.append(index)
    return tuple(_described(uncertainty, labels, geometry, axis, index) for index in chosen[:_MOST_SLICES])


def _described(
    uncertainty: NDArray[np.float32], labels: NDArray[np.uint8], geometry: Geometry, axis: int, index: int
) -> DoubtfulSlice:
    """The plane `index` along an axis of the arrays."""
    doubt, drawn = (np.moveaxis(array, axis, 0)[index] for array in (uncertainty, labels))
    masses = _mass_by_cause(doubt, drawn, np.delete(geometry.spacing_mm[::-1], axis))
    kind, region = max(masses, key=lambda cause: masses[cause])
    middle = np.insert(np.average(np.indices(doubt.shape), axis=(1, 2), weights=doubt), axis, index)
    plane = "" if axis == 0 else plane_name(2, geometry.points_mm(middle[np.newaxis, ::-1])[0, 2])
    return DoubtfulSlice(round(middle[0]), kind, region, (float(middle[1]), float(middle[2])), plane)


def _mass_by_cause(
    doubt: NDArray[np.float32], labels: NDArray[np.uint8], spacing_mm: NDArray[np.float64]
) -> dict[tuple[DoubtKind, str], float]:
    """Entropy on a slice by what it is about: a region's border, its inside, or what lies off all regions."""
    masses = {(DoubtKind.ELSEWHERE, ""): float(doubt.sum())}
    if not labels.any():
        return masses
    distance_mm, nearest = ndimage.distance_transform_edt(labels == 0, spacing_mm, return_indices=True)
    belongs_to = np.where(distance_mm <= _BORDER_MM, labels[tuple(nearest)], 0)
    for region in LEAF_REGIONS:
        if not (labels == region.label).any():
            continue
        depth_mm = ndimage.distance_transform_edt(labels == region.label, spacing_mm)
        inside = float(doubt[depth_mm > _BORDER_MM].sum())
        all_of_it = float(doubt[belongs_to == region.label].sum())
        masses[DoubtKind.INSIDE, region.key] = inside
        masses[DoubtKind.BORDER, region.key] = all_of_it - inside
        masses[DoubtKind.ELSEWHERE, ""] -= all_of_it
    return masses
