"""Images of a job as volumes of the scene."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk
import slicer
import vtk
from numpy.typing import NDArray
from vtk.util.numpy_support import vtk_to_numpy

from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.steps import Steps, run_through

_SLAB_VOXELS = 1_000_000
_BRIGHTEST_PERCENTILE = 99.9
_SAMPLE = np.s_[::2, ::4, ::4]  # enough for a percentile, and thirty times as fast


def load_volume(path: Path, name: str) -> Any:
    """Load an image file as a scalar volume, with a window that shows the brain.

    Raises
    ------
    SeriesError
        The file cannot be read as an image.
    """
    return run_through(loading_volume(path, name))


def loading_volume(path: Path, name: str) -> Steps[Any]:
    """:func:`load_volume` in short steps; Slicer's own reader holds the event loop for 0.1 s with a 1 mm study."""
    try:
        reader = sitk.ImageFileReader()
        reader.SetFileName(str(path))
        reader.SetOutputPixelType(sitk.sitkFloat32)
        reader.ReadImageInformation()
        image, voxels = _image_to_fill(reader.GetSize())
        for first, slab in _slabs(reader):
            voxels[first : first + slab.GetDepth()] = sitk.GetArrayViewFromImage(slab)
            yield
    except (RuntimeError, ValueError) as error:
        advice = "Segment the study again."
        raise SeriesError(f"The image {path.name} of the job folder cannot be read.", advice, str(error)) from error
    return _volume_node(name, image, Geometry.of_image(reader), _window(voxels))


def geometry_of(volume: Any) -> Geometry:
    """The grid of a volume node."""
    matrix = vtk.vtkMatrix4x4()
    volume.GetIJKToRASMatrix(matrix)
    columns, rows, slices = volume.GetImageData().GetDimensions()
    return Geometry.of_affine_ras((slices, rows, columns), slicer.util.arrayFromVTKMatrix(matrix))


def _image_to_fill(size: tuple[int, int, int]) -> tuple[vtk.vtkImageData, NDArray[np.float32]]:
    """An image of `size` columns, rows, slices, and its voxels as an array (slices, rows, columns)."""
    image = vtk.vtkImageData()
    image.SetDimensions(*size)
    image.AllocateScalars(vtk.VTK_FLOAT, 1)
    return image, vtk_to_numpy(image.GetPointData().GetScalars()).reshape(size[::-1])


def _slabs(reader: sitk.ImageFileReader) -> Iterator[tuple[int, sitk.Image]]:
    """The image slab by slab, each with the number of its first slice; a compressed one in one go."""
    columns, rows, slices = reader.GetSize()
    is_compressed = reader.GetFileName().endswith(".gz")
    thickness = slices if is_compressed else max(1, _SLAB_VOXELS // (columns * rows))
    for first in range(0, slices, thickness):
        reader.SetExtractIndex((0, 0, first))
        reader.SetExtractSize((columns, rows, min(thickness, slices - first)))
        yield first, reader.Execute()


def _window(voxels: NDArray[np.float32]) -> tuple[float, float]:
    """Darkest and brightest shown value; the automatic window of a MR image with bright fat leaves the brain dark."""
    sample = voxels[_SAMPLE]
    tissue = sample[sample > 0]
    return 0.0, float(np.percentile(tissue, _BRIGHTEST_PERCENTILE)) if tissue.size else 1.0


def _volume_node(name: str, image: vtk.vtkImageData, grid: Geometry, window: tuple[float, float]) -> Any:
    display = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeDisplayNode")
    display.SetDefaultColorMap()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(*window)
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", name)
    node.SetIJKToRASMatrix(slicer.util.vtkMatrixFromArray(grid.affine_ras))
    node.SetAndObserveDisplayNodeID(display.GetID())
    node.SetAndObserveImageData(image)
    return node
