"""How much of the brain each sequence shows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Case, Sequence
from BratsSegmenterLib.geometry import Geometry

_SMALLEST_SHARE = 0.02
_STEP = 4
"""One voxel in so many along each axis is looked at: some 20,000 of a brain."""


def coverage_findings(
    case: Case, transforms: Mapping[Sequence, sitk.Transform], mask: NDArray[np.bool_], grid: Geometry
) -> Iterator[str]:
    """A sentence for each sequence that leaves out more than 2 % of the brain: where it was not acquired it reads 0.

    Parameters
    ----------
    case : Case
    transforms : mapping of Sequence to SimpleITK.Transform
        Each maps a point of the reference to the same anatomy in that sequence, LPS millimetres.
    mask : ndarray of bool, shape (k, j, i)
        The brain.
    grid : Geometry
        Of the mask.
    """
    looked_at = np.argwhere(mask[::_STEP, ::_STEP, ::_STEP])
    points_mm = grid.points_mm(_STEP * looked_at[:, ::-1].astype(float))
    if not len(points_mm):
        return
    brain_ml = np.count_nonzero(mask) * grid.voxel_volume_ml
    for sequence, transform in transforms.items():
        moved_mm = np.array([transform.TransformPoint(point) for point in points_mm.tolist()])
        share = 1 - _is_inside(case.volumes[sequence].geometry, moved_mm).mean()
        if share > _SMALLEST_SHARE:
            yield (
                f"{sequence.value} does not show {share * brain_ml:.0f} mL of the brain ({share:.0%}): "
                "what lies there could not be judged by it."
            )


def _is_inside(geometry: Geometry, points_mm: NDArray[np.float64]) -> NDArray[np.bool_]:
    indices = geometry.indices(points_mm)
    inside = (indices >= -0.5) & (indices <= np.array(geometry.shape[::-1]) - 0.5)
    return np.asarray(inside.all(axis=1))
