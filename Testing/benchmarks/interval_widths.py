"""How wide volume intervals must be that hold the true volume in nine of ten synthetic cases, by how they are widened.

Each way is fitted on six tenths of the cases and checked on the others, many times over: both bounds pushed apart by
one factor, one difference or one difference of square roots; by a difference of square roots for each bound; and by
such that grow with the model's doubt (as shipped). Coverage is given for the smallest, middle and largest third of
the volumes as drawn, too, because intervals that only suit tumours of one size are of little use.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.domain import INTERVAL_COVERAGE, REGIONS
from BratsSegmenterLib.learning.evaluation import synthesis_settings
from BratsSegmenterLib.learning.evaluation.calibration import fit_steps, segmented_synthetic
from BratsSegmenterLib.learning.synthesis import load_anatomies
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Evidence, load_bundle, pushed_outwards

Array = NDArray[np.float64]
Cases = list[tuple[Evidence, float]]
"""Of one region: the evidence, and the true volume in mL."""

_FITTED_SHARE = 0.6
_LEAST_ML = 0.5
"""Added before ratios are taken, so that a region of no voxels has one."""


def _by_one_number(
    there: Callable[[Array], Array], back: Callable[[Array], Array], fitted: Cases, checked: Cases
) -> Array:
    """Pushed apart by one number on the scale that `there` leads to."""
    sure, possible = (there(volumes) for volumes in _bounds_ml(fitted).T)
    true = there(_true_ml(fitted))
    needed = np.sort(np.maximum(sure - true, true - possible))
    widening = max(needed[ceil((len(needed) + 1) * INTERVAL_COVERAGE) - 1], 0.0)
    sure, possible = (there(volumes) for volumes in _bounds_ml(checked).T)
    return np.stack([back(sure - widening).clip(min=0), back(possible + widening)], axis=1)


def _by_steps(fitted: Cases, checked: Cases) -> Array:
    """As shipped."""
    steps = fit_steps([evidence for evidence, _ in fitted], [true for _, true in fitted])
    return np.array([pushed_outwards(evidence, *steps) for evidence, _ in checked])


def _by_equal_steps(fitted: Cases, checked: Cases) -> Array:
    """As if the model never doubted its answer."""
    certain = ([(replace(evidence, soft_dice=1.0), true) for evidence, true in cases] for cases in (fitted, checked))
    return _by_steps(*certain)


_WAYS: dict[str, Callable[[Cases, Cases], Array]] = {
    "factor": partial(_by_one_number, lambda ml: np.log(ml + _LEAST_ML), lambda value: np.exp(value) - _LEAST_ML),
    "difference": partial(_by_one_number, lambda ml: ml, lambda value: value),
    "square roots": partial(_by_one_number, np.sqrt, lambda value: np.square(value.clip(min=0))),
    "each bound": _by_equal_steps,
    "as shipped": _by_steps,
}


def main() -> None:
    """Print coverage and width of each way for every region."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", default="glioma-synthetic")
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--cases", type=int, default=140)
    parser.add_argument("--splits", type=int, default=200)
    arguments = parser.parse_args()
    table = Table("region", "way", "held", "smallest third", "middle", "largest", "median width, mL")
    for key, cases in _cases(arguments.bundle, arguments.anatomy, arguments.cases).items():
        for name in _WAYS:
            held, *thirds, width = _checked(cases, name, arguments.splits)
            table.add_row(key, name, *(f"{share:.0%}" for share in (held, *thirds)), f"{width:.0f}")
    Console().print(table)


def _cases(bundle_name: str, anatomy: Path | None, count: int) -> dict[str, Cases]:
    """By region key."""
    bundle = load_bundle(bundle_name)
    settings = synthesis_settings(bundle)
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(anatomy, settings.spacing_mm, cache=Path(cache))
    cases: dict[str, Cases] = {}
    for case in segmented_synthetic(bundle, anatomies, settings, count, "auto", Progress()):
        for key, evidence in case.evidence.items():
            true_ml = np.count_nonzero(np.isin(case.truth, REGIONS[key].labels)) * case.voxel_ml
            cases.setdefault(key, []).append((evidence, true_ml))
    return cases


def _checked(cases: Cases, way: str, splits: int) -> list[float]:
    """Coverage of all and of each third by size, and the median width, over random splits."""
    random, results = np.random.default_rng(0), []
    for _ in range(splits):
        shuffled = [cases[place] for place in random.permutation(len(cases))]
        count = round(len(cases) * _FITTED_SHARE)
        fitted, checked = shuffled[:count], shuffled[count:]
        lower, upper = _WAYS[way](fitted, checked).T
        true, drawn = _true_ml(checked), np.array([evidence.volume_ml for evidence, _ in checked])
        held, third = (lower <= true) & (true <= upper), drawn.argsort().argsort() * 3 // len(checked)
        results.append([held.mean(), *(held[third == one].mean() for one in range(3)), np.median(upper - lower)])
    return [float(value) for value in np.mean(results, axis=0)]


def _bounds_ml(cases: Cases) -> Array:
    return np.array([(evidence.sure_ml, evidence.possible_ml) for evidence, _ in cases])


def _true_ml(cases: Cases) -> Array:
    return np.array([true for _, true in cases])


if __name__ == "__main__":
    main()
