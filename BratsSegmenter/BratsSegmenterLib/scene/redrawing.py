"""A whole label map drawn into the segments at once."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import numpy_to_vtk

from BratsSegmenterLib.domain import LEAF_REGIONS
from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.scene.surfaces import drop_surface


def redraw(segmentation_node: Any, reference: Any, labels: NDArray[np.uint8], changed: frozenset[str]) -> None:
    """Make the segments say what `labels` say.

    Slicer's own way, segment by segment, would merge each with all others and drop all surfaces; here the regions share
    one new image, and only those that changed lose their surface.

    Parameters
    ----------
    segmentation_node : vtkMRMLSegmentationNode
    reference : vtkMRMLScalarVolumeNode
        In whose grid the segments live.
    labels : ndarray of uint8, shape (slices, rows, columns)
        As in domain; a region without a segment is left out.
    changed : frozenset of str
        Keys of the regions whose voxels differ from what the segments say now.
    """
    segmentation = segmentation_node.GetSegmentation()
    keys = segmentation.GetSegmentIDs()
    regions = [region for region in LEAF_REGIONS if region.key in keys]
    value_of_label = np.zeros(256, np.uint8)
    for value, region in enumerate(regions, 1):
        value_of_label[region.label] = value
    values = np.zeros_like(labels)
    if labels.any():
        around = bounding_box(labels > 0)
        values[around] = value_of_label[labels[around]]
    image = _image(values, reference)
    binary = slicer.vtkSegmentationConverter.GetBinaryLabelmapRepresentationName()
    for value, region in enumerate(regions, 1):
        segment = segmentation.GetSegment(region.key)
        segment.SetLabelValue(value)
        segment.AddRepresentation(binary, image)
        if region.key in changed:
            drop_surface(segment)


def _image(values: NDArray[np.uint8], reference: Any) -> Any:
    slices, rows, columns = values.shape
    matrix = vtk.vtkMatrix4x4()
    reference.GetIJKToRASMatrix(matrix)
    image = slicer.vtkOrientedImageData()
    image.SetDimensions(columns, rows, slices)
    image.SetImageToWorldMatrix(matrix)
    image.GetPointData().SetScalars(numpy_to_vtk(values.ravel(), deep=True, array_type=vtk.VTK_UNSIGNED_CHAR))
    return image
