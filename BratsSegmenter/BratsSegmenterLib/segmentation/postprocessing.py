"""Rules that remove what is too small to be believed; all off unless asked for, and never silent."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import ET, NCR, WT

_FACES_EDGES_CORNERS = np.ones((3, 3, 3), bool)
_MM3_PER_ML = 1000.0


@dataclass(frozen=True)
class Postprocessing:
    """Sizes below which something is removed, in mm3; 0 switches a rule off.

    Attributes
    ----------
    least_tumour_mm3 : float
        A connected piece of tumour (WT, 26 neighbours) that is smaller is erased.
    least_enhancing_mm3 : float
        When all enhancing tumour together is smaller, it becomes necrotic core (Isensee et al. 2020,
        arXiv:2011.00848, section 2.3).
    """

    least_tumour_mm3: float = 0.0
    least_enhancing_mm3: float = 0.0


PRESETS = {
    "off": Postprocessing(),
    "high-grade": Postprocessing(least_tumour_mm3=10_000),
    "low-grade": Postprocessing(least_tumour_mm3=3_000),
}
"""By name. The two cluster sizes erase every tumour smaller than 10 mL or 3 mL: use them only on cohorts with one
large tumour each."""


@dataclass(frozen=True, eq=False)
class Cleaned:
    """Labels after post-processing, and a sentence for each rule that changed something."""

    labels: NDArray[np.uint8] = field(repr=False)
    findings: tuple[str, ...] = ()


def postprocess(labels: NDArray[np.uint8], voxel_volume_ml: float, rules: Postprocessing) -> Cleaned:
    """Apply `rules` to a label map; `labels` itself is left as it is.

    Parameters
    ----------
    labels : ndarray of uint8, shape (slices, rows, columns)
    voxel_volume_ml : float
    rules : Postprocessing
    """
    voxel_mm3 = voxel_volume_ml * _MM3_PER_ML
    cleaned, findings = labels.copy(), []
    if rules.least_tumour_mm3 > 0:
        findings += _erase_small_pieces(cleaned, voxel_mm3, rules.least_tumour_mm3)
    if rules.least_enhancing_mm3 > 0:
        findings += _replace_little_enhancement(cleaned, voxel_mm3, rules.least_enhancing_mm3)
    return Cleaned(cleaned, tuple(findings))


def _erase_small_pieces(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> list[str]:
    pieces, _ = ndimage.label(np.isin(labels, WT.labels), _FACES_EDGES_CORNERS)
    sizes_mm3 = np.bincount(pieces.ravel()) * voxel_mm3
    small = np.flatnonzero(sizes_mm3 < least_mm3)
    small = small[small > 0]
    if not small.size:
        return []
    labels[np.isin(pieces, small)] = 0
    erased_ml = sizes_mm3[small].sum() / _MM3_PER_ML
    return [
        f"{small.size} piece(s) of tumour smaller than {least_mm3:g} mm3 were erased, {erased_ml:.2f} mL in all, "
        "as the chosen post-processing asks."
    ]


def _replace_little_enhancement(labels: NDArray[np.uint8], voxel_mm3: float, least_mm3: float) -> list[str]:
    enhancing = labels == ET.label
    volume_mm3 = np.count_nonzero(enhancing) * voxel_mm3
    if not 0 < volume_mm3 < least_mm3:
        return []
    labels[enhancing] = NCR.label
    return [
        f"Enhancing tumour of only {volume_mm3:.0f} mm3 was counted as necrotic core, because the chosen "
        f"post-processing believes in enhancement from {least_mm3:g} mm3 on."
    ]
