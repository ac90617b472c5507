"""Where in a head the brain can lie, from the head's outline alone.

The figures were measured on the 20 whole-head label maps of SynthSeg (Billot et al., Medical Image Analysis 2023).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

# Scalp and skull together: the 0.5th percentile over a head was 11 mm above the ears and 6 mm at its thinnest below.
_COVER_MM = (6.0, 10.0)
# Deepest brain below the crown, in tenths of the head from forehead to occiput, with heads tilted as they come.
_FLOOR_MM = (116, 118, 134, 142, 160, 160, 164, 162, 150, 136)
_FLOOR_MARGIN_MM = 8.0
_DEEP_MM = 28.0
_CROWN_TO_BASE_MM = 90.0
_EXTRAPOLATED_MM = 40.0
_FOREHEAD_MM = (40.0, 80.0)


@dataclass(frozen=True, eq=False)
class HeadShape:
    """What the outline of a head says about the brain in it; all arrays have the shape (k, j, i) of the head.

    Attributes
    ----------
    depth_mm : ndarray of float32
        Distance to the surface of the head, 0 outside of it.
    deep : ndarray of bool
        The middle of the head above the skull base: brain whatever it looks like.
    can_be_brain : ndarray of float32
        1 where brain can lie, 0 in the scalp and below the deepest skull base.
    """

    depth_mm: NDArray[np.float32]
    deep: NDArray[np.bool_]
    can_be_brain: NDArray[np.float32]


def head_shape(head: NDArray[np.bool_], spacing_mm: float) -> HeadShape:
    """The shape of a head.

    The ends of the image are no surface of the head: below, it goes on as it is; above, where thick axial slices often
    miss the crown, it narrows on as it did in the last centimetre.

    Parameters
    ----------
    head : ndarray of bool, shape (k, j, i)
        One component, on a standard grid of `spacing_mm`.
    spacing_mm : float
        Of a voxel.
    """
    whole = np.concatenate([head, _crown(head, spacing_mm)])
    depth = ndimage.distance_transform_edt(np.pad(whole, ((0, 1), (1, 1), (1, 1))), sampling=spacing_mm)
    depth_mm = depth[: len(head), 1:-1, 1:-1].astype(np.float32)
    top = int(np.flatnonzero(whole.any(axis=(1, 2)))[-1])
    below_crown_mm = (top - np.arange(len(head), dtype=np.float64))[:, None, None] * spacing_mm
    deep = (depth_mm > min(_DEEP_MM, 0.6 * float(depth_mm.max()))) & (below_crown_mm < _CROWN_TO_BASE_MM)
    under_skull = np.clip((depth_mm - _COVER_MM[0]) / (_COVER_MM[1] - _COVER_MM[0]), 0.0, 1.0)
    over_floor = np.clip((_floor_mm(head, below_crown_mm) - below_crown_mm) / _FLOOR_MARGIN_MM + 1.0, 0.0, 1.0)
    return HeadShape(depth_mm, deep, (under_skull * over_floor).astype(np.float32))


def _floor_mm(head: NDArray[np.bool_], below_crown_mm: NDArray[np.float64]) -> NDArray[np.float64]:
    """How deep below the crown brain can lie, for every row, shape (1, j, 1)."""
    at_forehead = (below_crown_mm.ravel() > _FOREHEAD_MM[0]) & (below_crown_mm.ravel() < _FOREHEAD_MM[1])
    rows = np.flatnonzero((head[at_forehead] if at_forehead.any() else head).any(axis=(0, 2)))
    from_forehead = (np.arange(head.shape[1]) - rows[0]) / max(1, rows[-1] - rows[0])
    tenths = (np.arange(len(_FLOOR_MM)) + 0.5) / len(_FLOOR_MM)
    return np.interp(from_forehead, tenths, _FLOOR_MM)[None, :, None]


def _crown(head: NDArray[np.bool_], spacing_mm: float) -> NDArray[np.bool_]:
    """The slices of the head above the image."""
    back = max(1, round(10.0 / spacing_mm))
    count = round(_EXTRAPOLATED_MM / spacing_mm)
    if len(head) <= back or not head[-1].any():
        return np.zeros((count, *head.shape[1:]), bool)
    last, former = _signed_distance(head[-1]), _signed_distance(head[-1 - back])
    narrowing = np.minimum(last - former, 0.0) / back
    return np.stack([last + n * narrowing > 0 for n in range(1, count + 1)])


def _signed_distance(outline: NDArray[np.bool_]) -> NDArray[np.float64]:
    return ndimage.distance_transform_edt(outline) - ndimage.distance_transform_edt(~outline)
