"""The Paint and Erase effects of the stand-in: they hear the mouse in slice views and edit as Slicer's do.

A stroke is a disc in the slice, 3 % of the screen's height wide, and becomes voxels through vtkSlicerSegmentEditorLogic
(qSlicerSegmentEditorPaintEffect.cxx).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

_EFFECTS = ("Paint", "Erase")
_RELATIVE_DIAMETER, _SCREEN_PIXELS = 0.03, 1080
_STEPS_A_RADIUS = 2


class Brush:
    """What the mouse does while Paint or Erase is active.

    Parameters
    ----------
    editor : qMRMLSegmentEditorWidget
    """

    def __init__(self, editor: Any) -> None:
        self._editor = editor
        self._stroke: list[NDArray[np.float64]] = []

    def press(self, slice_node: Any, position: tuple[float, float]) -> None:
        """A stroke begins at a position of the view, pixels from its lower left corner."""
        if self._editor.hostActiveEffect in _EFFECTS and self._editor.segmentationNode() is not None:
            self._stroke = [_place(slice_node, position)]

    def move(self, slice_node: Any, position: tuple[float, float]) -> None:
        """A stroke goes on."""
        if self._stroke:
            self._stroke.append(_place(slice_node, position))

    def release(self, slice_node: Any) -> None:
        """The stroke becomes voxels of the chosen segment, or is taken out of it."""
        if self._stroke:
            stroke, self._stroke = self._stroke, []
            to_slice = np.linalg.inv(slicer.util.arrayFromVTKMatrix(slice_node.GetSliceToRAS()))
            thickness_mm = self._editor.sourceVolumeNode().GetSpacing()[2]
            radius_mm = _brush_diameter_mm(slice_node) / 2
            is_erasing = self._editor.hostActiveEffect == "Erase"
            edit(self._editor, _along(stroke, radius_mm), radius_mm, is_erasing, to_slice, thickness_mm)


def edit(
    editor: Any,
    points_ras: NDArray[np.float64],
    radius_mm: float,
    erase: bool,
    to_slice: NDArray[np.float64] | None = None,
    thickness_mm: float = 0.0,
) -> None:
    """Add what lies near some points to the chosen segment, or remove it; can be undone.

    Parameters
    ----------
    editor : qMRMLSegmentEditorWidget
    points_ras : ndarray, shape (n, 3)
        Millimetres.
    radius_mm : float
    erase : bool
    to_slice : ndarray, shape (4, 4), optional
        RAS to slice coordinates; with it the brush is a disc of `thickness_mm` in that slice, without it a ball.
    thickness_mm : float
    """
    logic = editor.hostLogic
    logic.UpdateSelectedSegmentLabelmap()
    logic.ResetModifierLabelmapToDefault()
    modifier = logic.GetModifierLabelmap()
    matrix = vtk.vtkMatrix4x4()
    modifier.GetImageToWorldMatrix(matrix)
    to_world = slicer.util.arrayFromVTKMatrix(matrix)
    extent = np.array(modifier.GetExtent()).reshape(3, 2)
    low, high = _box(points_ras, radius_mm, np.linalg.inv(to_world), extent)
    voxels = np.stack(np.meshgrid(*map(np.arange, low, high + 1), indexing="ij"), axis=-1)  # i, j, k
    centres = _transformed(to_world, voxels)
    if to_slice is None:
        inside = _distance(centres, points_ras) <= radius_mm
    else:
        flat, points = _transformed(to_slice, centres), _transformed(to_slice, points_ras)
        near = _distance(flat[..., :2], points[:, :2]) <= radius_mm
        inside = near & (np.abs(flat[..., 2] - points[0, 2]) < thickness_mm / 2)
    scalars = vtk_to_numpy(modifier.GetPointData().GetScalars()).reshape(extent[::-1, 1] - extent[::-1, 0] + 1)
    first, last = low - extent[:, 0], high - extent[:, 0] + 1
    scalars[first[2] : last[2], first[1] : last[1], first[0] : last[0]] = inside.transpose(2, 1, 0)
    modifier.Modified()
    logic.SaveStateForUndo()
    mode = logic.ModificationModeRemove if erase else logic.ModificationModeAdd
    logic.ModifySegmentByLabelmap(editor.segmentationNode(), editor.currentSegmentID(), modifier, mode, False, False)


def _place(slice_node: Any, position: tuple[float, float]) -> NDArray[np.float64]:
    """A position of the view in RAS millimetres."""
    return np.array(slice_node.GetXYToRAS().MultiplyPoint((*position, 0.0, 1.0))[:3])


def _brush_diameter_mm(slice_node: Any) -> float:
    column = slicer.util.arrayFromVTKMatrix(slice_node.GetXYToRAS())[:3, 1]
    return _SCREEN_PIXELS * _RELATIVE_DIAMETER * float(np.linalg.norm(column))


def _along(stroke: list[NDArray[np.float64]], radius_mm: float) -> NDArray[np.float64]:
    """Points on the way of the mouse, so near to each other that no gap is between their discs."""
    points = [stroke[0]]
    for start, end in pairwise(stroke):
        steps = int(np.ceil(np.linalg.norm(end - start) / radius_mm * _STEPS_A_RADIUS)) or 1
        points += [start + (end - start) * step / steps for step in range(1, steps + 1)]
    return np.array(points)


def _box(
    points: NDArray[np.float64], radius_mm: float, to_image: NDArray[np.float64], extent: NDArray[np.int_]
) -> tuple[NDArray[np.int_], NDArray[np.int_]]:
    """First and last voxel, i, j, k, of a box around all that the brush can reach."""
    corners = np.array(np.meshgrid(*zip(points.min(0) - radius_mm, points.max(0) + radius_mm, strict=True)))
    reached = _transformed(to_image, corners.reshape(3, -1).T)
    low, high = np.floor(reached.min(0)).astype(int), np.ceil(reached.max(0)).astype(int)
    return np.clip(low, *extent.T), np.clip(high, *extent.T)


def _transformed(matrix: NDArray[np.float64], points: NDArray[Any]) -> NDArray[np.float64]:
    return points @ matrix[:3, :3].T + matrix[:3, 3]


def _distance(places: NDArray[np.float64], points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Of each place to the nearest of the points."""
    return np.minimum.reduce([np.linalg.norm(places - point, axis=-1) for point in points])
