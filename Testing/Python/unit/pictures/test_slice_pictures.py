"""Slices are shown as a radiologist expects them: right on the left, in the patient's proportions."""

from __future__ import annotations

import numpy as np
import pytest

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.pictures import Plane, SliceLayout, Window, slice_image, window

AXES = {
    "axial": np.eye(3),
    "sagittal": np.array([[0.0, 0.0, -1.0], [1.0, 0.0, 0.0], [0.0, -1.0, 0.0]]),
    "coronal": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, -1.0, 0.0]]),
    "reversed": np.diag([-1.0, -1.0, 1.0]),
}


def _grid(acquired: str, shape: tuple[int, int, int] = (12, 40, 36)) -> Geometry:
    return Geometry.from_axes(shape, (1.0, 1.0, 3.0), AXES[acquired], np.array([5.0, -3.0, 7.0]))


def _along(geometry: Geometry, patient_axis: int) -> np.ndarray:
    """The patient coordinate (LPS) of every voxel."""
    k, j, i = np.indices(geometry.shape)
    indices = np.stack([i, j, k], -1).reshape(-1, 3)
    return geometry.points_mm(indices)[:, patient_axis].reshape(geometry.shape)


@pytest.mark.parametrize("acquired", list(AXES))
@pytest.mark.parametrize(
    ("plane", "rightwards", "downwards"),
    [
        (Plane.AXIAL, (0, +1), (1, +1)),
        (Plane.CORONAL, (0, +1), (2, -1)),
        (Plane.SAGITTAL, (1, +1), (2, -1)),
    ],
)
def test_every_acquisition_is_shown_in_the_radiological_convention(acquired, plane, rightwards, downwards):
    geometry = _grid(acquired)
    layout = SliceLayout(geometry, plane)
    across = layout.pixels(_along(geometry, rightwards[0]), 2)
    down = layout.pixels(_along(geometry, downwards[0]), 2)
    assert np.all(np.diff(across, axis=1) * rightwards[1] > 0)
    assert np.all(np.diff(down, axis=0) * downwards[1] > 0)


@pytest.mark.parametrize("acquired", list(AXES))
def test_thick_slices_keep_the_proportions_of_the_patient(acquired):
    geometry = _grid(acquired)
    extent_mm = np.abs(geometry.direction @ (np.array(geometry.shape[::-1]) * geometry.spacing_mm))
    image = slice_image(np.ones(geometry.shape, np.float32), geometry, Plane.CORONAL, 0, pixels_per_mm=2.0)
    assert image.size == pytest.approx((2 * extent_mm[0], 2 * extent_mm[2]), abs=1)


def test_an_oblique_volume_is_shown_along_its_own_axes():
    angle = np.deg2rad(25)
    tilt = np.array([[1, 0, 0], [0, np.cos(angle), -np.sin(angle)], [0, np.sin(angle), np.cos(angle)]])
    geometry = Geometry.from_axes((8, 20, 16), (1.0, 1.0, 5.0), tilt, np.zeros(3))
    layout = SliceLayout(geometry, Plane.AXIAL)
    array = np.arange(8 * 20 * 16).reshape(8, 20, 16)
    np.testing.assert_array_equal(layout.pixels(array, 3), array[3])
    assert layout.slice_count == 8


def test_a_window_leaves_out_the_air_around_the_head():
    volume = np.zeros((20, 50, 50), np.float32)
    volume[:, 20:30, 20:30] = np.random.default_rng(0).normal(500, 20, (20, 10, 10))
    volume[3, 25, 25] = 1e5
    grey = window(volume)
    assert grey.low == 0
    assert 500 < grey.high < 1000


def test_values_outside_the_window_are_black_and_white():
    shades = Window(10.0, 20.0).grey(np.array([0.0, 10.0, 15.0, 20.0, 99.0]))
    np.testing.assert_array_equal(shades, [0, 0, 128, 255, 255])


def test_a_constant_image_is_drawn_without_a_warning():
    volume = np.zeros((4, 8, 8), np.float32)
    with np.errstate(all="raise"):
        assert np.asarray(slice_image(volume, _grid("axial", (4, 8, 8)), Plane.AXIAL, 0)).max() == 0
