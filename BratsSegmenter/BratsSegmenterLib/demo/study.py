"""Scans a synthetic head: the series of a usual brain tumour protocol, each with its own slices."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.demo.head import SyntheticHead
from BratsSegmenterLib.dicom import PROTOCOLS, Protocol, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry, corners
from BratsSegmenterLib.progress import Progress

_LOCALISER = Protocol("Localizer", "GR", "2D", 8, 4, image_type=("ORIGINAL", "PRIMARY", "LOCALIZER"))


@dataclass(frozen=True)
class Scan:
    """How one series is cut from the head.

    Attributes
    ----------
    spacing_mm : tuple of float
        Within a row, within a column, between slices.
    tilt_degrees : tuple of float
        Of the slice block about the patient's x, y and z axes.
    moved_mm : tuple of float
        How far the patient moved since the first series, x, y, z (LPS).
    """

    protocol: Protocol
    shows: Sequence
    spacing_mm: tuple[float, float, float]
    tilt_degrees: tuple[float, float, float] = (0.0, 0.0, 0.0)
    moved_mm: tuple[float, float, float] = (0.0, 0.0, 0.0)


SCANS = (
    Scan(_LOCALISER, Sequence.T2, (3.0, 3.0, 20.0)),
    Scan(PROTOCOLS[Sequence.T1], Sequence.T1, (0.9, 0.9, 4.0)),
    Scan(PROTOCOLS[Sequence.T2], Sequence.T2, (0.75, 0.75, 4.0), (6.0, 0.0, 0.0)),
    Scan(PROTOCOLS[Sequence.FLAIR], Sequence.FLAIR, (0.9, 0.9, 5.0), (12.0, -4.0, 3.0), (1.5, -2.0, 1.0)),
    Scan(PROTOCOLS[Sequence.T1C], Sequence.T1C, (1.0, 1.0, 1.0)),
)


def write_study(
    head: SyntheticHead,
    folder: Path,
    identity: StudyIdentity,
    scans: tuple[Scan, ...] = SCANS,
    progress: Progress | None = None,
) -> list[Path]:
    """Write a series for each of `scans` below `folder` and return the files.

    Raises
    ------
    Cancelled
    """
    progress = progress or Progress()
    files = []
    for number, scan in enumerate(scans, start=1):
        progress.update((number - 1) / len(scans), scan.protocol.description)
        geometry = slice_block(head.geometry, scan)
        array = cut(head, scan, geometry)
        files += write_mr_series(array, geometry, folder / f"{number:02d}", identity, scan.protocol, number)
    return files


def slice_block(head: Geometry, scan: Scan) -> Geometry:
    """The grid of a scan: centred on the head, tilted, large enough to hold it."""
    turn = sitk.Euler3DTransform((0.0, 0.0, 0.0), *np.deg2rad(scan.tilt_degrees).tolist())
    direction = np.array(turn.GetMatrix()).reshape(3, 3)
    points = head.points_mm(corners((0, n - 1) for n in head.shape[::-1]))
    centre = points.mean(axis=0)
    extent_mm = np.ptp((points - centre) @ head.direction, axis=0)
    columns, rows, slices = (int(np.ceil(size / step)) for size, step in zip(extent_mm, scan.spacing_mm, strict=True))
    half = np.array([columns - 1, rows - 1, slices - 1]) / 2 * scan.spacing_mm
    return Geometry.from_axes((slices, rows, columns), scan.spacing_mm, direction, centre - direction @ half)


def cut(head: SyntheticHead, scan: Scan, geometry: Geometry) -> NDArray[np.float32]:
    """The head's image on the scan's grid; each slice averages over its own thickness."""
    moved = sitk.TranslationTransform(3, [-step for step in scan.moved_mm])
    fine_step_mm = head.geometry.spacing_mm[2]
    layers = max(1, round(scan.spacing_mm[2] / fine_step_mm))
    offsets_mm = (np.arange(layers) - (layers - 1) / 2) * fine_step_mm
    image = head.geometry.image(head.images[scan.shows])
    total = np.zeros(geometry.shape, np.float32)
    for offset_mm in offsets_mm:
        shifted = geometry.affine.copy()
        shifted[:3, 3] += geometry.direction[:, 2] * offset_mm
        grid = Geometry(geometry.shape, shifted).image(np.zeros(geometry.shape, np.uint8))
        total += sitk.GetArrayFromImage(sitk.Resample(image, grid, moved, sitk.sitkLinear, 0.0))
    return np.asarray(total / layers, np.float32)
