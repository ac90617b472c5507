"""How much of a resection cavity the brain mask holds: the usual brain model beside the one for after an operation.

The heads are the generator's, with their skull, all operated on. What is not in the mask is never segmented.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import ndimage

from BratsSegmenterLib.domain import RC, Sequence
from BratsSegmenterLib.learning.evaluation.metrics import dice
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import brain_finder, load_bundle

_Value = TypeVar("_Value", bound=np.generic)

_FIRST_SEED = 900_000


def main() -> None:
    """Print, for each head and in the mean, the share of the cavity in either mask, and the masks' Dice."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--anatomy", type=Path, help="whole-head label maps with skull")
    parser.add_argument("--cases", type=int, default=24)
    arguments = parser.parse_args()
    settings = SynthesisSettings(healthy=0.0, resected=1.0, missing_sequence=0.0, with_skull=1.0)
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(arguments.anatomy, settings.spacing_mm, cache=Path(cache))
    bundle = load_bundle("glioma-synthetic")
    finders = [brain_finder(bundle, "cpu", is_postoperative) for is_postoperative in (False, True)]
    figures = []
    table = Table("head", "cavity mL", "in the mask", "after an operation", "Dice of the mask", "after an operation")
    for number in range(arguments.cases):
        case = synthesise(anatomies, settings, _FIRST_SEED + number).as_scanned()
        cavity = _at_1_mm(case.labels.numpy() == RC.label)
        if not cavity.any():
            continue
        images = case.images.numpy()
        head = _at_1_mm(ndimage.binary_fill_holes((images > 0).any(axis=0)))
        scans = {sequence: _at_1_mm(image) for sequence, image in zip(Sequence, images, strict=True)}
        masks, brain = [finder(scans, head, Progress()) for finder in finders], _at_1_mm(case.brain.numpy())
        figures.append([*((mask & cavity).sum() / cavity.sum() for mask in masks), *(dice(m, brain) for m in masks)])
        table.add_row(str(number), f"{cavity.sum() / 1000:.1f}", *(f"{figure:.3f}" for figure in figures[-1]))
    table.add_row("mean", "", *(f"{mean:.3f}" for mean in np.mean(figures, axis=0)))
    Console().print(table)


def _at_1_mm(array: NDArray[_Value]) -> NDArray[_Value]:
    """Each voxel of the generator's 2 mm grid as eight."""
    return array.repeat(2, 0).repeat(2, 1).repeat(2, 2)


if __name__ == "__main__":
    main()
