"""How flexible N4's field should be: what it removes of a known shading, and what it takes from tumours instead.

Synthetic heads with large tumours are shaded by a known smooth field, or left as they are. Printed is how far the field
that N4 finds is off, as the standard deviation of the logarithm of their ratio in the brain; N4 sees the whole brain,
or what lies 3 mm and more beside the tumour.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import ndimage

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise
from BratsSegmenterLib.preprocessing.bias_field import bias_field
from BratsSegmenterLib.progress import Progress

_FIRST_SEED = 450_000
_FLEXIBILITIES = ((5,), (5, 5), (5, 7, 7, 7), (5, 7, 11, 11))
_SHADING = 0.15
_SHADING_SIGMA_MM = 40.0
_MEAN, _DEVIATION, _DARKEST = 1.2, 0.25, 0.05
"""Brightness that normalised images are given back: N4 needs values above 0."""


def main() -> None:
    """Print the median error for each flexibility, with the shading and without it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--cases", type=int, default=6)
    arguments = parser.parse_args()
    settings = SynthesisSettings(
        core_radius_mm=(26.0, 0.1, 20.0, 32.0),
        low_grade_radius_mm=(30.0, 0.1, 24.0, 36.0),
        oedema_extent_mm=(18.0, 0.1, 12.0, 24.0),
        healthy=0.0,
        resected=0.0,
        acquisition=False,
        with_skull=0.0,
        missing_sequence=0.0,
    )
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(arguments.anatomy, settings.spacing_mm, cache=Path(cache))
    errors: dict[tuple[int, ...], list[list[float]]] = {flexibility: [] for flexibility in _FLEXIBILITIES}
    for number in range(arguments.cases):
        case = synthesise(anatomies, settings, _FIRST_SEED + number)
        mask = _at_1_mm(case.brain.numpy() & (case.images[0] != 0).numpy())
        beside = mask & ~ndimage.binary_dilation(_at_1_mm(case.labels.numpy() > 0), iterations=3)
        shading = _smooth_field(mask, number)
        for image in case.images.numpy():
            bright = np.maximum(_at_1_mm(image) * _DEVIATION + _MEAN, _DARKEST).astype(np.float32)
            for flexibility, found in errors.items():
                found.append(
                    [
                        _error(bright, field, mask, seen, flexibility)
                        for field in (shading, 0 * shading)
                        for seen in (mask, beside)
                    ]
                )
    columns = ("shaded by 15 %", "beside the tumour", "not shaded", "beside the tumour")
    table = Table("control points", *columns, title=f"Error left, {arguments.cases} heads")
    for flexibility, found in errors.items():
        table.add_row(", ".join(map(str, flexibility)), *(f"{median:.1%}" for median in np.median(found, axis=0)))
    Console().print(table)


def _at_1_mm(array: NDArray) -> NDArray:
    return array.repeat(2, 0).repeat(2, 1).repeat(2, 2)


def _smooth_field(mask: NDArray[np.bool_], seed: int) -> NDArray[np.float32]:
    """Logarithm of a field as coils make it, of standard deviation 0.15 in the mask."""
    coarse = np.random.default_rng(seed).normal(size=[side // 4 for side in mask.shape]).astype(np.float32)
    smooth = ndimage.zoom(ndimage.gaussian_filter(coarse, _SHADING_SIGMA_MM / 4), 4, order=1)
    return _SHADING * (smooth - smooth[mask].mean()) / smooth[mask].std()


def _error(
    bright: NDArray[np.float32],
    shading: NDArray[np.float32],
    mask: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    control_points: tuple[int, ...],
) -> float:
    geometry = Geometry.from_axes(mask.shape, (1.0, 1.0, 1.0), np.eye(3), np.zeros(3))
    found = bias_field(bright * np.exp(shading), geometry, seen, Progress(), control_points)
    return float((np.log(found) - shading)[mask].std())


if __name__ == "__main__":
    main()
