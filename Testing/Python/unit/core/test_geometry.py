"""Geometry: indices, DICOM millimetres and Slicer millimetres."""

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.labelmap import read_labelmap

_ANGLE = 0.3
_OBLIQUE = np.array([[np.cos(_ANGLE), -np.sin(_ANGLE), 0], [np.sin(_ANGLE), np.cos(_ANGLE), 0], [0, 0, 1.0]]) @ np.diag(
    [1.0, -1.0, 1.0]
)


@pytest.fixture
def oblique() -> Geometry:
    return Geometry.from_axes((5, 6, 7), (0.9, 1.1, 4.5), _OBLIQUE, np.array([-20.0, 35.0, 12.0]))


def test_an_oblique_grid_places_voxels_where_simpleitk_places_them(oblique: Geometry) -> None:
    image = oblique.image(np.zeros(oblique.shape, np.float32))
    for index in ((0, 0, 0), (6, 5, 4), (3, 1, 2)):
        expected = image.TransformIndexToPhysicalPoint(index)
        assert np.allclose(oblique.points_mm(np.array([index])), expected, atol=1e-9)


def test_a_grid_survives_the_way_through_an_image(oblique: Geometry) -> None:
    assert Geometry.of_image(oblique.image(np.zeros(oblique.shape, np.uint8))).is_close(oblique, 1e-9)


def test_indices_undo_points(oblique: Geometry) -> None:
    indices = np.array([[0.0, 0, 0], [1.5, 2.25, 3.0]])
    assert np.allclose(oblique.indices(oblique.points_mm(indices)), indices)


def test_voxel_volume_is_the_product_of_the_spacings(oblique: Geometry) -> None:
    assert oblique.voxel_volume_ml == pytest.approx(0.9 * 1.1 * 4.5 / 1000)


def test_ras_flips_left_and_posterior(oblique: Geometry) -> None:
    lps = oblique.points_mm(np.array([[1.0, 2, 3]]))[0]
    ras = oblique.affine_ras @ np.array([1, 2, 3, 1.0])
    assert np.allclose(ras[:3], lps * [-1, -1, 1])
    assert Geometry.of_affine_ras(oblique.shape, oblique.affine_ras).is_close(oblique)


def test_a_slightly_tilted_copy_of_a_grid_is_another_grid(oblique: Geometry) -> None:
    tilt = sitk.VersorTransform((0, 0, 1), 0.01).GetMatrix()
    tilted = Geometry.from_axes(
        oblique.shape, oblique.spacing_mm, np.array(tilt).reshape(3, 3) @ oblique.direction, oblique.origin_mm
    )
    assert not tilted.is_close(oblique)


@pytest.mark.parametrize("digits", [3, 4, 5])
@pytest.mark.parametrize("handedness", [1, -1])
def test_a_file_holds_a_grid_whose_cosines_were_rounded_and_not_its_neighbour(
    tmp_path: Path, digits: int, handedness: int
) -> None:
    tilt = np.array(sitk.Euler3DTransform((0, 0, 0), 0.2, -0.3, 0.17).GetMatrix()).reshape(3, 3)
    row, column = np.round(tilt[:, :2].T, digits)
    row, column = row / np.linalg.norm(row), column / np.linalg.norm(column)
    direction = np.stack([row, column, handedness * np.cross(row, column)], axis=1)
    rounded = Geometry.from_axes((24, 256, 256), (0.9, 0.9, 5.5), direction, np.zeros(3))
    write_image(rounded.image(np.zeros(rounded.shape, np.uint8)), tmp_path / "labels.nii.gz")
    kept = read_labelmap(tmp_path / "labels.nii.gz").geometry
    assert rounded.is_kept_as(kept)
    assert digits > 4 or not rounded.is_close(kept), "the file really has other axes"
    beside = Geometry.from_axes(rounded.shape, rounded.spacing_mm, rounded.direction, rounded.origin_mm + 0.01)
    assert not beside.is_kept_as(kept)


def test_an_array_of_another_shape_is_refused(oblique: Geometry) -> None:
    with pytest.raises(ValueError, match="does not fit"):
        oblique.image(np.zeros((1, 2, 3), np.uint8))
