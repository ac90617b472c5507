"""A healthy head on the case's grid: four images and the maps that disease grows on."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.anatomy import Anatomy
from BratsSegmenterLib.learning.synthesis.contrast import FLAIR, T1C, T2, Contrast
from BratsSegmenterLib.learning.synthesis.deformation import Placement, sample, sampling_grid
from BratsSegmenterLib.learning.synthesis.filters import blur
from BratsSegmenterLib.learning.synthesis.randomness import Randomness
from BratsSegmenterLib.learning.synthesis.tissues import Tissue

_GROUPS = (
    (Tissue.WHITE_MATTER, Tissue.CEREBELLAR_WHITE_MATTER, Tissue.WHITE_MATTER_LESION),
    (Tissue.VENTRICLE, Tissue.CHOROID_PLEXUS),
    (Tissue.CSF, Tissue.DURA, Tissue.VEIN, Tissue.ARTERY),
)
_MISREGISTERED = 0.6
"""Share of the images that registration leaves a little beside the T1."""
_MISREGISTRATION_SD_MM = 1.0


@dataclass(frozen=True, eq=False)
class Head:
    """A head while it is being made.

    Attributes
    ----------
    images : Tensor of float32, shape (4, slices, rows, columns)
        T1, T1c, T2, FLAIR in the units of :mod:`contrast`.
    white_matter, ventricles, fluid : Tensor of float32, shape (slices, rows, columns)
        Share of the voxel, 0 to 1; `fluid` is what surrounds the brain: CSF, dura, vessels.
    brain_distance_mm : Tensor of float32, shape (slices, rows, columns)
        To the brain's surface, negative inside.
    contrast : Contrast
    """

    images: Tensor
    white_matter: Tensor
    ventricles: Tensor
    fluid: Tensor
    brain_distance_mm: Tensor
    contrast: Contrast

    def with_images(self, images: Tensor) -> Head:
        """The same head with other images."""
        return replace(self, images=images)


def render_head(
    anatomy: Anatomy, contrast: Contrast, positions_mm: Tensor, placement: Placement, random: Randomness
) -> Head:
    """The anatomy in this contrast, deformed.

    Parameters
    ----------
    positions_mm : Tensor, shape (3, slices, rows, columns)
        Of the case's voxels before deformation, from the centre.
    """
    groups = torch.zeros(len(_GROUPS), len(Tissue), device=random.grid.device)
    for row, tissues in enumerate(_GROUPS):
        groups[row, list(tissues)] = 1
    source = anatomy.mix(torch.cat([contrast.table, groups]))
    excess = random.grid.spacing_mm / anatomy.pooling
    if excess > 1.1:
        source = blur(source, 0.45 * excess)
    where = sampling_grid(positions_mm, placement, anatomy, source.shape[1:])
    maps = sample(source, where)
    inside = (where.abs() <= 1).all(-1)[0]
    maps[:-1] *= inside  # beyond the label map there is air
    images = maps[:4]
    for channel in (T1C, T2, FLAIR):
        if random.chance(_MISREGISTERED):
            shift_mm = random.numbers.normal(0, _MISREGISTRATION_SD_MM, 3)
            sides_mm = anatomy.pooling * np.array(source.shape[:0:-1])
            offset = torch.tensor(2 * shift_mm / sides_mm, dtype=where.dtype, device=where.device)
            images[channel] = sample(source[channel : channel + 1], where + offset)[0] * inside
    return Head(_with_texture(images, random), maps[4], maps[5], maps[6], maps[7], contrast)


def _with_texture(images: Tensor, random: Randomness) -> Tensor:
    """Tissue is not quite uniform: one texture shared by the sequences, and one of each."""
    shared = random.fractal([4, 9, 25], [0.6, 0.6, 1.0])
    textured = []
    for image in images:
        sign = 1 if random.chance(0.7) else -1
        own = random.fractal([3, 8, 30], [0.6, 0.6, 1.0])
        textured.append(
            image * (1 + sign * random.uniform(0, 0.02) * shared + random.log_normal(0.01, 0.7, 0.002, 0.05) * own)
        )
    return torch.stack(textured)
