"""Volumes, lesions and diameters agree with shapes whose measures are known."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Algorithm, Diameters, Measurements, Segmentation
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import csv_tables, measure
from BratsSegmenterLib.slice_names import ImageNumbers

_AXIAL = np.eye(3)
_SAGITTAL = np.array([[0, 0, -1], [1, 0, 0], [0, -1, 0]], float)
_CORONAL = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], float)


def _rotation(x_deg: float, y_deg: float, z_deg: float) -> NDArray[np.float64]:
    turned = sitk.Euler3DTransform()
    turned.SetRotation(*np.deg2rad([x_deg, y_deg, z_deg]).tolist())
    return np.array(turned.GetMatrix()).reshape(3, 3)


def _grid(
    direction: NDArray[np.float64], spacing_mm: tuple[float, float, float] = (1, 1, 1), extent_mm: float = 60
) -> Geometry:
    """A grid around the centre of the patient's coordinates."""
    columns, rows, slices = (round(extent_mm / spacing) for spacing in spacing_mm)
    corner = -direction @ (np.array([columns - 1, rows - 1, slices - 1]) * spacing_mm) / 2
    return Geometry.from_axes((slices, rows, columns), spacing_mm, direction, corner)


def _drawn(
    geometry: Geometry, inside: Callable[[NDArray[np.float64]], NDArray[np.bool_]], label: int = 3
) -> Segmentation:
    """Voxels whose centre `inside` says is in, for LPS points of shape (n, 3)."""
    indices = np.indices(geometry.shape).reshape(3, -1)[::-1].T.astype(float)
    labels = inside(geometry.points_mm(indices)).reshape(geometry.shape) * np.uint8(label)
    return Segmentation(labels, geometry, Algorithm("test", "1", ""))


def _ellipsoid(
    half_axes_mm: tuple[float, float, float], turned: NDArray[np.float64] = _AXIAL
) -> Callable[[NDArray[np.float64]], NDArray[np.bool_]]:
    return lambda points: ((points @ turned / half_axes_mm) ** 2).sum(axis=1) <= 1


def _diameters(segmentation: Segmentation) -> Diameters:
    diameters = measure(segmentation).lesions[0].diameters
    assert diameters is not None
    return diameters


_GRIDS = {
    "axial": _grid(_AXIAL),
    "thick oblique axial": _grid(_rotation(12, -7, 4), (0.8, 1.1, 3.0)),
    "sagittal": _grid(_SAGITTAL),
    "double-oblique sagittal": _grid(_rotation(4, -3, 6) @ _SAGITTAL),
    "coronal": _grid(_CORONAL, (0.9, 0.9, 1.2)),
}


@pytest.mark.parametrize("geometry", _GRIDS.values(), ids=_GRIDS.keys())
def test_a_sphere_has_its_volume_and_its_diameter_on_every_grid(geometry: Geometry) -> None:
    segmentation = _drawn(geometry, _ellipsoid((14, 14, 14)))
    measured = measure(segmentation).volumes_ml
    assert measured["ET"] == pytest.approx(4 / 3 * np.pi * 1.4**3, rel=0.02)
    diameters = _diameters(segmentation)
    assert diameters.longest_mm == pytest.approx(28, abs=1.5)
    assert diameters.perpendicular_mm == pytest.approx(28, abs=1.5)


@pytest.mark.parametrize("angle_deg", [0, 17, 45, 73, 90])
@pytest.mark.parametrize("direction", [_AXIAL, _SAGITTAL, _CORONAL], ids=["axial", "sagittal", "coronal"])
def test_a_turned_ellipsoid_has_its_axial_diameters_whatever_the_slices(
    direction: NDArray[np.float64], angle_deg: float
) -> None:
    segmentation = _drawn(_grid(direction), _ellipsoid((20, 11, 25), _rotation(0, 0, angle_deg)))
    diameters = _diameters(segmentation)
    assert diameters.longest_mm == pytest.approx(40, abs=1.2)
    assert diameters.perpendicular_mm == pytest.approx(22, abs=1.2)
    assert diameters.is_reformatted == (direction is not _AXIAL)
    along = np.subtract(*diameters.longest_ends)
    assert abs(along @ _rotation(0, 0, angle_deg)[:, 0]) / diameters.longest_mm > 0.99


def test_the_ends_of_the_diameters_are_apart_by_their_length_and_square_to_each_other() -> None:
    diameters = _diameters(_drawn(_GRIDS["thick oblique axial"], _ellipsoid((20, 11, 25), _rotation(0, 0, 30))))
    longest, perpendicular = np.subtract(*diameters.longest_ends), np.subtract(*diameters.perpendicular_ends)
    assert np.linalg.norm(longest) == pytest.approx(diameters.longest_mm)
    assert np.linalg.norm(perpendicular) == pytest.approx(diameters.perpendicular_mm)
    assert longest @ perpendicular == pytest.approx(0, abs=1e-6)


def test_the_longest_diameter_names_the_slice_it_was_taken_on() -> None:
    geometry = _GRIDS["axial"]
    diameters = _diameters(_drawn(geometry, lambda points: _ellipsoid((16, 12, 12))(points - (0, 0, 9))))
    ends = geometry.indices(np.array(diameters.longest_ends))
    np.testing.assert_allclose(ends[:, 2], diameters.slice_index)
    assert geometry.points_mm(np.array([[0.0, 0.0, diameters.slice_index]]))[0, 2] == pytest.approx(9, abs=0.6)


def test_a_rectangle_is_as_long_as_its_diagonal_across_edges() -> None:
    geometry = Geometry.from_axes((3, 40, 40), (1, 1, 5), _AXIAL, np.zeros(3))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1, 5:11, 4:34] = 3
    diameters = _diameters(Segmentation(labels, geometry, Algorithm("test", "1", "")))
    assert diameters.longest_mm == pytest.approx(np.hypot(30, 5), abs=0.1)
    assert diameters.slice_index == 1


def test_a_ring_is_measured_across_its_necrosis() -> None:
    geometry = _GRIDS["axial"]
    shell = lambda points: _ellipsoid((12, 12, 12))(points) & ~_ellipsoid((9, 9, 9))(points)  # noqa: E731
    assert _diameters(_drawn(geometry, shell)).longest_mm == pytest.approx(24, abs=1.2)


@pytest.mark.parametrize("name", ["axial", "sagittal"])
def test_nodules_that_a_bridge_joins_on_other_slices_are_measured_one_by_one(name: str) -> None:
    def butterfly(points: NDArray[np.float64]) -> NDArray[np.bool_]:
        x, y, z = points.T
        lobes = _ellipsoid((8, 7, 8))(np.column_stack((np.abs(x) - 17, y, z)))
        bridge = (np.abs(x) < 17) & (np.abs(y) < 2) & (np.abs(z + 12) < 2)
        stems = (np.abs(np.abs(x) - 17) < 2) & (np.abs(y) < 2) & (np.abs(z + 7) < 7)
        return lobes | bridge | stems

    segmentation = _drawn(_GRIDS[name], butterfly)
    assert len(measure(segmentation).lesions) == 1
    diameters = _diameters(segmentation)
    assert diameters.longest_mm == pytest.approx(16, abs=1.5)
    assert diameters.perpendicular_mm == pytest.approx(14, abs=1.5)
    assert diameters.is_measurable


@pytest.mark.parametrize(("filling", "longest_mm"), [(1, 41.5), (4, 16.3)], ids=["necrosis", "resection cavity"])
def test_a_broken_ring_is_measured_across_necrosis_and_not_across_a_cavity(filling: int, longest_mm: float) -> None:
    geometry = Geometry.from_axes((4, 30, 50), (1, 1, 3), _AXIAL, np.zeros(3))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1:3, 10:22, 5:45] = filling
    labels[1:3, 10:22, 5:17] = labels[1:3, 10:22, 33:45] = 3
    labels[3, 15:17, 5:45] = 3
    diameters = _diameters(Segmentation(labels, geometry, Algorithm("test", "1", "")))
    assert diameters.longest_mm == pytest.approx(longest_mm, abs=0.2)


def _round_a_cavity(rim_mm: float, bulge_mm: float = 0) -> Diameters:
    """Of a closed ring of enhancement round a cavity of 30 mm, as high as wide, with a bulge into the cavity."""
    geometry = Geometry.from_axes((5, 60, 60), (1, 1, 1), _AXIAL, np.zeros(3))
    _k, row, column = np.indices(geometry.shape)
    distance = np.hypot(row - 30, column - 30)
    labels = np.zeros(geometry.shape, np.uint8)
    labels[distance < 15 + rim_mm] = 3
    labels[distance < 15] = 4
    labels[np.hypot(row - 30, column - 45) < bulge_mm] = 3
    return _diameters(Segmentation(labels, geometry, Algorithm("test", "1", "")))


def test_what_closes_round_a_cavity_is_not_measured_across_it() -> None:
    thin = _round_a_cavity(rim_mm=2)
    assert thin.longest_mm == pytest.approx(2 * np.sqrt(17**2 - 15**2), abs=2.5)
    assert thin.perpendicular_mm < 4
    assert not thin.is_measurable
    bulging = _round_a_cavity(rim_mm=2, bulge_mm=8)
    assert 16 <= bulging.longest_mm < 25
    assert 10 <= bulging.perpendicular_mm < 18
    assert bulging.is_measurable
    (x, y, _z), (other_x, other_y, _other_z) = bulging.longest_ends
    assert np.hypot(x - other_x, y - other_y) == pytest.approx(bulging.longest_mm)


def test_nested_regions_are_the_sums_of_their_parts() -> None:
    geometry = Geometry.from_axes((4, 10, 10), (1, 1, 2), _AXIAL, np.zeros(3))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[0, :5], labels[1, :4], labels[2, :3], labels[3, :2] = 1, 2, 3, 4
    measurements = measure(Segmentation(labels, geometry, Algorithm("test", "1", "")))
    volumes = measurements.volumes_ml
    assert volumes == pytest.approx({"NCR": 0.1, "ED": 0.08, "ET": 0.06, "RC": 0.04, "WT": 0.24, "TC": 0.16})


def test_a_region_the_model_cannot_see_is_not_measured() -> None:
    geometry = _GRIDS["axial"]
    drawn = _drawn(geometry, _ellipsoid((5, 5, 5)))
    segmentation = Segmentation(drawn.labels, geometry, drawn.algorithm, {"ED": "no FLAIR", "WT": "no FLAIR"})
    assert {volume.region.key for volume in measure(segmentation).volumes} == {"ET", "NCR", "TC"}


def test_an_interval_goes_with_its_region() -> None:
    measurements = measure(_drawn(_GRIDS["axial"], _ellipsoid((5, 5, 5))), {"ET": (0.4, 0.7)})
    assert measurements.intervals_ml == {"ET": (0.4, 0.7)}


def test_lesions_are_numbered_from_the_largest_and_touching_corners_join_them() -> None:
    geometry = Geometry.from_axes((6, 30, 30), (1, 1, 1), _AXIAL, np.zeros(3))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1, 2:8, 2:8] = labels[2, 8:14, 8:14] = 3
    labels[4, 20:29, 3:28] = 3
    lesions = measure(Segmentation(labels, geometry, Algorithm("test", "1", ""))).lesions
    assert [round(lesion.volume_ml * 1000) for lesion in lesions] == [225, 72]
    assert [lesion.number for lesion in lesions] == [1, 2]


def test_a_lesion_is_measurable_when_both_diameters_reach_10_mm() -> None:
    assert _diameters(_drawn(_GRIDS["axial"], _ellipsoid((12, 6, 6)))).is_measurable
    assert not _diameters(_drawn(_GRIDS["axial"], _ellipsoid((12, 4, 6)))).is_measurable


@pytest.mark.parametrize(
    ("slices", "distance_mm", "size_mm", "is_measurable"),
    [(1, 5, 14, False), (2, 5, 9, True), (2, 7, 9, False), (2, 7, 14, True)],
    ids=["one slice", "two slices", "thick slices", "large on thick slices"],
)
def test_a_measurable_lesion_is_seen_on_two_slices_and_twice_as_long_as_thick_ones_are_apart(
    slices: int, distance_mm: float, size_mm: int, is_measurable: bool
) -> None:
    geometry = Geometry.from_axes((4, 40, 40), (1, 1, distance_mm), _AXIAL, np.zeros(3))
    labels = np.zeros(geometry.shape, np.uint8)
    labels[1 : 1 + slices, 5 : 5 + size_mm, 5 : 5 + size_mm] = 3
    diameters = _diameters(Segmentation(labels, geometry, Algorithm("test", "1", "")))
    assert diameters.is_measurable is is_measurable


def test_a_speck_is_counted_but_not_measured_with_calipers() -> None:
    (lesion,) = measure(_drawn(_GRIDS["axial"], _ellipsoid((1.5, 1.5, 1.5)))).lesions
    assert lesion.volume_ml > 0
    assert lesion.diameters is None


def test_an_empty_segmentation_has_no_lesion_and_zero_volumes() -> None:
    measurements = measure(_drawn(_GRIDS["axial"], lambda points: np.zeros(len(points), bool)))
    assert measurements.lesions == ()
    assert {volume.volume_ml for volume in measurements.volumes} == {0}


def test_regions_and_lesions_have_a_table_each_the_lesions_with_their_images() -> None:
    measurements: Measurements = measure(_drawn(_GRIDS["axial"], _ellipsoid((12, 8, 8))), {"ET": (3.0, 3.5)})
    numbers = ImageNumbers(5, tuple(range(100, 200)))
    written = csv_tables(Path("job/volumes.csv"), measurements, numbers)
    assert list(written) == [Path("job/volumes.csv"), Path("job/lesions.csv")]
    regions, lesions = written.values()
    assert regions.splitlines()[0] == "region,name,volume_ml,lower_ml,upper_ml"
    assert regions.splitlines()[1].endswith(",3.000,3.500")
    diameters = measurements.lesions[0].diameters
    assert diameters is not None
    product = f"{diameters.longest_mm * diameters.perpendicular_mm:.0f}"
    assert lesions.splitlines()[1].split(",")[5:] == [
        product,
        f"image {100 + diameters.slice_index} of series 5",
        "yes",
    ]
    assert len({line.count(",") for line in lesions.splitlines()}) == 1, "programs read it as one table"
    _, lesions = csv_tables(Path("job/mine.csv"), measurements).items()
    assert lesions[0] == Path("job/mine-lesions.csv")
    assert ",axial plane " in lesions[1].splitlines()[-1]


def test_a_cavity_is_measured_where_there_is_one_and_not_claimed_to_be_empty_elsewhere() -> None:
    geometry = _GRIDS["axial"]
    drawn = _drawn(geometry, _ellipsoid((5, 5, 5)))
    assert "RC" not in {volume.region.key for volume in measure(drawn).volumes}
    with_cavity = Segmentation(np.where(drawn.labels > 0, 4, 0).astype(np.uint8), geometry, drawn.algorithm)
    volumes_ml = measure(with_cavity).volumes_ml
    assert volumes_ml["RC"] > 0
    assert volumes_ml["WT"] == 0
