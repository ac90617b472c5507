"""What the demo shows at its end."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.demo.story import Journey
from BratsSegmenterLib.domain import ED, ET, NCR, TC, WT, Region, Segmentation, Sequence
from BratsSegmenterLib.image_files import read_image
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.machine import peak_memory_mb
from BratsSegmenterLib.measurement import dice
from BratsSegmenterLib.pages import write_page
from BratsSegmenterLib.pictures import Plane, draw_regions, montage, slice_image

if TYPE_CHECKING:
    from PIL import Image

_SHOWN = (ET, NCR, ED, WT, TC)
_SLICES = 4
_PIXELS_PER_MM = 1.6


@dataclass(frozen=True)
class RegionRow:
    """One line of the table of volumes, held against the synthetic truth."""

    region: Region
    volume_ml: float
    true_ml: float
    dice: float


def write_demo_page(journey: Journey, path: Path) -> Path:
    """Slices with outlines, volumes beside the truth, times, sequences with reasons, and what the archive holds."""
    segmentation = read_labelmap(journey.segmented.labels)
    return write_page(
        path,
        "demo.html",
        slices=_slices(journey, segmentation),
        regions=compare(segmentation, journey.head.truth_on(segmentation.geometry)),
        stages=journey.stages,
        peak_memory_mb=peak_memory_mb(),
        sequences=journey.prepared.sequences,
        descriptions={row.key: row.description for row in journey.prepared.series},
        warnings=(*journey.prepared.warnings, *journey.segmented.warnings),
        objects=journey.sent.objects,
        stored=set(journey.sent.pushed),
        quality_page=journey.segmented.quality_page.relative_to(path.parent),
    )


def compare(segmentation: Segmentation, truth: NDArray[np.uint8]) -> tuple[RegionRow, ...]:
    """Volumes and Dice of each region against the true labels in the same grid."""
    true_segmentation = Segmentation(truth, segmentation.geometry, segmentation.algorithm)
    voxel_ml = segmentation.geometry.voxel_volume_ml
    rows = []
    for region in _SHOWN:
        found, true = segmentation.mask(region), true_segmentation.mask(region)
        rows.append(RegionRow(region, int(found.sum()) * voxel_ml, int(true.sum()) * voxel_ml, dice(found, true)))
    return tuple(rows)


def _slices(journey: Journey, segmentation: Segmentation) -> Image.Image:
    """Evenly spaced slices through the tumour, T1c above FLAIR."""
    occupied = np.flatnonzero(segmentation.labels.any(axis=(1, 2)))
    if not occupied.size:
        occupied = np.arange(segmentation.labels.shape[0])
    chosen = occupied[np.linspace(0, len(occupied) - 1, _SLICES + 2).round().astype(int)[1:-1]]
    images = []
    for sequence in (Sequence.T1C, Sequence.FLAIR):
        array = read_image(journey.segmented.volumes[sequence.value])
        for k in chosen:
            grey = slice_image(array, segmentation.geometry, Plane.AXIAL, int(k), pixels_per_mm=_PIXELS_PER_MM)
            images.append(draw_regions(grey, segmentation.labels, segmentation.geometry, Plane.AXIAL, int(k)))
    return montage(images, _SLICES)
