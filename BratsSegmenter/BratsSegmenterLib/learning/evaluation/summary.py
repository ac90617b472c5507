"""An evaluation as numbers to read: statistics over the cases, a table, a CSV file, a JSON payload."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass, fields
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from BratsSegmenterLib.domain import Region
from BratsSegmenterLib.learning.evaluation.metrics import RegionScores
from BratsSegmenterLib.learning.evaluation.run import Evaluation
from BratsSegmenterLib.learning.evaluation.trust import Trust, trust

MEASURES = tuple(measure.name for measure in fields(RegionScores))
_HEADINGS = {
    "dice": "Dice",
    "hd95_mm": "HD95 mm",
    "sensitivity": "sensitivity",
    "specificity": "specificity",
    "volume_error_ml": "volume error mL",
    "lesionwise_dice": "lesion-wise Dice",
}


@dataclass(frozen=True)
class Statistics:
    """Of one measure of one region over the cases in which it is a number; quartiles as numpy's default."""

    count: int
    mean: float
    median: float
    lower_quartile: float
    upper_quartile: float


def statistics(evaluation: Evaluation, region: Region, measure: str) -> Statistics:
    """Mean, median and quartiles of one measure; all not a number when no case has one."""
    values = np.array([value for value in evaluation.values(region, measure) if not isnan(value)])
    if not values.size:
        return Statistics(0, *[float("nan")] * 4)
    lower, median, upper = np.percentile(values, [25, 50, 75])
    return Statistics(values.size, float(values.mean()), float(median), float(lower), float(upper))


def case_rows(evaluation: Evaluation) -> list[list[str]]:
    """Dice of every case and region, and their means, for a table with the regions' keys as columns."""
    rows = [
        [case.name, *(f"{case.scores[region.key].dice:.3f}" for region in evaluation.regions)]
        for case in evaluation.cases
    ]
    means = [f"{statistics(evaluation, region, 'dice').mean:.3f}" for region in evaluation.regions]
    return [*rows, ["mean", *means]]


def measure_rows(evaluation: Evaluation) -> list[list[str]]:
    """Region, measure, mean, median and quartiles, for a table."""
    rows = []
    for region in evaluation.regions:
        for measure, heading in _HEADINGS.items():
            found = statistics(evaluation, region, measure)
            numbers = (found.mean, found.median, found.lower_quartile, found.upper_quartile)
            rows.append([region.key, heading, *(f"{number:.3f}" for number in numbers)])
    return rows


def write_csv(evaluation: Evaluation, file: Path) -> None:
    """Every measure of every region of every case, one case and region a line."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["case", "region", *MEASURES])
    for case in evaluation.cases:
        for key, scores in case.scores.items():
            writer.writerow([case.name, key, *(f"{getattr(scores, measure):.6g}" for measure in MEASURES)])
    file.write_text(text.getvalue(), encoding="utf-8")


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The payload of ``evaluate --json``: Dice by case and region, all statistics, claims, cases set aside."""
    return {
        "bundle": evaluation.bundle,
        "version": evaluation.version,
        "cases": [
            {
                "case": case.name,
                "dice": {key: scores.dice for key, scores in case.scores.items()},
                "findings": list(case.findings),
            }
            for case in evaluation.cases
        ],
        "dice": {region.key: statistics(evaluation, region, "dice").mean for region in evaluation.regions},
        "statistics": {
            region.key: {measure: _without_nan(vars(statistics(evaluation, region, measure))) for measure in _HEADINGS}
            for region in evaluation.regions
        },
        "trust": trust_json(trust(case.claims for case in evaluation.cases)),
        "set_aside": [{"case": case.name, "reason": case.reason} for case in evaluation.set_aside],
    }


def trust_json(found: Mapping[str, Trust]) -> dict[str, Any]:
    """How far claims came true, by region key."""
    return {key: _without_nan(vars(region)) for key, region in found.items()}


def _without_nan(numbers: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN."""
    return {name: None if isnan(number) else number for name, number in numbers.items()}
