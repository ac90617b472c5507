"""Images on other grids: what lies between thick slices, and what lies on them."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing.grid import resample, with_thin_slices

THIN = Geometry.from_axes((60, 8, 8), (1.0, 1.0, 1.0), np.eye(3), np.zeros(3))


def _wave(heights_mm: np.ndarray) -> np.ndarray:
    """A signal along z that 5 mm slices can just hold: 30 mm from crest to crest."""
    return np.cos(2 * np.pi * heights_mm / 30)


@pytest.fixture
def thick() -> sitk.Image:
    """Slices 5 mm apart that show the wave."""
    values = np.broadcast_to(_wave(np.arange(0, 60, 5))[:, None, None], (12, 8, 8)).astype(np.float32)
    return Geometry.from_axes((12, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.zeros(3)).image(values)


def _thinned(image: sitk.Image) -> np.ndarray:
    return sitk.GetArrayFromImage(resample(with_thin_slices(image, thick_mm=2.0), THIN))


def _error(values: np.ndarray) -> float:
    """Largest, away from the ends."""
    inner = slice(10, 46)
    return float(np.abs(values[inner, 4, 4] - _wave(np.arange(60)[inner])).max())


def test_between_thick_slices_splines_come_far_closer_than_lines(thick: sitk.Image) -> None:
    assert _error(_thinned(thick)) < 0.25 * _error(sitk.GetArrayFromImage(resample(thick, THIN)))


def test_slices_that_lie_on_the_grid_are_kept(thick: sitk.Image) -> None:
    np.testing.assert_allclose(_thinned(thick)[:56:5], sitk.GetArrayFromImage(thick), atol=1e-5)


def test_splines_do_not_leave_the_range_of_the_image() -> None:
    step = np.zeros((12, 8, 8), np.float32)
    step[6:] = 100
    found = _thinned(Geometry.from_axes((12, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.zeros(3)).image(step))
    assert found.min() == 0
    assert found.max() == 100


@pytest.mark.parametrize("brightness", [50.0, -50.0])
def test_outside_of_the_image_is_zero_even_where_the_image_never_is(brightness: float) -> None:
    bright = np.full((10, 8, 8), brightness, np.float32)
    found = _thinned(
        Geometry.from_axes((10, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.array([2.0, 0.0, 0.0])).image(bright)
    )
    assert not found[:, :, :2].any()
    assert not found[48:].any()
    np.testing.assert_allclose(found[:48, :, 2:], brightness, rtol=1e-5)


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_few_slices_are_enough(slices: int) -> None:
    values = np.arange(1, slices + 1, dtype=np.float32)[:, None, None] * np.ones((1, 8, 8), np.float32)
    found = _thinned(Geometry.from_axes((slices, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.zeros(3)).image(values))
    np.testing.assert_allclose(found[: 5 * slices : 5], values, atol=1e-5)


def test_voxels_of_at_most_two_millimetres_are_left_alone() -> None:
    image = Geometry.from_axes((4, 8, 8), (2.0, 0.5, 2.0), np.eye(3), np.zeros(3)).image(
        np.zeros((4, 8, 8), np.float32)
    )
    assert with_thin_slices(image, thick_mm=2.0).GetSize() == (8, 8, 4)


@pytest.mark.parametrize(("axis", "spacing_mm", "into"), [(0, 4.0, 5), (1, 2.5, 3), (2, 6.0, 5), (2, 3.0, 3)])
def test_whichever_axis_is_thick_the_image_stays_where_it_is(axis: int, spacing_mm: float, into: int) -> None:
    turned = np.array([[0.0, -0.6, 0.8], [1.0, 0.0, 0.0], [0.0, 0.8, 0.6]])
    spacings = np.where(np.arange(3) == axis, spacing_mm, 1.0)
    geometry = Geometry.from_axes((7, 8, 9), tuple(spacings), turned, np.array([10.0, -20.0, 30.0]))
    ramp = np.indices(geometry.shape, np.float32)[2 - axis]
    thin = with_thin_slices(geometry.image(ramp), thick_mm=2.0)

    def corners_mm(image: sitk.Image) -> np.ndarray:
        return Geometry.of_image(image).points_mm(np.array([[-0.5] * 3, np.subtract(image.GetSize(), 0.5)]))

    assert thin.GetSize()[axis] == into * (9, 8, 7)[axis]
    np.testing.assert_allclose(corners_mm(thin), corners_mm(geometry.image(ramp)), atol=1e-9)
    middles = range(into // 2, thin.GetSize()[axis], into)
    np.testing.assert_allclose(sitk.GetArrayFromImage(thin).take(middles, 2 - axis), ramp, atol=1e-5)
