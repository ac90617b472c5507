"""Every head another head: affine, elastic and by the tumour's mass effect."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.anatomy import Anatomy
from BratsSegmenterLib.learning.synthesis.randomness import Randomness

_ROTATION_SD_RAD = 0.12
_SHEAR_SD = 0.04
_SHIFT_SD_MM = 3.0
_DOWN_TO_FACE_MM = (-8.0, 24.0)
_SLICE_AXIS = 0
_COLUMN_AXIS = 2


@dataclass(frozen=True, eq=False)
class Placement:
    """Affine map from a position in the case to one in the anatomy, both in millimetres from the centre.

    Attributes
    ----------
    matrix : ndarray, shape (3, 3)
    shift_mm : ndarray, shape (3,)
    """

    matrix: NDArray[np.float64]
    shift_mm: NDArray[np.float64]

    def to_case(self, position: NDArray[np.float64]) -> NDArray[np.float64]:
        """Where a position of the anatomy comes to lie."""
        return np.asarray(np.linalg.solve(self.matrix, position - self.shift_mm), float)


def draw_placement(random: Randomness, shows_face: bool = False) -> Placement:
    """Another size, tilt, shear and position, and in half of the cases left and right exchanged.

    Parameters
    ----------
    random : Randomness
    shows_face : bool
        Whether the case may reach down to face and neck, as a head that was not stripped of its skull does.
    """
    numbers = random.numbers
    scale = numbers.uniform(0.88, 1.14, 3) * random.uniform(0.95, 1.05)
    rotation = Rotation.from_rotvec(numbers.normal(0, _ROTATION_SD_RAD, 3)).as_matrix()
    shear = numbers.normal(0, _SHEAR_SD, (3, 3))
    np.fill_diagonal(shear, 1)
    matrix = rotation @ np.diag(1 / scale) @ shear
    if random.chance(0.5):
        matrix[_COLUMN_AXIS] *= -1
    shift_mm = numbers.normal(0, _SHIFT_SD_MM, 3)
    down_mm = random.uniform(*_DOWN_TO_FACE_MM)
    if shows_face:
        shift_mm[_SLICE_AXIS] -= down_mm
    return Placement(matrix, shift_mm)


def mass_effect(positions_mm: Tensor, centre: Tensor, radius_mm: float, strength: float, reach: float) -> Tensor:
    """Where the tissue now at `positions_mm` lay before a tumour pushed it outwards.

    ``p = c + (x - c) (1 - a exp(-rho^2 / b^2))`` with ``rho = |x - c| / radius``, strength a and reach b: monotone
    along every ray for a < 1, so that no tissue folds.

    Parameters
    ----------
    positions_mm : Tensor, shape (3, slices, rows, columns)
    centre : Tensor, shape (3, 1, 1, 1)
        Of the tumour, millimetres.
    """
    offset = positions_mm - centre
    rho_squared = (offset / radius_mm).square().sum(0)
    return centre + offset * (1 - strength * torch.exp(-rho_squared / reach**2))


def elastic_displacement(random: Randomness) -> Tensor:
    """Smooth displacement on two scales, millimetres, shape (3, slices, rows, columns)."""
    coarse = random.field(random.uniform(28, 55), 3) * random.uniform(1, 4)
    fine = random.field(random.uniform(12, 24), 3) * random.uniform(0, 1.4)
    return coarse + fine


def sampling_grid(positions_mm: Tensor, placement: Placement, anatomy: Anatomy, source_shape: torch.Size) -> Tensor:
    """Positions of the case as :func:`torch.nn.functional.grid_sample` wants them for a map of the anatomy.

    Parameters
    ----------
    positions_mm : Tensor, shape (3, slices, rows, columns)
        Before deformation, from the centre.
    source_shape : torch.Size
        (slices, rows, columns) of the map, coarser than the anatomy by its pooling.

    Returns
    -------
    Tensor, shape (1, slices, rows, columns, 3)
        Normalised to -1 ... 1, columns first.
    """
    matrix = torch.as_tensor(placement.matrix, dtype=torch.float32, device=positions_mm.device)
    origin = torch.as_tensor(placement.shift_mm + anatomy.centre, dtype=torch.float32, device=positions_mm.device)
    voxels = (matrix @ positions_mm.flatten(1)).view_as(positions_mm) + origin.view(3, 1, 1, 1)
    coarse = (voxels - (anatomy.pooling - 1) / 2) / anatomy.pooling
    return torch.stack([2 * coarse[axis] / (source_shape[axis] - 1) - 1 for axis in (2, 1, 0)], -1)[None]


def sample(source: Tensor, grid: Tensor) -> Tensor:
    """Linear interpolation of `source`, shape (channels, ...), at a :func:`sampling_grid`."""
    return F.grid_sample(source[None], grid, align_corners=True, padding_mode="border")[0]
