"""NIfTI volumes become DICOM series without losing a voxel or its place."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.dicom import load_volume, nifti_to_dicom, recognise, scan
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry

SHAPE = (14, 12, 10)


def write_nifti(file: Path, array: NDArray, direction: NDArray, spacing_mm: tuple[float, float, float]) -> sitk.Image:
    image = Geometry.from_axes(SHAPE, spacing_mm, direction, np.array([5.0, -7.0, 11.0])).image(array)
    sitk.WriteImage(image, str(file))
    return image


def axes(order: tuple[int, int, int], signs: tuple[int, int, int]) -> NDArray:
    """Direction matrix whose column a points along patient axis `order[a]`, forwards or backwards."""
    direction = np.zeros((3, 3))
    for axis, (patient_axis, sign) in enumerate(zip(order, signs, strict=True)):
        direction[patient_axis, axis] = sign
    return direction


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (0, 2, 1), (2, 0, 1)])
@pytest.mark.parametrize("signs", [(-1, -1, 1), (1, -1, 1)])
@pytest.mark.parametrize("thick_axis", [None, 0, 1, 2])
def test_every_voxel_keeps_its_value_and_its_place(
    tmp_path: Path, order: tuple[int, int, int], signs: tuple[int, int, int], thick_axis: int | None
) -> None:
    x_mm, y_mm, z_mm = (5.0 if axis == thick_axis else 1.0 for axis in range(3))
    array = np.random.default_rng(0).uniform(-300, 900, SHAPE).astype(np.float32)
    source = write_nifti(tmp_path / "t1.nii.gz", array, axes(order, signs), (x_mm, y_mm, z_mm))
    nifti_to_dicom({Sequence.T1: tmp_path / "t1.nii.gz"}, tmp_path / "dicom")

    (series,) = scan(tmp_path / "dicom").series
    volume = load_volume(series)
    assert np.linalg.det(volume.geometry.affine) > 0
    if thick_axis is not None:
        assert volume.geometry.spacing_mm[2] == pytest.approx(5)
    indices = np.argwhere(np.ones(volume.array.shape[::-1]))
    points = volume.geometry.points_mm(indices.astype(float))
    there = np.rint(Geometry.of_image(source).indices(points)).astype(int)
    np.testing.assert_allclose(Geometry.of_image(source).points_mm(there), points, atol=1e-4)
    i, j, k = indices.T
    np.testing.assert_allclose(
        volume.array[k, j, i], array[there[:, 2], there[:, 1], there[:, 0]], atol=0.51 * 1200 / 65535
    )


def test_whole_numbers_return_exactly(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 30000, SHAPE).astype(np.int16)
    write_nifti(tmp_path / "t1.nii.gz", array, np.eye(3), (1, 1, 1))
    nifti_to_dicom({Sequence.T1: tmp_path / "t1.nii.gz"}, tmp_path / "dicom")
    assert np.array_equal(load_volume(scan(tmp_path / "dicom").series[0]).array, array)


@pytest.mark.parametrize(("lowest", "extent"), [(0, 1e-8), (-1e-12, 2e-12), (-1e-300, 1e-9), (-3e9, 2e6), (7.5, 0)])
def test_the_levels_of_units_of_every_size_are_kept(tmp_path: Path, lowest: float, extent: float) -> None:
    array = np.linspace(lowest, lowest + extent, num=14 * 12 * 10, dtype=np.float64).reshape(SHAPE)
    write_nifti(tmp_path / "t1.nii.gz", array, np.eye(3), (1, 1, 1))
    nifti_to_dicom({Sequence.T1: tmp_path / "t1.nii.gz"}, tmp_path / "dicom")
    returned = load_volume(scan(tmp_path / "dicom").series[0]).array
    rounding_of_32_bits = np.abs(array).max() * 2**-24
    assert np.abs(returned - array).max() <= 0.501 * extent / 65535 + rounding_of_32_bits


def test_four_volumes_become_one_study_whose_sequences_are_recognised(tmp_path: Path) -> None:
    array = np.random.default_rng(0).integers(0, 900, (14, 80, 80)).astype(np.int16)
    image = Geometry((14, 80, 80), np.diag([-1.0, -1.0, 1.0, 1.0])).image(array)
    volumes = {sequence: tmp_path / f"{sequence.value}.nii.gz" for sequence in Sequence}
    for file in volumes.values():
        sitk.WriteImage(image, str(file))
    written = nifti_to_dicom(volumes, tmp_path / "dicom")
    scanned = scan(tmp_path / "dicom")
    scanned.require_one_study()
    found = recognise(scanned.series).found
    assert {sequence: found[sequence].series.files for sequence in Sequence} == {
        sequence: tuple(files) for sequence, files in written.items()
    }


def test_what_is_no_volume_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "broken.nii.gz").write_bytes(b"no image")
    with pytest.raises(SeriesError, match=r"broken\.nii\.gz cannot be read"):
        nifti_to_dicom({Sequence.T1: tmp_path / "broken.nii.gz"}, tmp_path / "dicom")
    series = sitk.JoinSeries([Geometry(SHAPE, np.eye(4)).image(np.zeros(SHAPE, np.int16))] * 2)
    sitk.WriteImage(series, str(tmp_path / "four.nii.gz"))
    with pytest.raises(SeriesError, match=r"four\.nii\.gz is not one three-dimensional volume"):
        nifti_to_dicom({Sequence.T1: tmp_path / "four.nii.gz"}, tmp_path / "dicom")
    rows = np.random.default_rng(0).integers(0, 900, SHAPE, np.int16)
    sitk.WriteImage(Geometry(SHAPE, np.eye(4)).image(rows), str(tmp_path / "torn.nii.gz"))
    torn = (tmp_path / "torn.nii.gz").read_bytes()
    (tmp_path / "torn.nii.gz").write_bytes(torn[: len(torn) // 2])
    with pytest.raises(SeriesError, match=r"torn\.nii\.gz cannot be read as a whole"):
        nifti_to_dicom({Sequence.T1: tmp_path / "torn.nii.gz"}, tmp_path / "dicom")
    write_nifti(tmp_path / "seg.nii.gz", (rows % 5).astype(np.float32), np.eye(3), (1, 1, 1))
    with pytest.raises(SeriesError, match=r"seg\.nii\.gz is no image: it holds 5 different whole numbers"):
        nifti_to_dicom({Sequence.T1: tmp_path / "seg.nii.gz"}, tmp_path / "dicom")
    assert not list((tmp_path / "dicom").rglob("*.dcm"))
