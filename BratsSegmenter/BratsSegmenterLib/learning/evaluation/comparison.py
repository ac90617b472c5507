"""Two models on the same cases: is one of them better, or is that chance?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import isnan
from typing import Any

import numpy as np
from scipy import stats

from BratsSegmenterLib.learning.evaluation.metrics import RegionScores
from BratsSegmenterLib.learning.evaluation.run import CaseResult, Evaluation

HEADINGS = ("region", "cases", "higher", "lower", "mean difference", "95 % interval", "verdict")
_CONFIDENCE = 0.95
_RESAMPLES = 9999
_SEED = 0


@dataclass(frozen=True)
class Difference:
    """By how much the Dice of a region is higher with one model than with another, case by case.

    Attributes
    ----------
    cases, higher, lower : int
        That both models were scored on, and of those the ones with a higher and with a lower Dice.
    mean : float
    interval : tuple of float
        95 % interval of the mean by the percentile bootstrap over the cases (Efron and Tibshirani 1993, chapter 13);
        not numbers where there are fewer than two cases.
    """

    cases: int
    higher: int
    lower: int
    mean: float
    interval: tuple[float, float]

    @property
    def verdict(self) -> str:
        """What the interval allows to say."""
        low, high = self.interval
        if low > 0:
            return "better"
        return "worse" if high < 0 else "not shown to differ"


def differences(evaluation: Evaluation, other: Evaluation) -> dict[str, Difference]:
    """By key of the regions that both models draw, over the cases in which both measured them; empty without any."""
    before = {case.name: case.scores for case in other.cases}
    found = {}
    for key in (region.key for region in evaluation.regions if region in other.regions):
        pairs = [(case.scores[key], before[case.name][key]) for case in evaluation.cases if _both(case, before, key)]
        if pairs:
            found[key] = _difference([new.dice - old.dice for new, old in pairs])
    return found


def _both(case: CaseResult, before: Mapping[str, Mapping[str, RegionScores]], key: str) -> bool:
    return key in case.scores and key in before.get(case.name, {})


def difference_rows(found: dict[str, Difference]) -> list[list[str]]:
    """A row for each region, for a table under :data:`HEADINGS`."""
    return [
        [
            key,
            str(one.cases),
            str(one.higher),
            str(one.lower),
            f"{one.mean:+.3f}",
            "" if isnan(one.interval[0]) else f"{one.interval[0]:+.3f} to {one.interval[1]:+.3f}",
            one.verdict,
        ]
        for key, one in found.items()
    ]


def differences_json(found: dict[str, Difference]) -> dict[str, Any]:
    """The same by region key; an interval that does not exist is null."""
    return {
        key: asdict(one) | {"interval": None if isnan(one.interval[0]) else one.interval, "verdict": one.verdict}
        for key, one in found.items()
    }


def _difference(values: list[float]) -> Difference:
    array = np.array(values)
    interval = (float("nan"), float("nan"))
    if array.size > 1:
        resampled = stats.bootstrap(
            (array,),
            np.mean,
            n_resamples=_RESAMPLES,
            confidence_level=_CONFIDENCE,
            method="percentile",
            random_state=_SEED,
        )
        interval = (float(resampled.confidence_interval.low), float(resampled.confidence_interval.high))
    higher, lower = int((array > 0).sum()), int((array < 0).sum())
    return Difference(array.size, higher, lower, float(array.mean()), interval)
