"""Whether what a calibration claims comes true: intervals that hold the volume, a Dice that is as expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import isnan, nan

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.measurement import dice
from BratsSegmenterLib.segmentation import Confidence

HEADINGS = ("region", "cases", "in interval", "width mL", "Dice", "expected", "error", "r")


@dataclass(frozen=True)
class Claim:
    """What was claimed of one region of one case, and what is true.

    Attributes
    ----------
    interval_ml : tuple of float
    true_ml : float
    expected_dice : float or None
        None where the model drew nothing.
    dice : float
    """

    interval_ml: tuple[float, float]
    true_ml: float
    expected_dice: float | None
    dice: float

    @property
    def is_held(self) -> bool:
        """Whether the interval holds the true volume."""
        return self.interval_ml[0] <= self.true_ml <= self.interval_ml[1]


@dataclass(frozen=True)
class Trust:
    """How often and how well the claims about one region came true.

    Attributes
    ----------
    cases : int
    coverage : float
        Share of cases whose interval held the true volume.
    width_ml : float
        Median width of the intervals.
    dice, expected_dice : float
        Means over the cases in which the model drew the region; not a number when there is none.
    dice_error : float
        Mean absolute difference of the two.
    dice_correlation : float
        Pearson's; not a number for fewer than three cases or equal values.
    """

    cases: int
    coverage: float
    width_ml: float
    dice: float
    expected_dice: float
    dice_error: float
    dice_correlation: float


def claims(
    confidence: Confidence, labels: NDArray[np.uint8], truth: NDArray[np.uint8], voxel_ml: float
) -> dict[str, Claim]:
    """What `confidence` claims of `labels` beside the truth, by region key; both label maps on one grid."""
    found = {}
    for key, interval_ml in confidence.intervals_ml.items():
        true, drawn = (np.isin(array, REGIONS[key].labels) for array in (truth, labels))
        true_ml = np.count_nonzero(true) * voxel_ml
        found[key] = Claim(interval_ml, true_ml, confidence.expected_dice.get(key), dice(drawn, true))
    return found


def trust(cases: Iterable[Mapping[str, Claim]]) -> dict[str, Trust]:
    """The claims about each region over many cases, by region key."""
    by_region: dict[str, list[Claim]] = {}
    for case in cases:
        for key, claim in case.items():
            by_region.setdefault(key, []).append(claim)
    return {key: _trust(by_region[key]) for key in REGIONS if key in by_region}


def trust_rows(found: Mapping[str, Trust]) -> list[list[str]]:
    """For a table with :data:`HEADINGS`."""
    return [
        [key, str(region.cases), f"{region.coverage:.0%}", f"{region.width_ml:.1f}", *map(_number, _dice(region))]
        for key, region in found.items()
    ]


def _dice(region: Trust) -> tuple[float, float, float, float]:
    return region.dice, region.expected_dice, region.dice_error, region.dice_correlation


def _number(value: float) -> str:
    return "" if isnan(value) else f"{value:.3f}"


def _trust(found: list[Claim]) -> Trust:
    widths = [high - low for low, high in (claim.interval_ml for claim in found)]
    pairs = [(claim.dice, claim.expected_dice) for claim in found if claim.expected_dice is not None]
    true, expected = np.array(pairs, float).reshape(-1, 2).T
    return Trust(
        cases=len(found),
        coverage=sum(claim.is_held for claim in found) / len(found),
        width_ml=float(np.median(widths)),
        dice=float(true.mean()) if pairs else nan,
        expected_dice=float(expected.mean()) if pairs else nan,
        dice_error=float(np.abs(true - expected).mean()) if pairs else nan,
        dice_correlation=_correlation(true, expected),
    )


def _correlation(one: NDArray[np.float64], other: NDArray[np.float64]) -> float:
    if len(one) < 3 or np.ptp(one) == 0 or np.ptp(other) == 0:
        return nan
    return float(np.corrcoef(one, other)[0, 1])
