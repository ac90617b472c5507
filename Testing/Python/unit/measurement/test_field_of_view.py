"""A tumour, a cavity or a brain that goes on where the images end is said, and one that ends there is not."""

import numpy as np
import pytest
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ED, ET, RC, Algorithm, Segmentation
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import brain_cut_off_findings, cut_off_findings

_SHAPE = (20, 50, 60)  # slices of 3 mm
_GRID = Geometry.from_axes(_SHAPE, (1, 1, 3), np.eye(3), np.zeros(3))


def _ball(radius_mm: float, centre_mm: tuple[float, float, float]) -> NDArray[np.bool_]:
    """Centre along slices, rows and columns."""
    places = np.indices(_SHAPE, float) * np.array([3.0, 1.0, 1.0])[:, None, None, None]
    return np.linalg.norm(places - np.array(centre_mm)[:, None, None, None], axis=0) < radius_mm


def _segmentation(tumour: NDArray[np.bool_], label: int = ED.label) -> Segmentation:
    return Segmentation(np.where(tumour, label, 0).astype(np.uint8), _GRID, Algorithm("test", "1", ""))


@pytest.mark.parametrize(
    ("centre_mm", "ends"),
    [
        ((57, 25, 30), "last slice"),
        ((4, 25, 30), "first slice"),
        ((30, 45, 30), "edge of the images"),
        ((30, 25, 3), "edge of the images"),
        ((2, 2, 2), "first slice and the edge of the images"),
    ],
)
def test_a_tumour_that_goes_on_where_the_images_end_is_doubted(
    centre_mm: tuple[float, float, float], ends: str
) -> None:
    (text,) = cut_off_findings(_segmentation(_ball(12, centre_mm)), "T1c")
    assert text == (
        f"The whole tumour reaches the {ends} of T1c: neither its volume nor the interval counts what lies beyond."
    )


@pytest.mark.parametrize("centre_mm", [(30, 25, 30), (12, 25, 30), (46, 25, 30), (30, 11, 30)])
def test_a_tumour_that_ends_within_the_images_or_with_them_is_not(centre_mm: tuple[float, float, float]) -> None:
    assert cut_off_findings(_segmentation(_ball(12, centre_mm)), "T1c") == ()


def test_a_speck_at_the_end_of_the_images_is_no_doubt_about_a_large_tumour_but_a_second_lesion_is() -> None:
    tumour = _ball(14, (30, 25, 20))
    assert cut_off_findings(_segmentation(tumour | _ball(3, (57, 25, 50))), "T1c") == ()
    assert len(cut_off_findings(_segmentation(tumour | _ball(9, (57, 25, 50))), "T1c")) == 1


def test_a_cavity_that_is_cut_off_is_said_beside_a_tumour_that_is_not() -> None:
    labels = np.where(_ball(8, (57, 25, 15)), RC.label, np.where(_ball(8, (30, 25, 40)), ET.label, 0))
    (text,) = cut_off_findings(Segmentation(labels.astype(np.uint8), _GRID, Algorithm("test", "1", "")), "T2")
    assert text.startswith("The resection cavity reaches the last slice of T2")


def test_nothing_is_said_of_no_tumour() -> None:
    assert cut_off_findings(_segmentation(np.zeros(_SHAPE, bool)), "T1c") == ()


def test_a_brain_that_goes_on_is_said_and_one_whose_vertex_ends_with_the_images_is_not() -> None:
    (text,) = brain_cut_off_findings(_ball(22, (45, 25, 30)), "T1c")
    assert text == "The brain goes on beyond the last slice of T1c: what lies there was not looked at."
    assert brain_cut_off_findings(_ball(22, (36, 25, 30)), "T1c") == ()
