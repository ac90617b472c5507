"""Intensities that mean the same from scanner to scanner."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def z_score(array: NDArray[np.float32], mask: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Mean 0 and standard deviation 1 inside the mask, 0 outside.

    Parameters
    ----------
    array : ndarray of float32
    mask : ndarray of bool, shape of `array`
        An image that is constant inside becomes 0 everywhere.
    """
    values = array[mask].astype(np.float64)
    deviation = values.std() if values.size else 0.0
    scaled = np.zeros_like(array)
    if deviation > 0:
        scaled[mask] = (values - values.mean()) / deviation
    return scaled
