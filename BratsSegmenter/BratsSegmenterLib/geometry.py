"""The one place where voxel indices, DICOM millimetres and Slicer millimetres are converted into each other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

_LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])  # its own inverse


@dataclass(frozen=True, eq=False)
class Geometry:
    """A regular, right- or left-handed voxel grid in the patient coordinate system of DICOM.

    Attributes
    ----------
    shape : tuple of int
        Array shape in numpy order: slices (k), rows (j), columns (i).
    affine : ndarray, shape (4, 4)
        Maps (column i, row j, slice k, 1) of a voxel's centre to LPS millimetres (DICOM PS3.3 C.7.6.2.1.1).
    """

    shape: tuple[int, int, int]
    affine: NDArray[np.float64]

    @classmethod
    def from_axes(
        cls,
        shape: tuple[int, int, int],
        spacing_mm: tuple[float, float, float],
        direction: NDArray[np.float64],
        origin_mm: NDArray[np.float64],
    ) -> Geometry:
        """Build a grid from its parts.

        Parameters
        ----------
        shape : tuple of int
            Slices, rows, columns.
        spacing_mm : tuple of float
            Distance between neighbours along a row (columns i), along a column (rows j) and between slices (k).
        direction : ndarray, shape (3, 3)
            Unit vectors of i, j and k in its columns, LPS.
        origin_mm : ndarray, shape (3,)
            Centre of voxel (0, 0, 0), LPS.
        """
        affine = np.eye(4)
        affine[:3, :3] = np.asarray(direction, float) * np.asarray(spacing_mm, float)
        affine[:3, 3] = origin_mm
        return cls(shape, affine)

    @classmethod
    def of_affine_ras(cls, shape: tuple[int, int, int], affine_ras: NDArray[np.float64]) -> Geometry:
        """The grid of an array (slices, rows, columns) whose :attr:`affine_ras` is given."""
        return cls(shape, _LPS_TO_RAS @ affine_ras)

    @classmethod
    def of_image(cls, image: sitk.Image | sitk.ImageFileReader) -> Geometry:
        """The grid of a SimpleITK image (which is LPS, sizes in i, j, k order), or of one whose header was read."""
        columns, rows, slices = image.GetSize()
        direction = np.array(image.GetDirection()).reshape(3, 3)
        return cls.from_axes((slices, rows, columns), image.GetSpacing(), direction, np.array(image.GetOrigin()))

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel distances along i (within a row), j (within a column) and k (between slices), millimetres."""
        i, j, k = np.linalg.norm(self.affine[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def direction(self) -> NDArray[np.float64]:
        """Unit vectors of the i, j and k axes in the columns of a (3, 3) array, LPS."""
        return self.affine[:3, :3] / np.linalg.norm(self.affine[:3, :3], axis=0)

    @property
    def origin_mm(self) -> NDArray[np.float64]:
        """Centre of voxel (0, 0, 0), LPS millimetres, shape (3,)."""
        return self.affine[:3, 3].copy()

    @property
    def voxel_volume_ml(self) -> float:
        """Volume of one voxel in millilitres."""
        return abs(float(np.linalg.det(self.affine[:3, :3]))) / 1000.0

    @property
    def affine_ras(self) -> NDArray[np.float64]:
        """(column, row, slice, 1) to RAS millimetres, as Slicer and NIfTI count them."""
        return _LPS_TO_RAS @ self.affine

    def points_mm(self, indices: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS millimetres of (n, 3) continuous indices given as (column, row, slice)."""
        return np.asarray(indices, float) @ self.affine[:3, :3].T + self.affine[:3, 3]

    def indices(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Continuous (column, row, slice) indices of (n, 3) LPS points."""
        return (np.asarray(points_mm, float) - self.affine[:3, 3]) @ np.linalg.inv(self.affine[:3, :3]).T

    def image(self, array: NDArray) -> sitk.Image:
        """A SimpleITK image of `array` (slices, rows, columns) on this grid."""
        if array.shape != self.shape:
            raise ValueError(f"array of shape {array.shape} does not fit a grid of {self.shape}")
        image = sitk.GetImageFromArray(array)
        image.SetSpacing(self.spacing_mm)
        image.SetDirection(self.direction.ravel().tolist())
        image.SetOrigin(self.origin_mm.tolist())
        return image

    def cropped(self, box: tuple[slice, slice, slice]) -> Geometry:
        """The grid of the part ``array[box]`` of an array on this grid."""
        first_slice, first_row, first_column = (axis.start for axis in box)
        affine = self.affine.copy()
        affine[:3, 3] = self.points_mm(np.array([[first_column, first_row, first_slice]]))[0]
        slices, rows, columns = (axis.stop - axis.start for axis in box)
        return Geometry((slices, rows, columns), affine)

    def is_close(self, other: Geometry, tolerance_mm: float = 1e-3) -> bool:
        """Whether both grids have the same shape and every corner voxel lies within `tolerance_mm`."""
        if self.shape != other.shape:
            return False
        ends = corners((0, n - 1) for n in self.shape[::-1])
        return bool(np.abs(self.points_mm(ends) - other.points_mm(ends)).max() <= tolerance_mm)

    def is_kept_as(self, kept: Geometry) -> bool:
        """Whether a file with the grid `kept` holds a label map of this grid.

        NIfTI keeps axes that are square to one another; those of a series whose direction cosines were rounded to three
        or four digits are not quite, and the file then has the nearest that are.
        """
        left, _, right = np.linalg.svd(self.direction)
        squared = Geometry.from_axes(self.shape, self.spacing_mm, left @ right, self.origin_mm)
        return self.is_close(kept) or squared.is_close(kept)


def corners(extents: Iterable[tuple[float, float]]) -> NDArray[np.float64]:
    """The corners of a box, shape (8, 3), from its ends along each of three axes."""
    return np.array(np.meshgrid(*extents), float).reshape(3, -1).T


def bounding_box(mask: NDArray[np.bool_]) -> tuple[slice, slice, slice]:
    """The smallest part of an array, shape (slices, rows, columns), that holds all its True voxels, at least one."""
    slices = _extent(np.any(mask, axis=(1, 2)))
    plane = np.any(mask[slices], axis=0)
    return slices, _extent(np.any(plane, axis=1)), _extent(np.any(plane, axis=0))


def _extent(occupied: NDArray[np.bool_]) -> slice:
    places = np.flatnonzero(occupied)
    return slice(int(places[0]), int(places[-1]) + 1)
