"""The planes of a volume's slices: from pixels to millimetres with each slice's own position, and back."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Segmentation, Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry

ON_PLANE_MM = 0.01
"""Closer than this to a slice's plane lies on it."""


class SlicePlanes:
    """Where the slices of a volume lie, and which of them an image of the archive shows.

    A slice that was interpolated across a gap has no image of its own; its plane follows from the grid.

    Parameters
    ----------
    volume : Volume

    Attributes
    ----------
    positions_mm : ndarray, shape (slices, 3)
        Centre of pixel (0, 0) of each slice, LPS.
    has_image : ndarray of bool, shape (slices,)
    offsets_mm : ndarray, shape (slices,)
        Of the planes along their normal, ascending with the slice or descending.
    """

    def __init__(self, volume: Volume) -> None:
        geometry = volume.geometry
        slice_count = geometry.shape[0]
        on_grid = geometry.points_mm(np.column_stack((np.zeros((slice_count, 2)), np.arange(slice_count))))
        of_images = np.array([frame.position_mm for frame in volume.frames])
        self.has_image = np.linalg.norm(of_images - on_grid, axis=1) < max(ON_PLANE_MM, 0.1 * geometry.spacing_mm[2])
        self.positions_mm = np.where(self.has_image[:, np.newaxis], of_images, on_grid)
        self.spacing_mm = geometry.spacing_mm[2]
        self._in_plane = geometry.affine[:3, :2]
        self._normal = _normal(geometry)
        self.offsets_mm = self.positions_mm @ self._normal

    def points_mm(self, slice_index: int, points: NDArray[np.float64]) -> NDArray[np.float64]:
        """LPS millimetres, shape (n, 3), of (column, row) points on one slice (DICOM PS3.3 C.7.6.2.1.1)."""
        return self.positions_mm[slice_index] + points @ self._in_plane.T

    def offset_mm(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distance of LPS points along the normal, to be compared with :attr:`offsets_mm`."""
        return points_mm @ self._normal

    def in_plane_mm(self, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Distances of LPS points along rows and columns, shape (n, 2)."""
        return points_mm @ (self._in_plane / np.linalg.norm(self._in_plane, axis=0))

    def nearest(self, offset_mm: float) -> int:
        """The slice whose plane is nearest."""
        return int(np.argmin(np.abs(self.offsets_mm - offset_mm)))

    def pixels(self, slice_index: int, points_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Continuous (column, row) indices of LPS points, projected onto one slice."""
        return (points_mm - self.positions_mm[slice_index]) @ np.linalg.pinv(self._in_plane).T


def _normal(geometry: Geometry) -> NDArray[np.float64]:
    """Unit vector square to rows and columns, along the stack; cosines of few digits let the stack lean off it."""
    row, column, along = geometry.direction.T
    normal = np.cross(row, column)
    return normal * np.sign(normal @ along) / np.linalg.norm(normal)


def require_drawn_on(volume: Volume, segmentation: Segmentation) -> None:
    """Raise :class:`ExportError` unless the segmentation lies on the volume's grid and has voxels."""
    require_on_grid(volume, segmentation)
    require_drawn(segmentation)


def require_drawn(segmentation: Segmentation) -> None:
    """Raise :class:`ExportError` where there is nothing that contours, segments and pictures could be of."""
    if segmentation.is_blank:
        raise ExportError(
            "Nothing is drawn, so there are no contours, segments or pictures to write.",
            "Draw at least one region, or choose the measurement report (SR), which says so in the name of a reviewer.",
        )


def require_on_grid(volume: Volume, segmentation: Segmentation) -> None:
    """Raise :class:`ExportError` unless the segmentation lies on the volume's grid."""
    if not volume.geometry.is_close(segmentation.geometry) or segmentation.labels.shape != volume.geometry.shape:
        raise ExportError(
            "The segmentation does not lie on the slices of the series it is to be sent with.",
            "Resample it to the reference series first.",
            f"grids {segmentation.labels.shape} and {volume.geometry.shape}",
        )
