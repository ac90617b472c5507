"""Contours enclose exactly the voxels they were made from."""

import numpy as np
import pytest
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.contours import MAX_POINTS, Contour, region_contours

_CHECKERBOARD = np.indices((1, 12, 12)).sum(axis=0) % 2 == 1


def _inside(contours: list[Contour], shape: tuple[int, int, int]) -> NDArray[np.intp]:
    """In how many contours each pixel centre lies, by counting crossings of a ray to the right, pixel by pixel."""
    counts = np.zeros(shape, int)
    for k, points in contours:
        ends = np.roll(points, -1, axis=0)
        for row, column in np.ndindex(shape[1:]):
            spans = (points[:, 1] > row) != (ends[:, 1] > row)
            starts, stops = points[spans], ends[spans]
            crossing = starts[:, 0] + (row - starts[:, 1]) * (stops[:, 0] - starts[:, 0]) / (stops[:, 1] - starts[:, 1])
            counts[k, row, column] += np.count_nonzero(crossing > column) % 2
    return counts


def _area(points: NDArray[np.float64]) -> float:
    x, y = points.T
    return 0.5 * float(x @ np.roll(y, -1) - y @ np.roll(x, -1))


def _noise(seed: int) -> NDArray[np.bool_]:
    generator = np.random.default_rng(seed)
    return generator.random((2, 9, 11)) < generator.uniform(0.2, 0.8)


@pytest.mark.parametrize("smooth", [False, True])
@pytest.mark.parametrize("seed", range(20))
def test_contours_of_noise_enclose_its_voxels_once_each(seed: int, smooth: bool) -> None:
    mask = _noise(seed)
    np.testing.assert_array_equal(_inside(region_contours(mask, smooth=smooth), mask.shape), mask)


def test_a_hole_with_an_island_is_one_keyholed_contour_and_one_island() -> None:
    mask = np.zeros((1, 9, 9), bool)
    mask[0, 1:8, 1:8] = True
    mask[0, 3:6, 3:6] = False
    mask[0, 4, 4] = True
    contours = region_contours(mask)
    assert sorted(len(contour.points) for contour in contours) == [4, 12]
    np.testing.assert_array_equal(_inside(contours, mask.shape), mask)


def test_both_sides_of_a_keyhole_channel_coincide() -> None:
    mask = np.zeros((1, 7, 7), bool)
    mask[0, 1:6, 1:6] = True
    mask[0, 3, 3] = False
    (contour,) = region_contours(mask)
    points, counts = np.unique(contour.points, axis=0, return_counts=True)
    assert len(points[counts == 2]) == 2


def test_diagonal_neighbours_get_contours_of_their_own() -> None:
    contours = region_contours(_CHECKERBOARD)
    assert len(contours) == np.count_nonzero(_CHECKERBOARD)
    assert {len(contour.points) for contour in contours} == {4}


def test_the_area_is_that_of_the_pixels_less_an_inset_of_two_thousandths() -> None:
    mask = np.zeros((1, 30, 30), bool)
    mask[0, 5:25, 8:20] = True
    (contour,) = region_contours(mask)
    assert _area(contour.points) == pytest.approx((20 - 0.004) * (12 - 0.004))


def test_a_straight_edge_has_no_points_between_its_corners() -> None:
    mask = np.zeros((3, 40, 40), bool)
    mask[1, 3:35, 2:30] = True
    (contour,) = region_contours(mask)
    assert contour.slice_index == 1
    assert len(contour.points) == 4


@pytest.mark.parametrize("seed", range(10))
def test_a_contour_over_the_cap_is_cut_into_parts_with_the_same_voxels(seed: int) -> None:
    mask = _noise(seed)
    contours = region_contours(mask, max_points=12)
    assert max(len(contour.points) for contour in contours) <= 12
    np.testing.assert_array_equal(_inside(contours, mask.shape), mask)


def test_the_standard_cap_keeps_a_contour_below_64_kilobytes() -> None:
    longest_decimal = len("-1234.5678\\")
    assert MAX_POINTS * 3 * longest_decimal < 65_534


def test_a_cap_below_a_square_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 4 points"):
        region_contours(_CHECKERBOARD, max_points=3)


def test_an_empty_mask_has_no_contour() -> None:
    assert region_contours(np.zeros((2, 3, 4), bool)) == []
