"""Structure sets written and read by other programs, all through files, for the matrix of writers and readers."""

from __future__ import annotations

import logging
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pydicom
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Volume

Masks = Mapping[str, NDArray[np.bool_]]
Polygons = Iterator[tuple[str, int, NDArray[np.float64]]]

_SUPERSAMPLING = 8


def write_with_rt_utils(path: Path, volume: Volume, masks: Masks) -> None:
    """rt-utils: contours through the centres of boundary pixels."""
    from rt_utils import RTStructBuilder

    builder = RTStructBuilder.create_new(dicom_series_path=str(_classic_folder(volume)))
    for name, mask in masks.items():
        builder.add_roi(mask=np.ascontiguousarray(mask.transpose(1, 2, 0)), name=name)
    builder.save(str(path.with_suffix("")))


def write_with_plastimatch(path: Path, volume: Volume, masks: Masks) -> None:
    """plastimatch, which SlicerRT's exporter calls."""
    with tempfile.TemporaryDirectory() as name:
        labels, written = Path(name) / "labels", Path(name) / "written"
        labels.mkdir()
        for key, mask in masks.items():
            sitk.WriteImage(volume.geometry.image(mask.astype(np.uint8)), str(labels / f"{key}.nrrd"))
        series = _classic_folder(volume)
        _run("plastimatch", "convert", "--input-prefix", labels, "--referenced-ct", series, "--output-dicom", written)
        modality = {file: pydicom.dcmread(file, stop_before_pixels=True).Modality for file in written.iterdir()}
        shutil.copy(next(file for file, kind in modality.items() if kind == "RTSTRUCT"), path)


def read_with_rt_utils(path: Path, volume: Volume) -> Masks:
    """rt-utils: vertices rounded to pixels, filled with OpenCV."""
    from rt_utils import RTStructBuilder

    structures = RTStructBuilder.create_from(dicom_series_path=str(_classic_folder(volume)), rt_struct_path=str(path))
    return {
        name: structures.get_roi_mask_by_name(name).transpose(2, 0, 1).astype(bool)
        for name in structures.get_roi_names()
    }


def read_with_dcmrtstruct2nii(path: Path, volume: Volume) -> Masks:
    """dcmrtstruct2nii 5, helped over a function that pydicom 3 renamed."""
    logging.disable(logging.CRITICAL)
    pydicom.read_file = pydicom.dcmread  # type: ignore[attr-defined]
    from dcmrtstruct2nii import dcmrtstruct2nii

    with tempfile.TemporaryDirectory() as folder:
        dcmrtstruct2nii(str(path), str(_classic_folder(volume)), folder, convert_original_dicom=False)
        return {
            file.name.removeprefix("mask_").removesuffix(".nii.gz"): _array(file) > 0
            for file in Path(folder).glob("mask_*.nii.gz")
        }


def read_with_plastimatch(path: Path, volume: Volume, *options: str) -> Masks:
    """plastimatch on the grid of the volume."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sitk.WriteImage(volume.geometry.image(volume.array), str(folder / "grid.nrrd"))
        source = ("--input", path, "--referenced-ct", _classic_folder(volume), "--fixed", folder / "grid.nrrd")
        target = ("--output-prefix", folder / "masks", "--prefix-format", "nrrd")
        _run("plastimatch", "convert", *source, *target, *options)
        return {file.stem: _array(file) > 0 for file in (folder / "masks").glob("*.nrrd")}


def read_with_plastimatch_xor(path: Path, volume: Volume) -> Masks:
    """plastimatch, told that contours inside contours are holes."""
    return read_with_plastimatch(path, volume, "--xor-contours")


def read_with_vtk(path: Path, volume: Volume) -> Masks:
    """VTK's polygon stencil, contour by contour, by exclusive or."""
    return _combined(path, volume, _vtk_fill)


def read_by_area(path: Path, volume: Volume) -> Masks:
    """A pixel belongs to a region when at least half of its area does: 8 x 8 samples a pixel, by exclusive or."""
    fine = _combined(path, volume, _supersampled_fill, _SUPERSAMPLING)
    slices, rows, columns = volume.geometry.shape
    blocks = (slices, rows, _SUPERSAMPLING, columns, _SUPERSAMPLING)
    return {name: mask.reshape(blocks).mean(axis=(2, 4)) >= 0.5 for name, mask in fine.items()}


def _combined(
    path: Path,
    volume: Volume,
    fill: Callable[[NDArray[np.float64], tuple[int, int]], NDArray[np.bool_]],
    factor: int = 1,
) -> Masks:
    slices, rows, columns = volume.geometry.shape
    masks: dict[str, NDArray[np.bool_]] = {}
    for name, k, points in _polygons(path, volume):
        mask = masks.setdefault(name, np.zeros((slices, rows * factor, columns * factor), bool))
        if len(points) > 2:
            mask[k] ^= fill(points, (rows, columns))
    return masks


def _polygons(path: Path, volume: Volume) -> Polygons:
    """ROI name, slice and (column, row) points of every contour, placed by its coordinates."""
    dataset = pydicom.dcmread(path)
    names = {int(item.ROINumber): str(item.ROIName) for item in dataset.StructureSetROISequence}
    for roi in dataset.ROIContourSequence:
        for contour in roi.get("ContourSequence", []):
            points_mm = np.array(contour.ContourData, float).reshape(-1, 3)
            indices = volume.geometry.indices(points_mm)
            k = int(np.clip(np.rint(indices[0, 2]), 0, volume.geometry.shape[0] - 1))
            yield names[int(roi.ReferencedROINumber)], k, indices[:, :2]


def _vtk_fill(points: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    import vtk
    from vtk.util.numpy_support import vtk_to_numpy

    rows, columns = shape
    outline, cells = vtk.vtkPoints(), vtk.vtkCellArray()
    for column, row in points:
        outline.InsertNextPoint(column, row, 0)
    cells.InsertNextCell(len(points) + 1)
    for index in [*range(len(points)), 0]:
        cells.InsertCellPoint(index)
    polygon = vtk.vtkPolyData()
    polygon.SetPoints(outline)
    polygon.SetLines(cells)
    stencil = vtk.vtkPolyDataToImageStencil()
    stencil.SetInputData(polygon)
    stencil.SetOutputWholeExtent(0, columns - 1, 0, rows - 1, 0, 0)
    image = vtk.vtkImageData()
    image.SetDimensions(columns, rows, 1)
    image.AllocateScalars(vtk.VTK_UNSIGNED_CHAR, 1)
    image.GetPointData().GetScalars().Fill(1)
    filled = vtk.vtkImageStencil()
    filled.SetInputData(image)
    filled.SetBackgroundValue(0)
    filled.SetStencilConnection(stencil.GetOutputPort())
    filled.Update()
    return vtk_to_numpy(filled.GetOutput().GetPointData().GetScalars()).reshape(rows, columns) > 0


def _supersampled_fill(points: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    from skimage.draw import polygon2mask

    fine = (points[:, ::-1] + 0.5) * _SUPERSAMPLING - 0.5
    return polygon2mask((shape[0] * _SUPERSAMPLING, shape[1] * _SUPERSAMPLING), fine)


def _classic_folder(volume: Volume) -> Path:
    if volume.frames[0].number is not None:
        raise NotImplementedError("no multi-frame")
    return volume.frames[0].file.parent


def _array(file: Path) -> NDArray:
    return sitk.GetArrayFromImage(sitk.ReadImage(str(file)))


def _run(*command: str | Path) -> None:
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
