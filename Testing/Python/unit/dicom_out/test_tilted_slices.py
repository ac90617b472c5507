"""Contours that were drawn on slices tilted by tenths of a degree: those of one image stay together."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
import SimpleITK as sitk
from numpy.typing import NDArray
from pydicom import Dataset, dcmread

from BratsSegmenterLib.dicom import read_rtstruct, write_rtstruct
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import Volume
from BratsSegmenterLib.geometry import Geometry

_SHAPE = (20, 96, 96)
_LEFT, _RIGHT = slice(20, 30), slice(70, 80)
_IDENTITY = StudyIdentity()


@pytest.fixture(scope="module", params=[(1.0, 0.5), (5.0, 1.0)], ids=["thin slices", "thick slices"])
def drawn_on_and_tilted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[Volume]:
    """Two series of a study, the second one turned about the rows' axis by half a degree or one."""
    step_mm, degrees = request.param
    folder, identity = tmp_path_factory.mktemp("series"), StudyIdentity()
    turned = sitk.Euler3DTransform()
    turned.SetRotation(0, np.deg2rad(degrees), 0)
    volumes = []
    for number, direction in enumerate((np.eye(3), np.array(turned.GetMatrix()).reshape(3, 3)), 1):
        geometry = Geometry.from_axes(_SHAPE, (1, 1, step_mm), direction, np.array([-48, -48, -10 * step_mm]))
        samples.series_samples.classic(folder / str(number), geometry=geometry, identity=identity, number=number)
        volumes.append(samples.load(folder / str(number)))
    return volumes


def _of_another_maker(volume: Volume, labels: NDArray[np.uint8], folder: Path) -> Dataset:
    """Drawn on a series that is not in the list: the study has new UIDs by now."""
    path = write_rtstruct(folder / "rt.dcm", volume, samples.segmentation_on(volume, labels), samples.provenance()).path
    dataset = dcmread(path)
    dataset.Manufacturer = "Other"
    study = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0]
    study.RTReferencedSeriesSequence[0].SeriesInstanceUID = "1.2.3"
    return dataset


def _redrawn(dataset: Dataset, volume: Volume, circles: Sequence[tuple[float, float]], points: int, form: str) -> None:
    """Replace each contour of the only region by circles about row 48; of each the middle column and the radius."""
    angles = np.linspace(0, 2 * np.pi, points, endpoint=False)
    contours = []
    for template in dataset.ROIContourSequence[0].ContourSequence:
        first = np.array(template.ContourData[:3], float)
        k = volume.geometry.indices(first[np.newaxis])[0, 2]
        for column, radius in circles:
            ring = np.column_stack((column + radius * np.cos(angles), 48 + radius * np.sin(angles), np.full(points, k)))
            contour = deepcopy(template)
            contour.ContourData = [format(value, form) for value in volume.geometry.points_mm(ring).ravel()]
            contours.append(contour)
    dataset.ROIContourSequence[0].ContourSequence = contours


def test_no_lesion_of_a_slice_is_lost(drawn_on_and_tilted: list[Volume], tmp_path: Path) -> None:
    drawn_on, tilted = drawn_on_and_tilted
    labels = np.zeros(_SHAPE, np.uint8)
    labels[5:15, 40:50, _LEFT] = labels[5:15, 40:50, _RIGHT] = 3
    structures = read_rtstruct(_of_another_maker(drawn_on, labels, tmp_path), tilted)
    mask = structures.masks["ET"]
    assert mask[:, :, :48].sum() == pytest.approx(1000, rel=0.02)
    assert mask[:, :, 48:].sum() == pytest.approx(1000, rel=0.02)
    assert not any("share a slice" in sentence for sentence in structures.tolerated)


def test_a_hole_beside_the_middle_stays_one(drawn_on_and_tilted: list[Volume], tmp_path: Path) -> None:
    drawn_on, tilted = drawn_on_and_tilted
    labels = np.zeros(_SHAPE, np.uint8)
    labels[5:15, 40:50, 40:50] = 3
    dataset = _of_another_maker(drawn_on, labels, tmp_path)
    _redrawn(dataset, drawn_on, [(48, 9), (52, 4)], 40, ".3f")
    areas = [read_rtstruct(dataset, volume).masks["ET"].sum(axis=(1, 2)).max() for volume in (drawn_on, tilted)]
    assert areas[0] == pytest.approx(np.pi * (81 - 16), rel=0.05)
    assert areas[1] == pytest.approx(areas[0], rel=0.05)


def test_regions_that_touch_stay_on_the_same_slices(drawn_on_and_tilted: list[Volume], tmp_path: Path) -> None:
    drawn_on, tilted = drawn_on_and_tilted
    labels = np.zeros(_SHAPE, np.uint8)
    labels[5:15, 40:50, _LEFT] = labels[5:15, 40:50, _RIGHT] = 2
    labels[5:15, 43:47, 73:77] = 3
    masks = read_rtstruct(_of_another_maker(drawn_on, labels, tmp_path), tilted).masks
    oedema, enhancing = masks["ED"][:, :, 60:].any(axis=(1, 2)), masks["ET"].any(axis=(1, 2))
    np.testing.assert_array_equal(oedema, enhancing)
    assert not (masks["ED"] & masks["ET"]).any()


def test_contours_that_all_name_one_image_lie_where_they_lie(drawn_on_and_tilted: list[Volume], tmp_path: Path) -> None:
    drawn_on, _ = drawn_on_and_tilted
    labels = np.zeros(_SHAPE, np.uint8)
    labels[5:10, 40:50, _LEFT] = labels[9:15, 40:50, _RIGHT] = 3
    dataset = _of_another_maker(drawn_on, labels, tmp_path)
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        contour.ContourImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"
    np.testing.assert_array_equal(read_rtstruct(dataset, drawn_on).masks["ET"], labels == 3)


@pytest.fixture
def two_small_lesions() -> NDArray[np.uint8]:
    """On neighbouring slices, and so far apart that a plane tilted by less than three degrees holds both outlines."""
    labels = np.zeros(_SHAPE, np.uint8)
    labels[9, 46:50, 10:14] = labels[10, 46:50, 80:84] = 3
    return labels


def test_lesions_on_neighbouring_slices_stay_on_them_although_both_name_one_image(
    drawn_on_and_tilted: list[Volume], two_small_lesions: NDArray[np.uint8], tmp_path: Path
) -> None:
    drawn_on, _ = drawn_on_and_tilted
    dataset = _of_another_maker(drawn_on, two_small_lesions, tmp_path)
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        contour.ContourImageSequence[0].ReferencedSOPInstanceUID = drawn_on.frames[9].sop_instance_uid
    np.testing.assert_array_equal(read_rtstruct(dataset, drawn_on).masks["ET"], two_small_lesions == 3)


def test_lesions_that_name_a_whole_multi_frame_object_are_not_on_one_image(
    two_small_lesions: NDArray[np.uint8], tmp_path: Path
) -> None:
    """On the slices that they were drawn on, and on others 0.4 mm beside them."""
    volumes = []
    for name, first_mm in (("drawn on", -10.0), ("beside", -10.4)):
        grid = Geometry.from_axes(_SHAPE, (1, 1, 1), np.eye(3), np.array([-48, -48, first_mm]))
        samples.series_samples.enhanced(tmp_path / name / "frames.dcm", geometry=grid, identity=_IDENTITY)
        volumes.append(samples.load(tmp_path / name))
    dataset = _of_another_maker(volumes[0], two_small_lesions, tmp_path)
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        del contour.ContourImageSequence[0].ReferencedFrameNumber
    for volume in volumes:
        np.testing.assert_array_equal(read_rtstruct(dataset, volume).masks["ET"], two_small_lesions == 3)


def test_coordinates_of_one_decimal_on_oblique_slices_keep_what_lies_on_one(tmp_path: Path) -> None:
    oblique = samples.series_samples.oblique((30, 96, 96), (1.0, 1.0, 1.0))
    volume = samples.volume_on(oblique, tmp_path / "series")
    labels = np.zeros(oblique.shape, np.uint8)
    labels[3:27, 40:50, 20:30] = 3
    dataset = _of_another_maker(volume, labels, tmp_path)
    _redrawn(dataset, volume, [(30, 8), (70, 5)], 8, ".1f")
    structures = read_rtstruct(dataset, volume)
    assert structures.masks["ET"][3:27, :, :50].any(axis=(1, 2)).all()
    assert structures.masks["ET"][3:27, :, 50:].any(axis=(1, 2)).all()
    assert structures.tolerated == ()


@pytest.mark.parametrize("size", [4, 10])
def test_lesions_of_a_slice_whose_middles_lie_on_slices_of_their_own_stay_on_one(size: int, tmp_path: Path) -> None:
    """They lie 60 mm apart along the tilt, of a millimetre in 60, and so do the slices that are to be filled."""
    turned = sitk.Euler3DTransform()
    turned.SetRotation(np.arcsin(1 / 60), 0, 0)
    grids = (
        Geometry.from_axes((12, 96, 96), (1, 1, 5), np.eye(3), np.array([-48, -48, -30])),
        Geometry.from_axes(
            (64, 96, 96), (1, 1, 1), np.array(turned.GetMatrix()).reshape(3, 3), np.array([-48, -48, -31.3])
        ),
    )
    for number, grid in enumerate(grids, 1):
        samples.series_samples.classic(tmp_path / str(number), geometry=grid, identity=_IDENTITY, number=number)
    drawn_on, tilted = samples.load(tmp_path / "1"), samples.load(tmp_path / "2")
    labels = np.zeros(grids[0].shape, np.uint8)
    for middle in (20, 80):
        labels[3:9, middle - size // 2 : middle + size // 2, 40:50] = 3
    dataset = _of_another_maker(drawn_on, labels, tmp_path)
    assert read_rtstruct(dataset, tilted).masks["ET"].sum() == 5 * (labels == 3).sum()
