"""How far two masks agree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def share_nothing(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> bool:
    """Whether both hold something and no voxel lies in both."""
    return bool(one.any() and other.any()) and not np.any(one & other)


def dice(one: NDArray[np.bool_], other: NDArray[np.bool_]) -> float:
    """Twice the overlap over the sum of both sizes; 1 when both are empty."""
    total = np.count_nonzero(one) + np.count_nonzero(other)
    return 2 * np.count_nonzero(one & other) / total if total else 1.0
