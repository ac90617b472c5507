"""How well brain models find the brain, and the tumour in it: several of them side by side on the same heads.

The heads are the generator's, with their skull, as they are and in slices of 6 mm. What is not in the mask is never
segmented, above all a tumour at the brain's surface; with --postoperative all heads were operated on, and it is the
resection cavity that is looked for.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Mapping
from math import nan
from pathlib import Path
from typing import TypeVar

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scanned_heads import as_scanned
from scipy import ndimage

from BratsSegmenterLib.domain import RC, WT, Region, Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, SyntheticCase, load_anatomies, synthesise
from BratsSegmenterLib.measurement import dice
from BratsSegmenterLib.preprocessing.grid import resample, with_thin_slices
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import BRAIN_MODEL, load_bundle
from BratsSegmenterLib.segmentation.brain import LearntBrain

Scans = Mapping[Sequence, NDArray[np.float32]]
"""Images at 1 mm, shape (slices, rows, columns)."""

_Value = TypeVar("_Value", bound=np.generic)

_FIRST_SEED = 910_000
_THICKNESS_VOXELS = 6


def main() -> None:
    """Print, for thin and thick slices and each model, how well its masks fit and what they hold of the tumours."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bundles", nargs="*", default=[BRAIN_MODEL], metavar="BUNDLE", help="names or folders")
    parser.add_argument("--anatomy", type=Path, help="whole-head label maps with skull")
    parser.add_argument("--cases", type=int, default=24)
    parser.add_argument("--postoperative", action="store_true", help="heads with a resection cavity")
    arguments = parser.parse_args()
    resected, wanted = (1.0, RC) if arguments.postoperative else (0.0, WT)
    settings = SynthesisSettings(healthy=0.0, resected=resected, missing_sequence=0.0, with_skull=1.0)
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(arguments.anatomy, settings.spacing_mm, cache=Path(cache))
    seeds = range(_FIRST_SEED, _FIRST_SEED + arguments.cases)
    cases = [as_scanned(synthesise(anatomies, settings, seed)) for seed in seeds]
    table = Table("slices", "model", "Dice", "worst", f"of {wanted.key}", "least", "mL beside the brain")
    for thick in (False, True):
        scans = [_scans(case, thick) for case in cases]
        for name in arguments.bundles:
            finder = LearntBrain(load_bundle(name), "cpu")
            figures = [_figures(finder, scan, case, wanted) for scan, case in zip(scans, cases, strict=True)]
            (fit, held, beside), (worst, least, _) = np.nanmean(figures, axis=0), np.nanmin(figures, axis=0)
            row = (f"{fit:.3f}", f"{worst:.3f}", f"{held:.3f}", f"{least:.3f}", f"{beside:.0f}")
            table.add_row("6 mm" if thick else "2 mm", finder.model, *row)
    Console().print(table)


def _figures(finder: LearntBrain, scans: Scans, case: SyntheticCase, wanted: Region) -> tuple[float, float, float]:
    """Dice of the mask, the share it holds of a region (nan where there is none), and the mL that are no brain."""
    head = ndimage.binary_fill_holes(np.any([image > 0 for image in scans.values()], axis=0))
    mask, brain = finder(scans, head, Progress()), _at_1_mm(case.brain.numpy())
    region = _at_1_mm(np.isin(case.labels.numpy(), wanted.labels))
    held = float(mask[region].mean()) if region.any() else nan
    return dice(mask, brain), held, np.count_nonzero(mask & ~brain) / 1000


def _scans(case: SyntheticCase, thick: bool) -> Scans:
    """The images at 1 mm; from slices three times as thick as the generator's, if so wanted."""
    scans = {sequence: _at_1_mm(image) for sequence, image in zip(Sequence, case.images.numpy(), strict=True)}
    return {sequence: _from_thick_slices(image) for sequence, image in scans.items()} if thick else scans


def _from_thick_slices(image: NDArray[np.float32]) -> NDArray[np.float32]:
    """Means over 6 mm, brought back to 1 mm as pre-processing does."""
    grid = Geometry.from_axes(image.shape, (1.0, 1.0, 1.0), np.eye(3), np.zeros(3))
    thick = sitk.BinShrink(grid.image(image), [1, 1, _THICKNESS_VOXELS])
    return sitk.GetArrayFromImage(resample(with_thin_slices(thick, thick_mm=2.0), grid))


def _at_1_mm(array: NDArray[_Value]) -> NDArray[_Value]:
    """Each voxel of the generator's 2 mm grid as eight."""
    return array.repeat(2, 0).repeat(2, 1).repeat(2, 2)


if __name__ == "__main__":
    main()
