"""A skull and a scalp for heads that come without: layers at their usual depth around the brain."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.learning.synthesis.distances import signed_distance_mm
from BratsSegmenterLib.learning.synthesis.tissues import Tissue

_LAYERS_MM = (
    (2.0, Tissue.CSF),
    (3.0, Tissue.DURA),
    (5.5, Tissue.BONE),
    (7.5, Tissue.MARROW),
    (10.0, Tissue.BONE),
    (12.0, Tissue.MUSCLE),
    (17.0, Tissue.SKIN),
)
"""Outer radius of each layer, measured from the brain's smoothed surface at 1 mm voxels."""
_SMOOTHING_MM = 12


def with_skull(tissues: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The head with layers of CSF, dura, bone, marrow, muscle and skin around what is there.

    Parameters
    ----------
    tissues : ndarray of uint8, shape (slices, rows, columns)
        A skull-stripped head at 1 mm with at least 18 mm of air around it. Slices go up, rows to the back.
    """
    hull = _smooth_hull(tissues != Tissue.AIR)
    distance = signed_distance_mm(hull)
    head = tissues.copy()
    head[hull & (tissues == Tissue.AIR)] = Tissue.CSF
    inner = 0.0
    for outer, tissue in _LAYERS_MM:
        head[(distance > inner) & (distance <= outer) & (tissues == Tissue.AIR)] = tissue
        inner = outer
    return head


def _smooth_hull(brain: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The brain with its fissures closed: what the inner table of the skull follows."""
    swollen = signed_distance_mm(brain) <= _SMOOTHING_MM
    return signed_distance_mm(swollen) < -_SMOOTHING_MM
