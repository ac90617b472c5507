"""What the views of the review show: three linked sequences in the plane of acquisition, and the regions in 3D."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.scene.layout import SLICE_VIEWS, THIRD, show_layout
from BratsSegmenterLib.steps import Steps

# What is shown beside T1c and FLAIR is what tells most that these two do not.
_ORDER = (Sequence.T1C, Sequence.FLAIR, Sequence.T2, Sequence.T1)


def showing_review_layout(volumes: Mapping[str, Any], reference: Any) -> Steps[None]:
    """Show the layout with three volumes, in the plane of `reference`, linked, each filling its view; step by step.

    Parameters
    ----------
    volumes : mapping of str to vtkMRMLScalarVolumeNode
        By sequence. Where fewer than three are there, the last is shown twice.
    reference : vtkMRMLScalarVolumeNode
    """
    names = [sequence.value for sequence in _ORDER if sequence.value in volumes]
    shown = dict(zip(SLICE_VIEWS, (*names, *names[-1:] * 2), strict=False))
    show_layout(shown)
    yield
    for view, name in shown.items():
        logic = slicer.app.applicationLogic().GetSliceLogicByLayoutName(view)
        composite = logic.GetSliceCompositeNode()
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
        composite.SetBackgroundVolumeID(volumes[name].GetID())
        composite.SetForegroundVolumeID(None)
        composite.SetLabelVolumeID(None)
        logic.GetSliceNode().SetLayoutLabel(name)
        logic.GetSliceNode().RotateToVolumePlane(reference)
        logic.FitSliceToBackground()
        yield


def empty_views() -> None:
    """Show no image in the slice views of the layout."""
    for logic in slice_logics():
        composite = logic.GetSliceCompositeNode()
        composite.SetBackgroundVolumeID(None)
        composite.SetForegroundVolumeID(None)


def third_sequence() -> str:
    """Name of the sequence in the third view, as its label says."""
    return _slice_logic(THIRD).GetSliceNode().GetLayoutLabel()


def show_in_third_view(name: str, volume: Any) -> None:
    """Show another sequence in the third view; what is seen of it stays."""
    logic = _slice_logic(THIRD)
    logic.GetSliceCompositeNode().SetBackgroundVolumeID(volume.GetID())
    logic.GetSliceNode().SetLayoutLabel(name)


def jump_to_largest_slice(labels: NDArray[np.uint8], reference: Any) -> None:
    """Move all slice views to the slice of `reference` with most tumour, through the tumour's middle there."""
    place = middle_of_largest_slice(labels > 0)
    if place is not None:
        jump_to(place, reference)


def middle_of_largest_slice(mask: NDArray[np.bool_]) -> tuple[float, float, float] | None:
    """Slice, row and column of the middle of a mask (slices, rows, columns) on its largest slice; None when empty."""
    area = mask.sum(axis=(1, 2))
    if not area.any():
        return None
    index = int(area.argmax())
    row, column = np.argwhere(mask[index]).mean(axis=0)
    return float(index), float(row), float(column)


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
    return [logic for view in SLICE_VIEWS if (logic := _slice_logic(view)) is not None]


def _slice_logic(view: str) -> Any:
    return slicer.app.applicationLogic().GetSliceLogicByLayoutName(view)
