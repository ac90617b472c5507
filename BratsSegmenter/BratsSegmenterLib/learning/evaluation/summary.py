"""An evaluation as numbers to read: statistics over the cases, a table, a CSV file, a JSON payload."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from math import isnan
from pathlib import Path
from typing import Any

import numpy as np

from BratsSegmenterLib.domain import Region
from BratsSegmenterLib.learning.evaluation.metrics import RegionScores
from BratsSegmenterLib.learning.evaluation.run import CaseResult, Evaluation
from BratsSegmenterLib.learning.evaluation.trust import Trust, trust

MEASURES = tuple(measure.name for measure in fields(RegionScores))
CSV_HEADINGS = ("region", *MEASURES, "note")
NOT_MEASURED = "not measured"
"""What stands for the scores of a region that the model does not measure without a sequence that is missing."""
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
    rows = [[case.name, *(_dice_cell(case, region) for region in evaluation.regions)] for case in evaluation.cases]
    means = [_number(statistics(evaluation, region, "dice").mean, evaluation, region) for region in evaluation.regions]
    return [*rows, ["mean", *means]]


def _dice_cell(case: CaseResult, region: Region) -> str:
    return f"{case.scores[region.key].dice:.3f}" if region.key in case.scores else NOT_MEASURED


def _number(value: float, evaluation: Evaluation, region: Region) -> str:
    return NOT_MEASURED if region.key in evaluation.not_measured else f"{value:.3f}"


def measure_rows(evaluation: Evaluation) -> list[list[str]]:
    """Region, measure, mean, median and quartiles, for a table."""
    rows = []
    for region in evaluation.regions:
        for measure, heading in _HEADINGS.items():
            found = statistics(evaluation, region, measure)
            numbers = (found.mean, found.median, found.lower_quartile, found.upper_quartile)
            rows.append([region.key, heading, *(_number(number, evaluation, region) for number in numbers)])
    return rows


def write_csv(evaluation: Evaluation, file: Path) -> None:
    """Every measure of every region of every case, one case and region a line; one not measured says so in its note."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(["case", *CSV_HEADINGS])
    keys = [region.key for region in evaluation.regions]
    writer.writerows([case.name, *cells] for case in evaluation.cases for cells in csv_rows(case, keys))
    file.write_text(text.getvalue(), encoding="utf-8")


def csv_rows(case: CaseResult, keys: Iterable[str]) -> Iterator[list[str]]:
    """Cells under :data:`CSV_HEADINGS` for each of the regions; the measures of one not measured are empty."""
    for key in keys:
        scores = case.scores.get(key)
        if scores:
            yield [key, *(f"{getattr(scores, measure):.6g}" for measure in MEASURES), ""]
        else:
            yield [key, *("" for _ in MEASURES), NOT_MEASURED]


def to_json(evaluation: Evaluation) -> dict[str, Any]:
    """The payload of ``evaluate --json``: Dice by case and region, all statistics, claims, cases set aside.

    Null where a region is not measured.
    """
    keys = [region.key for region in evaluation.regions]
    return {
        "bundle": evaluation.bundle,
        "version": evaluation.version,
        "cases": [
            {
                "case": case.name,
                "dice": {key: case.scores[key].dice if key in case.scores else None for key in keys},
                "findings": list(case.findings),
            }
            for case in evaluation.cases
        ],
        "dice": _without_nan(
            {region.key: statistics(evaluation, region, "dice").mean for region in evaluation.regions}
        ),
        "not_measured": list(evaluation.not_measured),
        "statistics": {
            region.key: {measure: _without_nan(vars(statistics(evaluation, region, measure))) for measure in _HEADINGS}
            for region in evaluation.regions
        },
        "trust": trust_json(trust(case.claims for case in evaluation.cases)),
        "set_aside": [{"case": case.name, "reason": case.reason} for case in evaluation.set_aside],
        "notes": list(evaluation.notes),
    }


def trust_json(found: Mapping[str, Trust]) -> dict[str, Any]:
    """How far claims came true, by region key."""
    return {key: _without_nan(vars(region)) for key, region in found.items()}


def _without_nan(numbers: dict[str, Any]) -> dict[str, Any]:
    """JSON has no NaN."""
    return {name: None if isnan(number) else number for name, number in numbers.items()}
