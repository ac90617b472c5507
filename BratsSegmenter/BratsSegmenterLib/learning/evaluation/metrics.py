"""How well one region was found in one case."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from math import nan

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.measurement import dice

FAILURE_MM = 374.0
"""The diagonal of a BraTS image."""
EMPTY_REGIONS = (
    "Where a region is neither true nor found, Dice and lesion-wise Dice are 1 and HD95 is 0 mm; where it is only one "
    f"of both, they are 0 and {FAILURE_MM:g} mm, as in BraTS. Sensitivity leaves out cases without the region."
)
"""The conventions for means and quartiles to be read by."""
_MM3_PER_ML = 1000.0
_LESION_DILATIONS = 3
_LEAST_LESION_MM3 = 50.0
_FACES_EDGES = ndimage.generate_binary_structure(3, 2)
_FACES_EDGES_CORNERS = ndimage.generate_binary_structure(3, 3)

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class RegionScores:
    """Agreement of a predicted with a true region.

    Attributes
    ----------
    dice, lesionwise_dice, sensitivity, specificity : float
        0 to 1; see :func:`lesionwise_dice`.
    hd95_mm : float
        The larger of the two directed 95th percentiles of the distances between the surfaces.
    volume_error_ml : float
        Predicted minus true.
    true_ml, predicted_ml : float
    """

    dice: float
    hd95_mm: float
    sensitivity: float
    specificity: float
    volume_error_ml: float
    lesionwise_dice: float
    true_ml: float
    predicted_ml: float


def region_scores(predicted: Mask, true: Mask, spacing_mm: tuple[float, float, float]) -> RegionScores:
    """Scores of one region.

    Parameters
    ----------
    predicted, true : ndarray of bool, shape (slices, rows, columns)
    spacing_mm : tuple of float
        Distances between voxels along slices, rows, columns, the order of the axes.
    """
    voxel_ml = float(np.prod(spacing_mm)) / _MM3_PER_ML
    true_ml, predicted_ml = (np.count_nonzero(mask) * voxel_ml for mask in (true, predicted))
    hits = np.count_nonzero(predicted & true)
    elsewhere = np.count_nonzero(~true)
    either = predicted | true
    box = bounding_box(either) if either.any() else np.s_[:0, :0, :0]
    return RegionScores(
        dice=dice(predicted, true),
        hd95_mm=_hd95_mm(predicted[box], true[box], spacing_mm),
        sensitivity=hits / np.count_nonzero(true) if true.any() else nan,
        specificity=np.count_nonzero(~predicted & ~true) / elsewhere if elsewhere else nan,
        volume_error_ml=predicted_ml - true_ml,
        lesionwise_dice=lesionwise_dice(predicted[box], true[box], spacing_mm),
        true_ml=true_ml,
        predicted_ml=predicted_ml,
    )


def lesionwise_dice(predicted: Mask, true: Mask, spacing_mm: tuple[float, float, float]) -> float:
    """Dice averaged over lesions as in BraTS 2023 for glioma (Moawad et al. 2023, arXiv:2306.00838).

    True components (26 neighbours) that touch after three dilations are one lesion. A lesion's prediction is every
    predicted component that touches the lesion dilated three times. Lesions of 50 mm3 or less do not count. A predicted
    component that touches no lesion counts as a lesion with Dice 0.

    Parameters
    ----------
    predicted, true : ndarray of bool, shape (slices, rows, columns)
    spacing_mm : tuple of float
        Distances between voxels along the axes.
    """
    predicted, true = (np.pad(mask, _LESION_DILATIONS + 1) for mask in (predicted, true))
    lesions, lesion_count = ndimage.label(_dilated(true), _FACES_EDGES_CORNERS)
    lesions[~true] = 0
    pieces, piece_count = ndimage.label(predicted, _FACES_EDGES_CORNERS)
    scores = []
    touched: set[int] = set()
    for number in range(1, lesion_count + 1):
        lesion = lesions == number
        near = np.unique(pieces[_dilated(lesion)])
        near = near[near > 0]
        touched.update(near.tolist())
        if np.count_nonzero(lesion) * float(np.prod(spacing_mm)) > _LEAST_LESION_MM3:
            scores.append(dice(np.isin(pieces, near), lesion))
    scores += [0.0] * (piece_count - len(touched))
    return float(np.mean(scores)) if scores else 1.0


def _dilated(mask: Mask) -> Mask:
    return ndimage.binary_dilation(mask, _FACES_EDGES, iterations=_LESION_DILATIONS)


def _hd95_mm(predicted: Mask, true: Mask, spacing_mm: tuple[float, float, float]) -> float:
    if not predicted.any() and not true.any():
        return 0.0
    if not predicted.any() or not true.any():
        return FAILURE_MM
    import torch
    from monai.metrics import compute_hausdorff_distance

    def batch(mask: Mask) -> torch.Tensor:
        return torch.from_numpy(np.pad(mask, 1))[None, None].float()

    with warnings.catch_warnings(action="ignore", category=FutureWarning):  # MONAI warns of a call of its own
        distance = compute_hausdorff_distance(
            batch(predicted), batch(true), include_background=True, percentile=95, spacing=list(spacing_mm)
        )
    return float(distance)
