"""The walk over doubtful slices: where it goes, in which order, and what it says is doubtful."""

import numpy as np
import pytest

from BratsSegmenterLib.domain import ED, ET
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import DoubtKind, doubtful_slices

SHAPE = (60, 40, 50)


@pytest.fixture
def geometry() -> Geometry:
    return Geometry.from_axes(SHAPE, (1.0, 1.0, 2.0), np.eye(3), np.zeros(3))


@pytest.fixture
def labels() -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint8)
    labels[:, 8:32, 8:32] = ED.label
    labels[:, 16:24, 16:24] = ET.label
    return labels


def _doubt(**amount_of_slice: float) -> np.ndarray:
    """Doubt on a ring at the border of the oedema, by slice."""
    doubt = np.zeros(SHAPE, np.float32)
    for name, amount in amount_of_slice.items():
        doubt[int(name[1:]), 7:9, 8:32] = amount
    return doubt


def _indices(found) -> list[int]:
    return [item.slice_index for item in found]


def test_the_most_doubtful_slice_comes_first(geometry, labels):
    found = doubtful_slices(_doubt(k10=0.4, k30=0.9, k50=0.6), labels, geometry)
    assert _indices(found) == [30, 50, 10]


def test_the_walk_does_not_creep_from_neighbour_to_neighbour(geometry, labels):
    found = doubtful_slices(_doubt(k29=0.8, k30=0.9, k31=0.8, k32=0.7, k50=0.5), labels, geometry)
    assert len(found) == 2
    assert abs(found[0].slice_index - 30) <= 1
    assert found[1].slice_index == 50


def test_slices_with_hardly_any_doubt_are_left_out(geometry, labels):
    assert _indices(doubtful_slices(_doubt(k10=0.01, k30=0.9), labels, geometry)) == [30]


def test_a_model_without_doubt_names_no_slice(geometry, labels):
    assert doubtful_slices(np.zeros(SHAPE, np.float32), labels, geometry) == ()


def test_at_most_twelve_slices_are_named(labels):
    geometry = Geometry.from_axes(SHAPE, (1.0, 1.0, 11.0), np.eye(3), np.zeros(3))
    assert len(doubtful_slices(np.ones(SHAPE, np.float32), labels, geometry)) == 12


def test_doubt_at_the_border_inside_and_elsewhere_are_told_apart(geometry, labels):
    doubt = _doubt(k10=0.3)
    doubt[30, 19:21, 19:21] = 1.0
    doubt[50, 36:38, 40:49] = 1.0
    kinds = {item.slice_index: (item.kind, item.region) for item in doubtful_slices(doubt, labels, geometry)}
    assert kinds == {10: (DoubtKind.BORDER, "ED"), 30: (DoubtKind.INSIDE, "ET"), 50: (DoubtKind.ELSEWHERE, "")}


def test_a_slice_without_any_region_is_doubtful_elsewhere(geometry):
    found = doubtful_slices(_doubt(k10=1.0), np.zeros(SHAPE, np.uint8), geometry)
    assert (found[0].kind, found[0].region) == (DoubtKind.ELSEWHERE, "")


def test_the_centre_is_the_middle_of_the_doubt_on_the_slice(geometry, labels):
    doubt = np.zeros(SHAPE, np.float32)
    doubt[5, 10:13, 20:25] = 0.5
    assert doubtful_slices(doubt, labels, geometry)[0].centre == pytest.approx((11.0, 22.0))


SAGITTAL = np.array([[0, 0, 1], [1, 0, 0], [0, -1, 0]], float)


def test_of_a_fine_sagittal_volume_axial_planes_are_named_and_found_again():
    geometry = Geometry.from_axes(SHAPE, (1.0, 1.0, 1.5), SAGITTAL, np.array([-40.0, -20.0, 30.0]))
    doubt = np.zeros(SHAPE, np.float32)
    doubt[40:46, 10, 20:25] = 0.5
    doubt[12, 5:8, 5] = 0.9
    labels = np.zeros(SHAPE, np.uint8)
    labels[38:48, 5:15, 18:27] = ED.label
    (found,) = doubtful_slices(doubt, labels, geometry)
    assert (found.slice_index, found.centre) == (42, pytest.approx((10.0, 22.0)))
    assert found.plane == "axial plane S 20 mm"
    assert (found.kind, found.region) == (DoubtKind.INSIDE, "ED")


def test_of_thick_sagittal_slices_the_slices_themselves_are_named():
    geometry = Geometry.from_axes(SHAPE, (1.0, 1.0, 2.5), SAGITTAL, np.zeros(3))
    found = doubtful_slices(_doubt(k10=0.4), np.zeros(SHAPE, np.uint8), geometry)
    assert [(item.slice_index, item.plane) for item in found] == [(10, "")]
