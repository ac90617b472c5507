"""From the probabilities of nested regions to one label a voxel: the only place where this mapping is made."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Region

THRESHOLD = 0.5


def labels_from(probabilities: NDArray[np.floating], regions: Sequence[Region]) -> NDArray[np.uint8]:
    """Labels of the innermost region that reaches :data:`THRESHOLD`.

    Enhancing tumour lies in the tumour core and the core in the whole tumour, so a voxel that reaches the threshold
    for an inner region belongs to the outer ones too: ET, else NCR where TC, else ED where WT. A resection cavity
    (RC) wins over tumour where it is the more probable.

    Parameters
    ----------
    probabilities : ndarray of float, shape (regions, slices, rows, columns)
    regions : sequence of Region
        Of the first axis: any of WT, TC, ET and RC.

    Returns
    -------
    ndarray of uint8, shape (slices, rows, columns)
        0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    """
    channel = {region.key: index for index, region in enumerate(regions)}
    labels = np.zeros(probabilities.shape[1:], np.uint8)
    for region, leaf in ((WT, ED), (TC, NCR), (ET, ET)):
        if region.key in channel:
            labels[probabilities[channel[region.key]] >= THRESHOLD] = leaf.label
    if RC.key in channel:
        cavity = probabilities[channel[RC.key]]
        tumour = np.max([probabilities[channel[region.key]] for region in regions if region is not RC], axis=0)
        labels[(cavity >= THRESHOLD) & (cavity > tumour)] = RC.label
    return labels
