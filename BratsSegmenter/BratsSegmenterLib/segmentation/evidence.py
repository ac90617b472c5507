"""What the probabilities say about the size of each region, beside the labels that are drawn from them."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Items
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ED, ET, NCR, REGIONS, TC, WT, Region

SURE = 0.9
POSSIBLE = 0.1
"""A model is sure of a region where its probability is above the one, and holds it possible above the other."""

_BETWEEN = {ED.key: (WT, TC), NCR.key: (TC, ET)}
"""What lies inside one nested region and outside another."""

Array = NDArray[np.floating]


@dataclass(frozen=True)
class Evidence:
    """How large a region is, may be, and how well its outline is likely to fit.

    Attributes
    ----------
    volume_ml : float
        As labelled.
    sure_ml, possible_ml : float
        Of the voxels the model is sure of, and of those it holds possible; the labelled volume lies between them.
    soft_dice : float or None
        Dice of the labels with the probabilities in place of a truth, ``2 sum(p m) / (sum(p) + sum(m))``: what the
        Dice would be, were the probabilities true (Milletari et al. 2016, arXiv:1606.04797, without the squares).
        None where nothing is labelled.
    """

    volume_ml: float
    sure_ml: float
    possible_ml: float
    soft_dice: float | None


def region_evidence(
    probabilities: Array,
    regions: Items[Region],
    labels: NDArray[np.uint8],
    voxel_ml: float,
    not_measured: Collection[str] = (),
) -> dict[str, Evidence]:
    """The evidence for every region that the model's outputs tell something about, by key.

    Parameters
    ----------
    probabilities : ndarray of float, shape (regions, slices, rows, columns)
    regions : sequence of Region
        Of the first axis. Oedema and necrotic core are told where the regions around them and inside them are.
    labels : ndarray of uint8, shape (slices, rows, columns)
        As drawn from the probabilities.
    voxel_ml : float
    not_measured : collection of str
        Keys of regions that are left out.
    """
    channels = {region.key: channel for region, channel in zip(regions, probabilities, strict=True)}
    found = {}
    for key, region in REGIONS.items():
        around, *inside = _BETWEEN.get(key, (region,))
        if not {key, around.key, *(part.key for part in inside)}.isdisjoint(not_measured):
            continue
        if not {around.key, *(part.key for part in inside)} <= set(channels):
            continue
        inner = channels[inside[0].key] if inside else None
        found[key] = _evidence(channels[around.key], inner, np.isin(labels, region.labels), voxel_ml)
    return found


def _evidence(outer: Array, inner: Array | None, labelled: NDArray[np.bool_], voxel_ml: float) -> Evidence:
    sure, possible, probability = outer > SURE, outer > POSSIBLE, outer
    if inner is not None:
        sure &= inner <= POSSIBLE
        possible &= inner <= SURE
        probability = np.maximum(outer - inner, 0)
    volume, surely, possibly = (int(np.count_nonzero(mask)) * voxel_ml for mask in (labelled, sure, possible))
    overlap = float(probability[labelled].sum(dtype=np.float64))
    total = float(probability.sum(dtype=np.float64)) + np.count_nonzero(labelled)
    return Evidence(volume, min(surely, volume), max(possibly, volume), 2 * overlap / total if volume else None)
