"""Images on other grids: what lies between thick slices, and what lies on them."""

from __future__ import annotations

import numpy as np
import pytest
import SimpleITK as sitk

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing.grid import resample, resample_by_splines

THIN = Geometry.from_axes((60, 8, 8), (1.0, 1.0, 1.0), np.eye(3), np.zeros(3))


def _wave(heights_mm: np.ndarray) -> np.ndarray:
    """A signal along z that 5 mm slices can just hold: 30 mm from crest to crest."""
    return np.cos(2 * np.pi * heights_mm / 30)


@pytest.fixture
def thick() -> sitk.Image:
    """Slices 5 mm apart that show the wave."""
    values = np.broadcast_to(_wave(np.arange(0, 60, 5))[:, None, None], (12, 8, 8)).astype(np.float32)
    return Geometry.from_axes((12, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.zeros(3)).image(values)


def _error(image: sitk.Image) -> float:
    """Largest, away from the ends."""
    inner = slice(10, 46)
    found = sitk.GetArrayFromImage(image)[inner, 4, 4]
    return float(np.abs(found - _wave(np.arange(60)[inner])).max())


def test_between_thick_slices_splines_come_far_closer_than_lines(thick: sitk.Image) -> None:
    assert _error(resample_by_splines(thick, THIN)) < 0.25 * _error(resample(thick, THIN))


def test_slices_that_lie_on_the_grid_are_kept(thick: sitk.Image) -> None:
    kept = sitk.GetArrayFromImage(resample_by_splines(thick, THIN))[:56:5]
    np.testing.assert_allclose(kept, sitk.GetArrayFromImage(thick), atol=1e-5)


def test_splines_do_not_leave_the_range_of_the_image_and_are_zero_outside_of_it() -> None:
    step = np.zeros((12, 8, 8), np.float32)
    step[6:] = 100
    image = Geometry.from_axes((12, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.array([2.0, 0.0, 0.0])).image(step)
    found = sitk.GetArrayFromImage(resample_by_splines(image, THIN))
    assert found.min() == 0
    assert found.max() == 100
    assert not found[:, :, :2].any()
    assert found[40, :, 3:].all()


@pytest.mark.parametrize("brightness", [50.0, -50.0])
def test_outside_of_the_image_is_zero_even_where_the_image_never_is(brightness: float) -> None:
    bright = np.full((12, 8, 8), brightness, np.float32)
    image = Geometry.from_axes((12, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.array([2.0, 0.0, 0.0])).image(bright)
    found = sitk.GetArrayFromImage(resample_by_splines(image, THIN))
    assert not found[:, :, :2].any()
    np.testing.assert_allclose(found[:56, :, 2:], brightness, rtol=1e-5)


@pytest.mark.parametrize("slices", [1, 2, 3])
def test_few_slices_are_enough(slices: int) -> None:
    values = np.arange(1, slices + 1, dtype=np.float32)[:, None, None] * np.ones((1, 8, 8), np.float32)
    image = Geometry.from_axes((slices, 8, 8), (1.0, 1.0, 5.0), np.eye(3), np.zeros(3)).image(values)
    found = sitk.GetArrayFromImage(resample_by_splines(image, THIN))
    np.testing.assert_allclose(found[: 5 * slices : 5], values, atol=1e-5)
