"""Distances in 1 mm grids."""

from __future__ import annotations

from typing import cast

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray


def signed_distance_mm(inside: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Distance of every voxel to the surface of `inside`, negative in it; far away if nothing is inside."""
    if not inside.any():
        return np.full(inside.shape, np.finfo(np.float32).max / 4, np.float32)
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    distance = sitk.SignedMaurerDistanceMap(image, insideIsPositive=False, squaredDistance=False)
    return cast("NDArray[np.float32]", sitk.GetArrayFromImage(distance))
