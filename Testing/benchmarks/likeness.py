"""How alike real and synthetic images are, by the brightness of healthy brain and of oedema and by fine detail.

Brightness is in standard deviations from the mean of the brain, as the network gets it. Fine detail is what a Gaussian
filter of 1.5 voxels takes away; where two sequences have it in common, its correlation is near 1 or -1. Both are
measured in brain that lies apart from the brain's surface and from tumour. "Oedema brighter" is the chance that a voxel
of oedema is brighter than one of that brain: a half where brightness does not tell them apart. "Oedema uneven" is the
interquartile range of oedema's brightness, as a share of that brain's.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import ndimage

from BratsSegmenterLib.domain import ED, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import find_labelled_cases
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise
from BratsSegmenterLib.learning.training.preparation import prepare

_FIRST_SEED = 71_000
_PERCENTILES = (2, 25, 50, 75, 90, 98, 99.7)
_FROM_SURFACE_VOXELS = 3
_FROM_TUMOUR_VOXELS = 4
_FINE_VOXELS = 1.5
_LEAST_OEDEMA_VOXELS = 50


def main() -> None:
    """Print each measure of the real and of the synthetic images: mean and standard deviation over the cases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="real cases with labels, in BraTS' or nnU-Net's layout")
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--synthetic", type=int, default=24)
    arguments = parser.parse_args()
    settings = SynthesisSettings(with_skull=0.0, missing_sequence=0.0, resected=0.0)
    real = _measures(_real_cases(arguments.folder, settings))
    synthetic = _measures(_synthetic_cases(arguments.anatomy, settings, arguments.synthetic))
    table = Table("", "real", "synthetic", title="Mean and standard deviation over cases")
    for name, values in real.items():
        table.add_row(name, *(f"{np.mean(column):5.2f} ± {np.std(column):.2f}" for column in (values, synthetic[name])))
    Console().print(table)


def _real_cases(folder: Path, settings: SynthesisSettings) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    for files in find_labelled_cases(folder):
        try:
            case = prepare(files.read(), settings.shape, settings.spacing_mm)
        except LearningError as error:
            print(error)
            continue
        if len(case.present) == len(Sequence):
            yield case.images.float().numpy(), case.labels.numpy()


def _synthetic_cases(
    anatomy: Path | None, settings: SynthesisSettings, count: int
) -> Iterator[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(anatomy, settings.spacing_mm, cache=Path(cache))
    for number in range(count):
        case = synthesise(anatomies, settings, _FIRST_SEED + number)
        yield case.images.numpy(), case.labels.numpy()


def _measures(cases: Iterable[tuple[NDArray[np.float32], NDArray[np.uint8]]]) -> dict[str, list[float]]:
    """Name of each measure to its value in every case."""
    found: dict[str, list[float]] = {}
    for images, labels in cases:
        tumour, oedema = labels > 0, labels == ED.label
        within = ndimage.binary_erosion((images != 0).any(axis=0), iterations=_FROM_SURFACE_VOXELS)
        healthy = within & ~ndimage.binary_dilation(tumour, iterations=_FROM_TUMOUR_VOXELS)
        fine = [(image - ndimage.gaussian_filter(image, _FINE_VOXELS))[healthy] for image in images]
        for sequence, image, detail in zip(Sequence, images, fine, strict=True):
            for percent, value in zip(_PERCENTILES, np.percentile(image[healthy], _PERCENTILES), strict=True):
                found.setdefault(f"{sequence.value}, percentile {percent:g}", []).append(float(value))
            found.setdefault(f"{sequence.value}, fine detail", []).append(float(detail.std()))
            if oedema.sum() >= _LEAST_OEDEMA_VOXELS:
                found.setdefault(f"{sequence.value}, oedema", []).append(float(np.median(image[oedema])))
                plainness = _chance_of_brighter(image[oedema], image[healthy])
                found.setdefault(f"{sequence.value}, oedema brighter", []).append(plainness)
                unevenness = _interquartile_range(image[oedema]) / _interquartile_range(image[healthy])
                found.setdefault(f"{sequence.value}, oedema uneven", []).append(unevenness)
        for (one, first), (other, second) in combinations(zip(Sequence, fine, strict=True), 2):
            name = f"{one.value} and {other.value}, fine detail in common"
            found.setdefault(name, []).append(float(np.corrcoef(first, second)[0, 1]))
    return found


def _interquartile_range(values: NDArray[np.float32]) -> float:
    return float(np.subtract(*np.percentile(values, (75, 25))))


def _chance_of_brighter(values: NDArray[np.float32], others: NDArray[np.float32]) -> float:
    """That one of `values` exceeds one of `others`: the area under the ROC curve (Hanley and McNeil 1982)."""
    return float(np.searchsorted(np.sort(others), values).mean() / len(others))


if __name__ == "__main__":
    main()
