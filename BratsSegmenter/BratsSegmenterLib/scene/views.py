"""The review layout: T1c and FLAIR side by side, linked, with the overlay; a second plane and the 3D view below."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ED
from BratsSegmenterLib.steps import Steps

LAYOUT = 7340
_VEIL_OPACITY = 0.25
_LEFT, _RIGHT, _BELOW, _THREE_D = "BratsLeft", "BratsRight", "BratsBelow", "Brats3D"
_SLICE_VIEWS = (_LEFT, _RIGHT, _BELOW)


def showing_review_layout(left: Any, right: Any, below: Any) -> Steps[None]:
    """Show the layout with three volumes, in the plane of acquisition, linked, each filling its view; step by step."""
    _set_layout({_LEFT: left.GetName(), _RIGHT: right.GetName(), _BELOW: below.GetName()})
    yield
    for view, volume in zip(_SLICE_VIEWS, (left, right, below), strict=True):
        logic = slicer.app.applicationLogic().GetSliceLogicByLayoutName(view)
        composite = logic.GetSliceCompositeNode()
        composite.SetLinkedControl(True)
        composite.SetHotLinkedControl(True)
        composite.SetBackgroundVolumeID(volume.GetID())
        composite.SetForegroundVolumeID(None)
        composite.SetLabelVolumeID(None)
        logic.GetSliceNode().RotateToVolumePlane(volume)
        logic.FitSliceToBackground()
        yield


def jump_to_largest_slice(labels: NDArray[np.uint8], reference: Any) -> None:
    """Move all slice views to the slice of `reference` with most tumour, through the tumour's middle there."""
    area = (labels > 0).sum(axis=(1, 2))
    if not area.any():
        return
    k = int(area.argmax())
    j, i = np.argwhere(labels[k] > 0).mean(axis=0)
    matrix = vtk.vtkMatrix4x4()
    reference.GetIJKToRASMatrix(matrix)
    right, anterior, superior, _one = matrix.MultiplyPoint((float(i), float(j), float(k), 1.0))
    slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, right, anterior, superior)


def showing_surfaces(segmentation_node: Any) -> Steps[None]:
    """Show the segments in the 3D view, one a step; the oedema as a veil, so that the core is seen through it."""
    segmentation = segmentation_node.GetSegmentation()
    surface = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
    for segment_id in segmentation.GetSegmentIDs():
        yield
        slicer.vtkSlicerSegmentationsModuleLogic.CreateRepresentationForOneSegment(segmentation, segment_id, surface)
    yield
    segmentation_node.CreateClosedSurfaceRepresentation()
    segmentation_node.GetDisplayNode().SetSegmentOpacity3D(ED.key, _VEIL_OPACITY)
    if slicer.app.layoutManager() is not None:
        slicer.app.layoutManager().resetThreeDViews()


def _set_layout(labels: dict[str, str]) -> None:
    layout_manager = slicer.app.layoutManager()
    layout_node = layout_manager.layoutLogic().GetLayoutNode()
    if layout_node.IsLayoutDescription(LAYOUT):
        layout_node.SetLayoutDescription(LAYOUT, _description(labels))
    else:
        layout_node.AddLayoutDescription(LAYOUT, _description(labels))
    layout_manager.setLayout(LAYOUT)
    view = slicer.mrmlScene.GetSingletonNode(_THREE_D, "vtkMRMLViewNode")
    view.SetBoxVisible(False)
    view.SetAxisLabelsVisible(False)


def _description(labels: dict[str, str]) -> str:
    top = _row(_slice_view(_LEFT, "Axial", labels, "#F34A33"), _slice_view(_RIGHT, "Axial", labels, "#EDD54C"))
    bottom = _row(_slice_view(_BELOW, "Coronal", labels, "#6EB04B"), _three_d_view())
    return f'<layout type="vertical" split="true"><item>{top}</item><item>{bottom}</item></layout>'


def _row(*views: str) -> str:
    items = "".join(f"<item>{view}</item>" for view in views)
    return f'<layout type="horizontal" split="true">{items}</layout>'


def _slice_view(name: str, orientation: str, labels: dict[str, str], colour: str) -> str:
    return (
        f'<view class="vtkMRMLSliceNode" singletontag="{name}">'
        f'<property name="orientation" action="default">{orientation}</property>'
        f'<property name="viewlabel" action="default">{labels[name]}</property>'
        f'<property name="viewcolor" action="default">{colour}</property></view>'
    )


def _three_d_view() -> str:
    return (
        f'<view class="vtkMRMLViewNode" singletontag="{_THREE_D}">'
        '<property name="viewlabel" action="default">3D</property></view>'
    )
