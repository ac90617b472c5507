"""Which regions a correction changed."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import REGIONS


def changed_regions(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> frozenset[str]:
    """Keys of the regions, nested ones included, that have other voxels after than before.

    Two label maps of the same shape (slices, rows, columns) are compared voxel by voxel: a region that was moved has
    changed although its volume has not.
    """
    places = np.flatnonzero(before.ravel() != after.ravel())
    old, new = before.ravel()[places], after.ravel()[places]
    return frozenset(
        key for key, region in REGIONS.items() if (np.isin(old, region.labels) != np.isin(new, region.labels)).any()
    )
