"""The synthetic patient: a head with skull and a ring-enhancing glioma, the same one every time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.progress import Progress

_EXTENT_MM = (192, 224, 184)
_SEED = 16
_WHITE = 3000.0
_NOISE = 30.0


@dataclass(frozen=True, eq=False)
class SyntheticHead:
    """What a scanner would see, and the truth.

    Attributes
    ----------
    images : mapping of Sequence to ndarray of float32, shape (slices, rows, columns)
        0 to 4095.
    labels : ndarray of uint8, shape (slices, rows, columns)
        0 background, 1 NCR, 2 ED, 3 ET.
    geometry : Geometry
        Isotropic; slices go up, rows to the back, columns to the left.
    """

    images: Mapping[Sequence, NDArray[np.float32]]
    labels: NDArray[np.uint8]
    geometry: Geometry

    def truth_on(self, geometry: Geometry) -> NDArray[np.uint8]:
        """The true labels on another grid, nearest neighbour."""
        grid = geometry.image(np.zeros(geometry.shape, np.uint8))
        truth = self.geometry.image(self.labels)
        return sitk.GetArrayFromImage(sitk.Resample(truth, grid, sitk.Transform(), sitk.sitkNearestNeighbor))


def synthetic_head(spacing_mm: float = 1.0, progress: Progress | None = None) -> SyntheticHead:
    """Make the head of the demo.

    Raises
    ------
    LearningError
        nilearn, whose atlas the anatomy comes from, is not installed.
    Cancelled
    """
    from BratsSegmenterLib.learning.synthesis import SynthesisSettings, TumourKind, load_anatomies, synthesise

    slices, rows, columns = (round(extent / spacing_mm) for extent in _EXTENT_MM)
    shape = slices, rows, columns
    settings = SynthesisSettings(
        shape=shape,
        spacing_mm=spacing_mm,
        kinds={TumourKind.RING: 1.0},
        healthy=0.0,
        second_focus=0.0,
        resected=0.0,
        core_radius_mm=(17.0, 0.1, 13.0, 20.0),
        oedema_extent_mm=(12.0, 0.1, 8.0, 16.0),
        elastic=False,
        sinuses=0.0,
        acquisition=False,
        with_skull=1.0,
        missing_sequence=0.0,
    )
    anatomies = load_anatomies(None, settings.spacing_mm, progress=progress)
    case = synthesise(anatomies, settings, _SEED, progress=progress)
    air = _air((case.images == 0).all(dim=0).numpy())
    images = {sequence: _as_scanned(image.numpy(), air) for sequence, image in zip(Sequence, case.images, strict=True)}
    origin_mm = -(np.array(shape[::-1]) - 1) / 2 * spacing_mm
    geometry = Geometry.from_axes(shape, (spacing_mm,) * 3, np.eye(3), origin_mm)
    return SyntheticHead(images, case.labels.numpy(), geometry)


def _air(outside_foreground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Voxels around the head; dark bone inside it is no air."""
    components, _ = ndimage.label(outside_foreground)
    return components == components[0, 0, 0]


def _as_scanned(image: NDArray[np.float32], air: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Back from z-scores to a scanner's positive values, with the noise of one."""
    low, high = np.percentile(image[~air], (0.1, 99.7))
    noise = np.random.default_rng(_SEED).normal(0, _NOISE, image.shape).astype(np.float32)
    values = np.where(air, 0, (image - low) / (high - low) * _WHITE)
    return np.clip(np.abs(values + noise), 0, 4095).astype(np.float32)
