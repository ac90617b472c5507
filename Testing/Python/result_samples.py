"""Results of known content for tests of what leaves the program: labels that are hard to outline, on real series."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import numpy as np
import series_samples
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import Authorship, Provenance
from BratsSegmenterLib.domain import ED, ET, NCR, RC, Algorithm, Segmentation, Volume
from BratsSegmenterLib.geometry import Geometry

ALGORITHM = Algorithm("glioma-synthetic", "0.1", "ab" * 32, "brain-synthetic 0.1.0")


def coronal(
    shape: tuple[int, int, int] = series_samples.SHAPE,
    spacing_mm: tuple[float, float, float] = series_samples.SPACING_MM,
) -> Geometry:
    """Rows run from right to left, columns downwards, slices from front to back."""
    direction = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)
    return Geometry.from_axes(shape, spacing_mm, direction, np.array([-14.0, -30.0, 22.0]))


def double_oblique_sagittal() -> Geometry:
    """Sagittal slices turned about two axes, as a 3-D acquisition follows the midline."""
    straight = series_samples.sagittal(spacing_mm=(1.0, 1.0, 1.0))
    turned = sitk.Euler3DTransform()
    turned.SetRotation(np.deg2rad(4), np.deg2rad(-3), np.deg2rad(6))
    rotation = np.array(turned.GetMatrix()).reshape(3, 3)
    return Geometry.from_axes(straight.shape, (1.0, 1.0, 1.0), rotation @ straight.direction, straight.origin_mm)


GEOMETRIES: dict[str, Callable[[], Geometry]] = {
    **series_samples.GEOMETRIES,
    "coronal": coronal,
    "double-oblique sagittal": double_oblique_sagittal,
}


def hard_labels(shape: tuple[int, int, int] = series_samples.SHAPE) -> NDArray[np.uint8]:
    """Shells, holes with islands, single voxels, diagonal touches, lines, a checkerboard, noise: 12 x 40 x 32 voxels.

    In the middle of a larger grid; on one of that size they reach its corners.
    """
    labels = np.zeros(shape, np.uint8)
    block = series_samples.SHAPE
    labels[tuple(slice((n - size) // 2, (n - size) // 2 + size) for n, size in zip(shape, block, strict=True))] = (
        _hard_block(block)
    )
    return labels


def _hard_block(shape: tuple[int, int, int]) -> NDArray[np.uint8]:
    labels = np.zeros(shape, np.uint8)
    slices, rows, columns = np.indices(shape)
    distance = np.sqrt((2 * (slices - 4)) ** 2 + (rows - 14) ** 2 + (columns - 15) ** 2)
    labels[distance < 12] = ED.label
    labels[distance < 8] = ET.label
    labels[distance < 5.5] = NCR.label
    labels[3, 12:16, 13:17] = 0
    labels[3, 13:15, 14:16] = ET.label
    labels[8, 30, 5] = labels[8, 31, 6] = labels[8, 32, 5] = ET.label
    labels[8, 20:36, 20] = labels[8, 36, 2:30] = NCR.label
    labels[9, 4:16, 4:16] = np.where(np.indices((12, 12)).sum(axis=0) % 2, RC.label, 0)
    labels[10] = np.where(np.random.default_rng(0).random(shape[1:]) < 0.5, ED.label, 0)
    labels[11, 0, 0] = labels[11, -1, -1] = labels[0, 0, -1] = RC.label
    return labels


def load(folder: Path) -> Volume:
    """The one series of a folder."""
    (series,) = dicom.scan(folder).series
    return dicom.load_volume(series)


def volume_on(geometry: Geometry, folder: Path) -> Volume:
    """A classic series written on that grid and loaded again."""
    series_samples.classic(folder, geometry=geometry)
    return load(folder)


def enhanced_out_of_order(folder: Path) -> Volume:
    """A multi-frame object whose frames are not stored in the order of the slices."""
    folder.mkdir(parents=True, exist_ok=True)
    order = [7, 2, 11, 0, 5, 9, 1, 10, 4, 8, 3, 6]
    series_samples.enhanced(folder / "frames.dcm", geometry=series_samples.oblique(), order=order)
    return load(folder)


def segmentation_on(volume: Volume, labels: NDArray[np.uint8] | None = None) -> Segmentation:
    """The hard labels, or those given, as a result on the volume's grid."""
    labels = hard_labels(volume.geometry.shape) if labels is None else labels
    return Segmentation(labels, volume.geometry, ALGORITHM)


def provenance(**changes: object) -> Provenance:
    """Of an unreviewed result, with changes."""
    facts: dict[str, object] = {
        "software_version": "0.1.0",
        "algorithm": ALGORITHM,
        "authorship": Authorship.AI,
        "content_time": datetime(2026, 3, 1, 12, 30),
    }
    return Provenance(**(facts | changes))  # type: ignore[arg-type]
