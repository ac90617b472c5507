"""The regions in the 3D view."""

from __future__ import annotations

from typing import Any

import slicer
import vtk

from BratsSegmenterLib.domain import ED
from BratsSegmenterLib.steps import Steps

_VEIL_OPACITY = 0.25


def showing_surfaces(segmentation_node: Any) -> Steps[None]:
    """Show the segments in the 3D view, one a step; the oedema as a veil, so that the core is seen through it."""
    yield from making_surfaces(segmentation_node)
    segmentation_node.CreateClosedSurfaceRepresentation()
    segmentation_node.GetDisplayNode().SetSegmentOpacity3D(ED.key, _VEIL_OPACITY)
    yield
    if slicer.app.layoutManager() is not None:
        slicer.app.layoutManager().resetThreeDViews()
    yield


def making_surfaces(segmentation_node: Any) -> Steps[None]:
    """Give each segment that has none its surface, one a step; Slicer makes all of them in one go."""
    segmentation = segmentation_node.GetSegmentation()
    for segment_id in segmentation.GetSegmentIDs():
        yield
        if segmentation_node.GetScene() is None:
            return  # the study was left meanwhile
        segment = segmentation.GetSegment(segment_id)
        if segment is not None and segment.GetRepresentation(_surface()) is None:
            polygons = vtk.vtkPolyData()
            logic = slicer.vtkSlicerSegmentationsModuleLogic
            logic.GetSegmentClosedSurfaceRepresentation(segmentation_node, segment_id, polygons, False)
            segment.AddRepresentation(_surface(), polygons)


def has_surfaces(segmentation_node: Any) -> bool:
    """Whether the segments are shown in 3D."""
    return bool(segmentation_node.GetSegmentation().ContainsRepresentation(_surface()))


def drop_surface(segment: Any) -> None:
    """Take a vtkSegment's surface away, because its voxels changed."""
    segment.RemoveRepresentation(_surface())


def _surface() -> str:
    return slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
