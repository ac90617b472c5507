"""How much each voxel of a head looks like brain, from all sequences there are."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.preprocessing.head_shape import HeadShape

# Shares of the brain's own brightness. Bone, air and, except on T2, liquor are below the first; brain and most tumours
# are above the second. Fat is far brighter than brain before contrast; after contrast so are vessels and tumour rims.
_DARK, _BRIGHT = 0.3, 0.8
_FAT = {Sequence.T1: (1.35, 1.7), Sequence.T1C: (1.6, 2.2)}
_T1_OVER_T2 = (1.6, 0.3)
_TISSUE = (0.5, 1.5)
_SHADING_MM = 25.0
_SHADING_PASSES = 3


def relative_brightness(image: NDArray[np.float32], shape: HeadShape, spacing_mm: float) -> NDArray[np.float32]:
    """The image divided by the brightness of the brain nearby, so that a coil's shading is not taken for anatomy.

    Parameters
    ----------
    image : ndarray of float32, shape (k, j, i)
    shape : HeadShape
        On the same grid.
    spacing_mm : float
        Of a voxel.
    """
    share = image / max(float(np.median(image[shape.deep])), 1e-6)
    sigma = _SHADING_MM / (2 * spacing_mm)
    for _ in range(_SHADING_PASSES):
        is_tissue = (shape.depth_mm > 0) & (share > _TISSUE[0]) & (share < _TISSUE[1])
        weight = _smooth(is_tissue.astype(np.float32), sigma)
        around = (_smooth(np.where(is_tissue, share, 0.0), sigma) + 1e-3) / (weight + 1e-3)
        share = share / around
    return share.astype(np.float32)


def _smooth(array: NDArray, sigma: float) -> NDArray[np.float32]:
    """Gaussian of `sigma` double voxels, worked out on every second voxel."""
    half = ndimage.gaussian_filter(array[::2, ::2, ::2].astype(np.float32), sigma, mode="constant", truncate=2.5)
    k, j, i = array.shape
    return half.repeat(2, axis=0).repeat(2, axis=1).repeat(2, axis=2)[:k, :j, :i]


def brain_evidence(shares: Mapping[Sequence, NDArray[np.float32]], shape: HeadShape) -> NDArray[np.float32]:
    """0 (bone, air, fat) to 1 (brain); liquor is about a half where there is a T2, else less; muscle lies between.

    Parameters
    ----------
    shares : mapping of Sequence to ndarray of float32, shape (k, j, i)
        From :func:`relative_brightness`.
    shape : HeadShape
        On the same grid.
    """
    evidence = np.mean([_dark_liquor(shares), _bright_liquor(shares)], axis=0) * shape.can_be_brain
    evidence *= 1.0 - _fat(shares)
    evidence[shape.deep] = 1.0
    return evidence.astype(np.float32)


def tissue(shares: Mapping[Sequence, NDArray[np.float32]]) -> NDArray[np.bool_]:
    """What is neither liquor nor bone, air or fat: brain, tumour, muscle."""
    return (_dark_liquor(shares) > 0.4) & (_bright_liquor(shares) > 0.4) & (_fat(shares) < 0.5)


def _dark_liquor(shares: Mapping[Sequence, NDArray[np.float32]]) -> NDArray[np.float32]:
    """0 to 1 by the sequences on which liquor is dark; by T2 when it is alone."""
    used = [share for sequence, share in shares.items() if sequence is not Sequence.T2] or list(shares.values())
    return np.mean([_ramp(share, _DARK, _BRIGHT) for share in used], axis=0)


def _bright_liquor(shares: Mapping[Sequence, NDArray[np.float32]]) -> NDArray[np.float32]:
    """0 to 1 by T2, on which liquor is bright; by all others when it is missing."""
    used = [shares[Sequence.T2]] if Sequence.T2 in shares else list(shares.values())
    return np.mean([_ramp(share, _DARK, _BRIGHT) for share in used], axis=0)


def _fat(shares: Mapping[Sequence, NDArray[np.float32]]) -> NDArray[np.float32]:
    """0 to 1: fat by its brightness on T1; fat and muscle by being far brighter on T1 than on T2."""
    t1, limits = next(((shares[q], limits) for q, limits in _FAT.items() if q in shares), (None, None))
    if t1 is None or limits is None:
        return np.zeros_like(next(iter(shares.values())))
    fat = _ramp(t1, *limits)
    ratio, width = _T1_OVER_T2
    if Sequence.T1 in shares and Sequence.T2 in shares:
        fat = np.maximum(fat, _ramp(t1 - ratio * shares[Sequence.T2], 0.0, width))
    return fat


def _ramp(values: NDArray[np.float32], low: float, high: float) -> NDArray[np.float32]:
    """0 up to `low`, 1 from `high` on, a straight line between."""
    return np.clip((values - low) / (high - low), 0.0, 1.0)
