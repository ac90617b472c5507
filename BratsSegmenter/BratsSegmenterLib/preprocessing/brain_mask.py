"""The brain without skull, scalp, eyes and neck."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.progress import Progress


def find_brain(
    images: Mapping[Sequence, NDArray[np.float32]],
    geometry: Geometry,
    head: NDArray[np.bool_],
    progress: Progress,
) -> tuple[NDArray[np.bool_], str]:
    return head, "Warning: no brain mask is made yet; skull and scalp are kept."
