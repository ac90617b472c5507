"""How wide volume intervals must be that hold the true volume in nine of ten synthetic cases, by how they are widened.

Each way is fitted on six tenths of the cases and checked on the others, many times over: pushed apart by a factor, by
a difference of square roots (as shipped) or by a difference. Coverage is given for the smallest, middle and largest
third of the volumes as drawn, too, because intervals that only suit tumours of one size are of little use.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Callable
from math import ceil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.domain import INTERVAL_COVERAGE, REGIONS
from BratsSegmenterLib.learning.evaluation import synthesis_settings
from BratsSegmenterLib.learning.evaluation.calibration import segmented_synthetic
from BratsSegmenterLib.learning.synthesis import load_anatomies
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import load_bundle

Volumes = NDArray[np.float64]

_FITTED_SHARE = 0.6
_LEAST_ML = 0.5
"""Added before ratios are taken, so that a region of no voxels has one."""
_SCALES: dict[str, tuple[Callable[[Volumes], Volumes], Callable[[Volumes], Volumes]]] = {
    "factor": (lambda ml: np.log(ml + _LEAST_ML), lambda value: np.exp(value) - _LEAST_ML),
    "square roots": (np.sqrt, lambda value: np.square(value.clip(min=0))),
    "difference": (lambda ml: ml, lambda value: value),
}
"""Scales on which the bounds are pushed apart by one number, and the ways back to mL."""


def main() -> None:
    """Print coverage and width of each way for every region."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", default="glioma-synthetic")
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--cases", type=int, default=140)
    parser.add_argument("--splits", type=int, default=200)
    arguments = parser.parse_args()
    table = Table("region", "pushed apart by", "held", "smallest third", "middle", "largest", "median width, mL")
    for key, volumes in _volumes(arguments.bundle, arguments.anatomy, arguments.cases).items():
        for name in _SCALES:
            held, *thirds, width = _checked(volumes, name, arguments.splits)
            table.add_row(key, name, *(f"{share:.0%}" for share in (held, *thirds)), f"{width:.0f}")
    Console().print(table)


def _volumes(bundle_name: str, anatomy: Path | None, count: int) -> dict[str, Volumes]:
    """Sure, possible, drawn and true mL of every case, shape (cases, 4), by region key."""
    bundle = load_bundle(bundle_name)
    settings = synthesis_settings(bundle)
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(anatomy, settings.spacing_mm, cache=Path(cache))
    rows: dict[str, list[tuple[float, float, float, float]]] = {}
    for case in segmented_synthetic(bundle, anatomies, settings, count, "auto", Progress()):
        for key, evidence in case.evidence.items():
            true_ml = np.count_nonzero(np.isin(case.truth, REGIONS[key].labels)) * case.voxel_ml
            row = (evidence.sure_ml, evidence.possible_ml, evidence.volume_ml, true_ml)
            rows.setdefault(key, []).append(row)
    return {key: np.array(values) for key, values in rows.items()}


def _checked(volumes: Volumes, scale: str, splits: int) -> list[float]:
    """Coverage of all and of each third by size, and the median width, over random splits."""
    random, results = np.random.default_rng(0), []
    for _ in range(splits):
        shuffled = random.permutation(volumes)
        fitted, checked = np.split(shuffled, [round(len(shuffled) * _FITTED_SHARE)])
        lower, upper = _intervals(fitted, checked, scale)
        true, place = checked[:, 3], checked[:, 2].argsort().argsort() * 3 // len(checked)
        held = (lower <= true) & (true <= upper)
        thirds = [held[place == third].mean() for third in range(3)]
        results.append([held.mean(), *thirds, np.median(upper - lower)])
    return [float(value) for value in np.mean(results, axis=0)]


def _intervals(fitted: Volumes, checked: Volumes, scale: str) -> tuple[Volumes, Volumes]:
    there, back = _SCALES[scale]
    sure, possible, _, true = there(fitted).T
    needed = np.sort(np.maximum(sure - true, true - possible))
    widening = max(needed[ceil((len(needed) + 1) * INTERVAL_COVERAGE) - 1], 0.0)
    sure, possible, *_ = there(checked).T
    return back(sure - widening).clip(min=0), back(possible + widening)


if __name__ == "__main__":
    main()
