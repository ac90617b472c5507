"""Label maps as editable segments, and segments as label maps in the reference's own grid."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

from BratsSegmenterLib.domain import LEAF_REGIONS, RC, REGIONS, Region
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.scene.terminology import terminology_entry

_LABEL_MAP, _SINGLE_FILE = 1, 4  # bits of the loading options of vtkSlicerVolumesLogic
_SAME_PLACE_MM = 1e-3
_OUTLINE_OPACITY, _FILL_OPACITY = 1.0, 0.15


def create_segmentation(
    labels_path: Path,
    reference: Any,
    name: str,
    labels: NDArray[np.uint8] | None = None,
    with_cavity: bool = False,
) -> Any:
    """A segmentation node with one segment for each leaf region of a label map.

    Every region gets a segment, also an empty one, so that it can be drawn; the resection cavity only when the
    label map has one or `with_cavity` asks for it.

    Parameters
    ----------
    labels_path : Path
        NIfTI label map in the grid of `reference`.
    reference : vtkMRMLScalarVolumeNode
        The volume in whose grid the segments live.
    name : str
    labels : ndarray of uint8, shape (slices, rows, columns), optional
        What to draw in place of the file's labels, in their grid.
    with_cavity : bool
        The patient was operated on.

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
        values = slicer.util.arrayFromVolume(label_node).astype(np.uint8) if labels is None else labels
        has_cavity = with_cavity or bool((values == RC.label).any())
        _import_labels(label_node, values, node, has_cavity)
    finally:
        slicer.mrmlScene.RemoveNode(label_node)
    node.GetDisplayNode().SetAllSegmentsOpacity2DFill(_FILL_OPACITY)
    node.GetDisplayNode().SetAllSegmentsOpacity2DOutline(_OUTLINE_OPACITY)
    return node


def label_map(segmentation_node: Any, reference: Any) -> NDArray[np.uint8]:
    """The segments as one label map in the grid of `reference`, shape (slices, rows, columns), labels as in domain.

    Where segments overlap, as other modules let them, the larger label wins; :func:`overlapping_regions` names them.
    Segments that are no region are left out; :func:`drawn_beside_regions` names those.
    """
    labels = np.zeros(slicer.util.arrayFromVolume(reference).shape, np.uint8)
    for part, drawn in _layers_over(labels, segmentation_node, reference):
        np.maximum(part, drawn, out=part)
    return labels


def overlapping_regions(segmentation_node: Any, reference: Any) -> tuple[str, ...]:
    """Names of the regions that share a voxel of `reference` with another one, which alone is measured there."""
    if segmentation_node.GetSegmentation().GetNumberOfLayers() < 2:
        return ()  # the values of one layer exclude each other
    labels = np.zeros(slicer.util.arrayFromVolume(reference).shape, np.uint8)
    found: set[int] = set()
    for part, drawn in _layers_over(labels, segmentation_node, reference):
        shared = (part > 0) & (drawn > 0)
        found |= {*part[shared].tolist(), *drawn[shared].tolist()}
        np.maximum(part, drawn, out=part)
    return tuple(region.name for region in LEAF_REGIONS if region.label in found)


def drawn_beside_regions(segmentation_node: Any) -> tuple[str, ...]:
    """Names of the segments in which something is drawn though they are no region; other modules can add some."""
    segmentation = segmentation_node.GetSegmentation()
    others = (key for key in segmentation.GetSegmentIDs() if REGIONS.get(key) not in LEAF_REGIONS)
    return tuple(segmentation.GetSegment(key).GetName() for key in others if _has_voxels(segmentation, key))


def require_regions_as_seen(segmentation_node: Any, reference: Any) -> None:
    """Refuse to hand on regions while something is drawn beside them, or in several at once, as if it were not there.

    Raises
    ------
    ExportError
        It names the segments.
    """
    beside = drawn_beside_regions(segmentation_node)
    if beside:
        raise ExportError(
            f"What is drawn in {_quoted(beside)} belongs to no region: it would be neither measured nor sent.",
            "In Slicer's module Segment Editor, add it to a region with Logical operators, then remove that segment.",
        )
    overlapping = overlapping_regions(segmentation_node, reference)
    if overlapping:
        raise ExportError(
            f"{_quoted(overlapping)} overlap: each voxel would be measured and sent in one of them only.",
            "Paint over the place with the region that it belongs to.",
        )


def _quoted(names: Iterable[str]) -> str:
    return ", ".join(f"'{name}'" for name in names)


def _has_voxels(segmentation: Any, segment_id: str) -> bool:
    image = segmentation.GetLayerDataObject(segmentation.GetLayerIndex(segment_id))
    if image is None or image.IsEmpty():
        return False
    _window, values = _window_and_values(image)
    return bool((values == segmentation.GetSegment(segment_id).GetLabelValue()).any())


def _import_labels(label_node: Any, values: NDArray[np.uint8], node: Any, has_cavity: bool) -> None:
    regions = [region for region in LEAF_REGIONS if region is not RC or has_cavity]
    # The import takes the i-th segment from label value i + 1, whatever the values are: give it those values.
    consecutive = np.zeros(256, np.uint8)
    for index, region in enumerate(regions):
        consecutive[region.label] = index + 1
    slicer.util.updateVolumeFromArray(label_node, consecutive[values])
    ids = vtk.vtkStringArray()
    for region in regions:
        node.GetSegmentation().AddEmptySegment(region.key, region.name, _colour(region))
        node.GetSegmentation().GetSegment(region.key).SetTerminology(terminology_entry(region))
        ids.InsertNextValue(region.key)
    slicer.modules.segmentations.logic().ImportLabelmapToSegmentationNode(label_node, node, ids)


def _colour(region: Region) -> tuple[float, ...]:
    return tuple(component / 255 for component in region.colour)


def _require_same_grid(label_node: Any, reference: Any) -> None:
    same_place = np.allclose(_index_to_ras(label_node), _index_to_ras(reference), atol=_SAME_PLACE_MM)
    same_size = slicer.util.arrayFromVolume(label_node).shape == slicer.util.arrayFromVolume(reference).shape
    if not (same_place and same_size):
        raise SeriesError("The label map does not lie in the grid of its reference image.", "Segment the study again.")


def _index_to_ras(volume: Any) -> NDArray[np.float64]:
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    return slicer.util.arrayFromVTKMatrix(matrix)


def _in_grid_of(reference: Any, image: Any) -> Any:
    """`image` on voxels of `reference`, perhaps only on a part of them; None when it is empty."""
    if image is None or image.IsEmpty():
        return None
    matrix = vtk.vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)
    same_place = np.allclose(slicer.util.arrayFromVTKMatrix(matrix), _index_to_ras(reference), atol=_SAME_PLACE_MM)
    size = reference.GetImageData().GetDimensions()
    extent = image.GetExtent()
    if same_place and all(extent[2 * axis] >= 0 and extent[2 * axis + 1] < size[axis] for axis in range(3)):
        return image
    grid = slicer.vtkSlicerSegmentationsModuleLogic.CreateOrientedImageDataFromVolumeNode(reference)
    grid.UnRegister(None)
    resampled = slicer.vtkOrientedImageData()
    slicer.vtkOrientedImageDataResample.ResampleOrientedImageToReferenceOrientedImage(image, grid, resampled)
    return resampled


def _window_and_values(image: Any) -> tuple[tuple[slice, slice, slice], NDArray]:
    """Where the image lies within the grid, as slices of an array (slices, rows, columns), and its values."""
    i0, i1, j0, j1, k0, k1 = image.GetExtent()
    window = (slice(k0, k1 + 1), slice(j0, j1 + 1), slice(i0, i1 + 1))
    values = vtk_to_numpy(image.GetPointData().GetScalars())
    return window, values.reshape(k1 - k0 + 1, j1 - j0 + 1, i1 - i0 + 1)


def _layers_over(
    labels: NDArray[np.uint8], segmentation_node: Any, reference: Any
) -> Iterator[tuple[NDArray[np.uint8], NDArray[np.uint8]]]:
    """For each layer the part of `labels` (in the grid of `reference`) that it lies over, and its labels there."""
    segmentation = segmentation_node.GetSegmentation()
    for layer in range(segmentation.GetNumberOfLayers()):
        image = _in_grid_of(reference, segmentation.GetLayerDataObject(layer))
        if image is None:
            continue
        window, values = _window_and_values(image)
        if not values.any():
            continue
        around = bounding_box(values > 0)
        values = values[around]
        drawn = np.zeros(values.shape, np.uint8)
        for value, label in _label_of_value(segmentation, layer):
            # Arithmetic on whole arrays: five times faster here than masks or look-up tables.
            drawn += (values == value).view(np.uint8) * np.uint8(label)
        yield labels[window][around], drawn


def _label_of_value(segmentation: Any, layer: int) -> list[tuple[int, int]]:
    """The values in a layer that are regions, each with the region's label."""
    regions = ((REGIONS.get(segment_id), segment_id) for segment_id in segmentation.GetSegmentIDsForLayer(layer))
    return [
        (segmentation.GetSegment(segment_id).GetLabelValue(), region.label)
        for region, segment_id in regions
        if region in LEAF_REGIONS
    ]
