"""A site's own labelled case on the network's grid: what preprocessing and inference do to a study in use."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
import torch
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.geometry import Geometry, bounding_box, corners
from BratsSegmenterLib.learning.evaluation import LabelledCase, refuse_what_is_no_brain
from BratsSegmenterLib.learning.synthesis.skull_stripping import CLIP
from BratsSegmenterLib.learning.training.cases import TrainingCase

_TOLERANCE_MM = 0.1
_INSIDE = 0.25
_LABELS_OUTSIDE = 0.01
_BRAIN_OUTSIDE = 0.05
"""Shares that may be lost: a brain longer than the grid by a few millimetres loses its poles, no tumour."""


class OutsideGridError(LearningError):
    """The network's grid cuts a case; raised for each such case, and all the more a matter of settings."""


def prepare(case: LabelledCase, shape: tuple[int, int, int], spacing_mm: float) -> TrainingCase:
    """Normalise in the mask and resample onto an isotropic grid centred on the brain.

    Parameters
    ----------
    case : LabelledCase
        Registered and skull-stripped: what is not zero in any image is brain.
    shape : tuple of int
        Slices, rows, columns of the grid, which goes upwards, to the back and to the left.

    Raises
    ------
    LearningError
        The images do not lie in one grid, show more than the brain or hold none, or one has a single value in it.
    OutsideGridError
        The grid does not hold what is labelled, or not the brain.
    """
    geometry = case.labels_geometry
    for sequence, own in case.geometries.items():
        if not own.is_close(geometry, tolerance_mm=_TOLERANCE_MM):
            raise LearningError(
                f"The {sequence.value} image of the case '{case.name}' does not lie in the grid of its labels.",
                "Register the images, or leave the case out.",
            )
    refuse_what_is_no_brain(case, "Or leave the case out.")
    mask = np.any([image != 0 for image in case.images.values()], axis=0)
    if not mask.any():
        raise LearningError(f"The case '{case.name}' is empty: every voxel of its images is zero.", "Leave it out.")
    grid = _grid_over(mask, geometry, shape, spacing_mm)
    _refuse_what_is_outside(case, mask, grid)
    brain = _resampled(mask.astype(np.float32), geometry, grid) > _INSIDE
    images = np.zeros((len(Sequence), *shape), np.float32)
    for channel, sequence in enumerate(Sequence):
        if sequence in case.images:
            normalised = _normalised(case.images[sequence], mask, f"{sequence.value} image of the case '{case.name}'")
            images[channel] = np.where(brain, _resampled(normalised, geometry, grid), 0)
    reference = grid.image(brain.astype(np.uint8))
    labels = sitk.Resample(geometry.image(case.labels), reference, sitk.Transform(), sitk.sitkNearestNeighbor)
    present = tuple(sequence for sequence in Sequence if sequence in case.images)
    return TrainingCase(
        torch.from_numpy(images).half(),
        torch.from_numpy(sitk.GetArrayFromImage(labels)),
        torch.from_numpy(brain),
        present,
    )


def _grid_over(mask: NDArray[np.bool_], geometry: Geometry, shape: tuple[int, int, int], spacing_mm: float) -> Geometry:
    """The isotropic grid centred on the middle of the mask's bounding box, along the patient's axes."""
    points = geometry.points_mm(corners((side.start, side.stop - 1) for side in reversed(bounding_box(mask))))
    centre = (points.min(0) + points.max(0)) / 2
    origin = centre - (np.array(shape[::-1]) - 1) / 2 * spacing_mm
    return Geometry.from_axes(shape, (spacing_mm,) * 3, np.eye(3), origin)


def _refuse_what_is_outside(case: LabelledCase, mask: NDArray[np.bool_], grid: Geometry) -> None:
    for what, part, tolerated in (("labels", case.labels > 0, _LABELS_OUTSIDE), ("brain", mask, _BRAIN_OUTSIDE)):
        outside = _share_outside(part, case.labels_geometry, grid)
        if outside > tolerated:
            raise OutsideGridError(
                f"The grid of {' x '.join(map(str, grid.shape))} voxels at {grid.spacing_mm[0]:g} mm cuts off "
                f"{outside:.0%} of the {what} of the case '{case.name}'.",
                "Leave the case out, or set 'shape' and 'spacing_mm' under 'synthesis' so that their product holds "
                "every brain: [80, 96, 80] at 2 mm, [160, 192, 160] at 1 mm.",
            )


def _share_outside(part: NDArray[np.bool_], geometry: Geometry, grid: Geometry) -> float:
    """Share of the voxels of `part` whose centres lie in no voxel of the grid."""
    indices = grid.indices(geometry.points_mm(np.argwhere(part)[:, ::-1].astype(float)))
    inside = ((indices > -0.5) & (indices < np.array(grid.shape[::-1]) - 0.5)).all(axis=1)
    return 1 - float(inside.mean()) if inside.size else 0.0


def _normalised(image: NDArray[np.float32], mask: NDArray[np.bool_], what: str) -> NDArray[np.float32]:
    inside = image[mask]
    if inside.std() == 0:
        raise LearningError(f"The {what} has one value everywhere in the brain.", "Repair the case or leave it out.")
    return np.where(mask, np.clip((image - inside.mean()) / inside.std(), *CLIP), 0).astype(np.float32)


def _resampled(array: NDArray[np.float32], geometry: Geometry, grid: Geometry) -> NDArray[np.float32]:
    """Linear interpolation, after a Gaussian filter of a box's variance where the new voxel is coarser."""
    image = geometry.image(array)
    coarser = zip(grid.spacing_mm, geometry.spacing_mm, strict=True)
    variance = [new**2 / 12 if new > old else 0.0 for new, old in coarser]
    if any(variance):
        image = sitk.DiscreteGaussian(image, variance)
    reference = grid.image(np.zeros(grid.shape, np.uint8))
    return np.asarray(sitk.GetArrayFromImage(sitk.Resample(image, reference, sitk.Transform(), sitk.sitkLinear)))
