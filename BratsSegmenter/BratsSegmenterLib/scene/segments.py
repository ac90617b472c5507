"""Label maps as editable segments, and segments as label maps in the reference's own grid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

from BratsSegmenterLib.domain import LEAF_REGIONS, RC, REGIONS, Region
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.scene.terminology import terminology_entry

_LABEL_MAP, _SINGLE_FILE = 1, 4  # bits of the loading options of vtkSlicerVolumesLogic
_OUTLINE_OPACITY, _FILL_OPACITY = 1.0, 0.25


def create_segmentation(labels_path: Path, reference: Any, name: str) -> Any:
    """A segmentation node with one segment for each leaf region of a label map.

    Every region gets a segment, also an empty one, so that it can be drawn; the resection cavity only when the
    label map has one.

    Parameters
    ----------
    labels_path : Path
        NIfTI label map in the grid of `reference`.
    reference : vtkMRMLScalarVolumeNode
        The volume in whose grid the segments live.

    Raises
    ------
    SeriesError
        The label map cannot be read, or has another grid.
    """
    logic = slicer.modules.volumes.logic()
    label_node = logic.AddArchetypeVolume(str(labels_path), f"{name} labels", _LABEL_MAP + _SINGLE_FILE)
    if label_node is None:
        raise SeriesError(f"The label map {labels_path.name} cannot be read.", "Segment the study again.")
    try:
        _require_same_grid(label_node, reference)
        node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", name)
        node.CreateDefaultDisplayNodes()
        node.SetReferenceImageGeometryParameterFromVolumeNode(reference)
        _import_labels(label_node, node)
    finally:
        slicer.mrmlScene.RemoveNode(label_node)
    node.GetDisplayNode().SetAllSegmentsOpacity2DFill(_FILL_OPACITY)
    node.GetDisplayNode().SetAllSegmentsOpacity2DOutline(_OUTLINE_OPACITY)
    return node


def label_map(segmentation_node: Any, reference: Any) -> NDArray[np.uint8]:
    """The segments as one label map in the grid of `reference`, shape (slices, rows, columns), labels as in domain.

    Where segments overlap, the one of the later layer wins. Segments that are no region are left out.
    """
    labels = np.zeros(slicer.util.arrayFromVolume(reference).shape, np.uint8)
    segmentation = segmentation_node.GetSegmentation()
    for layer in range(segmentation.GetNumberOfLayers()):
        image = _in_grid_of(reference, segmentation.GetLayerDataObject(layer))
        if image is None:
            continue
        window, values = _window_and_values(image)
        drawn = _region_label_of_value(segmentation, layer)[values]
        np.copyto(labels[window], drawn, where=drawn > 0)
    return labels


def _import_labels(label_node: Any, node: Any) -> None:
    values = slicer.util.arrayFromVolume(label_node)
    regions = [region for region in LEAF_REGIONS if region is not RC or (values == RC.label).any()]
    # The import takes the i-th segment from label value i + 1, whatever the values are: give it those values.
    consecutive = np.zeros(256, np.uint8)
    for index, region in enumerate(regions):
        consecutive[region.label] = index + 1
    slicer.util.updateVolumeFromArray(label_node, consecutive[values.astype(np.uint8)])
    ids = vtk.vtkStringArray()
    for region in regions:
        node.GetSegmentation().AddEmptySegment(region.key, region.name, _colour(region))
        node.GetSegmentation().GetSegment(region.key).SetTerminology(terminology_entry(region))
        ids.InsertNextValue(region.key)
    slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(label_node, node, ids)


def _colour(region: Region) -> tuple[float, ...]:
    return tuple(component / 255 for component in region.colour)


def _require_same_grid(label_node: Any, reference: Any) -> None:
    ours, theirs = vtk.vtkMatrix4x4(), vtk.vtkMatrix4x4()
    label_node.GetIJKToRASMatrix(ours)
    reference.GetIJKToRASMatrix(theirs)
    same_place = np.allclose(slicer.util.arrayFromVTKMatrix(ours), slicer.util.arrayFromVTKMatrix(theirs), atol=1e-3)
    same_size = slicer.util.arrayFromVolume(label_node).shape == slicer.util.arrayFromVolume(reference).shape
    if not (same_place and same_size):
        raise SeriesError("The label map does not lie in the grid of its reference image.", "Segment the study again.")


def _in_grid_of(reference: Any, image: Any) -> Any:
    """`image` on voxels of `reference`, perhaps only a part of them; None when it is empty."""
    if image is None or image.IsEmpty():
        return None
    grid = slicer.vtkSlicerSegmentationsModuleLogic.CreateOrientedImageDataFromVolumeNode(reference)
    grid.UnRegister(None)
    if slicer.vtkOrientedImageDataResample.DoGeometriesMatchIgnoreOrigin(image, grid):
        extent, whole = image.GetExtent(), grid.GetExtent()
        lies_inside = all(extent[axis] >= whole[axis] and extent[axis + 1] <= whole[axis + 1] for axis in (0, 2, 4))
        if lies_inside and _same_origin(image, grid):
            return image
    resampled = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, grid, resampled)
    return resampled


def _same_origin(image: Any, grid: Any) -> bool:
    return bool(np.allclose(image.GetOrigin(), grid.GetOrigin(), atol=1e-3))


def _window_and_values(image: Any) -> tuple[tuple[slice, slice, slice], NDArray]:
    """Where the image lies within the grid, as slices of an array (slices, rows, columns), and its values."""
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    window = (slice(k0, k1 + 1), slice(j0, j1 + 1), slice(i0, i1 + 1))
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    return window, values.reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)


def _region_label_of_value(segmentation: Any, layer: int) -> NDArray[np.uint8]:
    """Lookup from the values in a layer to the labels of our regions."""
    lookup = np.zeros(65536, np.uint8)
    for segment_id in segmentation.GetSegmentIDsForLayer(layer):
        region = REGIONS.get(segment_id)
        if region in LEAF_REGIONS:
            lookup[segmentation.GetSegment(segment_id).GetLabelValue()] = region.label
    return lookup
