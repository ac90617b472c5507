"""Sentences about images that look as if one was taken for the other: headers and names can be wrong.

Both measures change sign when the two images are exchanged. The limits lie beyond zero, near which are a T1c without
contrast agent and a FLAIR that hardly suppresses fluid. ``Testing/benchmarks/exchanged_sequences.py`` prints the
measures: of images that were not prepared, 2 of 40 synthetic heads, whose contrasts vary more than those of scanners,
and none of 12 real gliomas are doubted as they are; 31 and 9 of them are doubted twice when both pairs are exchanged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage, special

from BratsSegmenterLib.domain import Sequence

_LEAST_BRIGHTENING = -0.2
_LEAST_FLUID = -1.0
_RIM_VOXELS = 5
"""Left out along the edge of the brain mask, where fluid, bone and vessels share voxels."""
_EVERY = 7
"""Of the voxels; all of them say the same and take a second."""
_BRIGHTENED_PER_CENT, _FLUID_PER_CENT = 0.5, 2.0

_T1_EXCHANGED = (
    "More is brighter on T1 than on T1c than the other way round: the two may be exchanged. Compare them before you "
    "believe the enhancing tumour."
)
_T2_EXCHANGED = (
    "Fluid is darker on T2 than on FLAIR: the two may be exchanged. Compare them before you believe the oedema."
)

_Values = NDArray[np.float32]


def exchange_findings(images: Mapping[Sequence, _Values], brain: NDArray[np.bool_]) -> tuple[str, ...]:
    """A sentence where T1 and T1c look exchanged, and one where T2 and FLAIR do.

    Parameters
    ----------
    images : mapping of Sequence to ndarray of float32, shape (k, j, i)
        Registered and without shading, 1 mm; their scale does not matter.
    brain : ndarray of bool, shape (k, j, i)
        Where all of them show the brain.
    """
    measures = exchange_measures(images, brain)
    found = []
    if measures.brightening is not None and measures.brightening < _LEAST_BRIGHTENING:
        found.append(_T1_EXCHANGED)
    if measures.fluid is not None and measures.fluid < _LEAST_FLUID:
        found.append(_T2_EXCHANGED)
    return tuple(found)


@dataclass(frozen=True)
class ExchangeMeasures:
    """Two numbers that change sign when the images are exchanged; None where one of the images is not there.

    Attributes
    ----------
    brightening : float or None
        By how much what is brightest on T1c against T1 outweighs what is darkest, in standard deviations of ranks.
    fluid : float or None
        By how much fluid is brighter on T2 than on FLAIR, each in its own median distances from the median.
    """

    brightening: float | None = None
    fluid: float | None = None


def exchange_measures(images: Mapping[Sequence, _Values], brain: NDArray[np.bool_]) -> ExchangeMeasures:
    """Of the images of :func:`exchange_findings`."""
    chosen = np.flatnonzero(ndimage.binary_erosion(brain, iterations=_RIM_VOXELS))[::_EVERY]
    if not chosen.size:
        return ExchangeMeasures()
    t1, t1c, t2, flair = (images[one].ravel()[chosen] if one in images else None for one in Sequence)
    brightening = None if t1 is None or t1c is None else _brightening(t1, t1c)
    shows_fluid = t1 if t1c is None else t1c
    if shows_fluid is None or t2 is None or flair is None:
        return ExchangeMeasures(brightening)
    is_fluid = shows_fluid <= np.percentile(shows_fluid, _FLUID_PER_CENT)
    return ExchangeMeasures(brightening, float(np.median((_in_spreads(t2) - _in_spreads(flair))[is_fluid])))


def _brightening(t1: _Values, t1c: _Values) -> float:
    """By how much what is brightest on T1c against T1 outweighs what is darkest: the half per cent at either end.

    Told by ranks, as quantiles of a normal distribution, so that the contrasts of tissue may differ: one of the two is
    often a spin echo, the other one is not.
    """
    against = _normal_scores(t1c) - _normal_scores(t1)
    return float(np.percentile(against, [_BRIGHTENED_PER_CENT, 100 - _BRIGHTENED_PER_CENT]).sum())


def _normal_scores(values: _Values) -> NDArray[np.float64]:
    from scipy import stats  # takes half a second, for which neither panel nor worker should wait when they start

    scores: NDArray[np.float64] = special.ndtri((stats.rankdata(values) - 0.5) / values.size)
    return scores


def _in_spreads(values: _Values) -> _Values:
    """Above and below the median in units of the median distance from it, which a tumour hardly changes."""
    from_median = values - np.median(values)
    spread = np.median(np.abs(from_median))
    return from_median / (1.4826 * spread) if spread > 0 else np.zeros_like(values)
