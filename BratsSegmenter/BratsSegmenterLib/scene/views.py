"""What the views of the review show: three linked sequences in the plane they are read in, and the regions in 3D."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.reading_plane import reading_axis
from BratsSegmenterLib.scene.layout import SLICE_VIEWS, THIRD, show_layout
from BratsSegmenterLib.scene.volumes import geometry_of
from BratsSegmenterLib.steps import Steps

# What is shown beside T1c and FLAIR is what tells most that these two do not.
_ORDER = (Sequence.T1C, Sequence.FLAIR, Sequence.T2, Sequence.T1)
_PLANES = ("Sagittal", "Coronal", "Axial")  # by the axis across the slices: right, anterior, superior
_STANDARD_VIEWS = ("Red", "Green", "Yellow")


def showing_review_layout(volumes: Mapping[str, Any], reference: Any) -> Steps[None]:
    """Show the layout with three volumes in the plane in which `reference` is read, linked; step by step.

    Slicer's standard views, which other layouts show, get `reference` along its three axes.

    Parameters
    ----------
    volumes : mapping of str to vtkMRMLScalarVolumeNode
        By sequence. Where fewer than three are there, the last is shown twice.
    reference : vtkMRMLScalarVolumeNode
    """
    names = [sequence.value for sequence in _ORDER if sequence.value in volumes]
    shown = dict(zip(SLICE_VIEWS, (*names, *names[-1:] * 2), strict=False))
    show_layout()
    yield
    for view, name in shown.items():
        logic = _slice_logic(view)
        composite = logic.GetSliceCompositeNode()
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
        _show(logic, volumes[name])
        _show_planes_of(reference, logic.GetSliceNode())
        logic.FitSliceToBackground()
        yield
    for logic in standard_logics():
        _show(logic, reference)
        logic.GetSliceNode().SetOrientationToDefault()
        logic.GetSliceNode().RotateToVolumePlane(reference)
        logic.FitSliceToBackground()
        yield


def _show(logic: Any, volume: Any) -> None:
    composite = logic.GetSliceCompositeNode()
    composite.SetBackgroundVolumeID(volume.GetID())
    composite.SetForegroundVolumeID(None)
    composite.SetLabelVolumeID(None)


def _show_planes_of(reference: Any, slice_node: Any) -> None:
    """Turn a view to the planes in which a volume is read, along its own axes, the way up that radiologists know."""
    matrix = vtk.vtkMatrix4x4()
    reference.GetIJKToRASMatrix(matrix)
    axis = 2 - reading_axis(geometry_of(reference))
    across_planes = [abs(matrix.GetElement(row, axis)) for row in range(3)]
    slice_node.SetOrientation(_PLANES[across_planes.index(max(across_planes))])
    slice_node.RotateToAxes(matrix, axis)


def third_sequence() -> str:
    """Name of the sequence in the third view, as its label says."""
    return _slice_logic(THIRD).GetSliceNode().GetLayoutLabel()


def show_in_third_view(volume: Any) -> None:
    """Show another sequence in the third view; what is seen of it stays."""
    _slice_logic(THIRD).GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())


def jump_to_largest_slice(labels: NDArray[np.uint8], reference: Any) -> None:
    """Move all slice views to the slice or plane of `reference` with most tumour, through the tumour's middle there."""
    place = middle_of_largest_slice(labels > 0, reading_axis(geometry_of(reference)))
    if place is not None:
        jump_to(place, reference)


def middle_of_largest_slice(mask: NDArray[np.bool_], axis: int) -> tuple[float, float, float] | None:
    """Slice, row and column of the middle of a mask (slices, rows, columns) where it is largest; None when empty.

    Parameters
    ----------
    mask : ndarray of bool, shape (slices, rows, columns)
    axis : int
        Across the planes that are compared: 0 for slices.
    """
    area = mask.sum(axis=tuple({0, 1, 2} - {axis}))
    if not area.any():
        return None
    index = int(area.argmax())
    slice_index, row, column = np.insert(np.argwhere(mask.take(index, axis)).mean(axis=0), axis, index)
    return float(slice_index), float(row), float(column)


def jump_to(place: tuple[float, float, float], reference: Any) -> None:
    """Move all slice views and the crosshair to a slice, row and column of `reference`."""
    slice_index, row, column = place
    matrix = vtk.vtkMatrix4x4()
    reference.GetIJKToRASMatrix(matrix)
    right, anterior, superior, _one = matrix.MultiplyPoint((column, row, slice_index, 1.0))
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    crosshair.SetCrosshairMode(slicer.vtkMRMLCrosshairNode.ShowSmallBasic)
    crosshair.SetCrosshairToFine()
    crosshair.SetCrosshairRAS(right, anterior, superior)
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, right, anterior, superior)


def slice_logics() -> list[Any]:
    """The vtkMRMLSliceLogic of each slice view of the layout that exists."""
    return _logics_of(SLICE_VIEWS)


def standard_logics() -> list[Any]:
    """The vtkMRMLSliceLogic of each slice view of Slicer's own layouts that exists."""
    return _logics_of(_STANDARD_VIEWS)


def _logics_of(views: Iterable[str]) -> list[Any]:
    return [logic for view in views if (logic := _slice_logic(view)) is not None]


def _slice_logic(view: str) -> Any:
    return slicer.app.applicationLogic().GetSliceLogicByLayoutName(view)
