"""Two models on the same cases: is one of them better, or is that chance?"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as Items
from dataclasses import asdict, dataclass
from math import isnan, nan
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from BratsSegmenterLib.learning.evaluation.metrics import RegionScores
from BratsSegmenterLib.learning.evaluation.run import CaseResult, Evaluation

HEADINGS = ("region", "cases", "higher", "lower", "patients", "mean difference", "95 % interval", "verdict")
FEWEST_PATIENTS = 6
"""From which on two models may be told apart."""
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Difference:
    """By how much the Dice of a region is higher with one model than with another, case by case.

    Attributes
    ----------
    cases, higher, lower : int
        That both models were scored on, and of those the ones with a higher and with a lower Dice.
    patients : int
        Whose cases these are; the cases of one patient are no chances of their own, and count as one, with their mean.
    mean : float
        Over the patients.
    interval : tuple of float
        95 % interval of the mean over the patients by Student's t; not numbers where there are fewer than
        :data:`FEWEST_PATIENTS`. The bootstrap's percentile intervals are too narrow for so few (Hesterberg 2015,
        The American Statistician 69(4):371-386).
    """

    cases: int
    higher: int
    lower: int
    patients: int
    mean: float
    interval: tuple[float, float]

    @property
    def verdict(self) -> str:
        """What the interval allows to say."""
        low, high = self.interval
        if isnan(low):
            return "too few cases"
        if low > 0:
            return "better"
        return "worse" if high < 0 else "not shown to differ"


def differences(evaluation: Evaluation, other: Evaluation) -> dict[str, Difference]:
    """By key of the regions that both models draw, over the cases in which both measured them; none without any."""
    before = {case.name: case.scores for case in other.cases}
    found = {}
    for key in (region.key for region in evaluation.regions if region in other.regions):
        values: dict[str, list[float]] = {}
        for case in evaluation.cases:
            if _both(case, before, key):
                gain = case.scores[key].dice - before[case.name][key].dice
                values.setdefault(case.patient or case.name, []).append(gain)
        if values:
            found[key] = _difference(values)
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
            str(one.patients),
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


def _difference(values: Mapping[str, Items[float]]) -> Difference:
    """From what the Dice is higher in the cases of each patient."""
    by_case = np.concatenate([np.asarray(cases, float) for cases in values.values()])
    by_patient = np.array([np.mean(cases) for cases in values.values()])
    return Difference(
        by_case.size,
        int((by_case > 0).sum()),
        int((by_case < 0).sum()),
        by_patient.size,
        float(by_patient.mean()),
        _interval(by_patient),
    )


def _interval(values: NDArray[np.float64]) -> tuple[float, float]:
    if values.size < FEWEST_PATIENTS:
        return nan, nan
    if np.ptp(values) == 0:
        return float(values[0]), float(values[0])
    found = stats.ttest_1samp(values, 0.0).confidence_interval(_CONFIDENCE)
    return float(found.low), float(found.high)
