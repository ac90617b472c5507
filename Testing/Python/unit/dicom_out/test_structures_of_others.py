"""Structure sets that other programs wrote, or that broke on the way, are read as well as geometry allows."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from BratsSegmenterLib.dicom import read_rtstruct, segmentation_from, write_rtstruct
from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures
from BratsSegmenterLib.domain import Segmentation, Volume
from BratsSegmenterLib.errors import SeriesError

_Square = tuple[float, float, float, float]  # left, top, right, bottom in pixels


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    return samples.volume_on(samples.series_samples.oblique(), tmp_path_factory.mktemp("series"))


@pytest.fixture
def structure_set(volume: Volume, tmp_path: Path) -> Dataset:
    """One region of 10 x 8 pixels on slice 5; a test redraws it."""
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[5, 10:18, 6:16] = 3
    segmentation = Segmentation(labels, volume.geometry, samples.ALGORITHM)
    path = write_rtstruct(tmp_path / "rt.dcm", volume, segmentation, samples.provenance()).path
    return dcmread(path)


def _redraw(dataset: Dataset, volume: Volume, squares: Sequence[tuple[float, _Square]]) -> None:
    """Replace the contours of the only region by squares on (continuous) slices."""
    template = dataset.ROIContourSequence[0].ContourSequence[0]
    contours = []
    for k, (left, top, right, bottom) in squares:
        contour = Dataset()
        contour.update(template)
        corners = np.array([(left, top, k), (right, top, k), (right, bottom, k), (left, bottom, k)], float)
        contour.ContourData = [f"{value:.4f}" for value in volume.geometry.points_mm(corners).ravel()]
        contours.append(contour)
    dataset.ROIContourSequence[0].ContourSequence = contours


def _pixels(structures: ReadStructures, k: int) -> int:
    return int(np.count_nonzero(structures.masks["ET"][k]))


def test_a_contour_inside_another_one_is_a_hole_and_one_inside_that_an_island(
    structure_set: Dataset, volume: Volume
) -> None:
    rings = [(5, (3.5, 3.5, 23.5, 23.5)), (5, (8.5, 8.5, 18.5, 18.5)), (5, (11.5, 11.5, 13.5, 13.5))]
    _redraw(structure_set, volume, rings)
    assert _pixels(read_rtstruct(structure_set, volume), 5) == 400 - 100 + 4


def test_contours_that_partly_overlap_are_united_and_that_is_said(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5, (3.5, 3.5, 13.5, 13.5)), (5, (8.5, 3.5, 18.5, 13.5))])
    structures = read_rtstruct(structure_set, volume)
    assert _pixels(structures, 5) == 150
    assert "ET: 1 contours overlap another one on the same slice; they were united." in structures.tolerated


def test_a_contour_drawn_twice_does_not_erase_itself(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5, (3.5, 3.5, 13.5, 13.5))] * 2)
    assert _pixels(read_rtstruct(structure_set, volume), 5) == 100


def test_a_contour_between_slices_goes_to_the_nearest_and_that_is_said(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5.3, (3.5, 3.5, 13.5, 13.5))])
    structures = read_rtstruct(structure_set, volume)
    assert _pixels(structures, 5) == 100
    assert any("lie between slices" in sentence for sentence in structures.tolerated)


def test_of_two_planes_on_one_slice_the_nearer_counts(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(4.7, (3.5, 3.5, 13.5, 13.5)), (5.1, (3.5, 3.5, 8.5, 8.5))])
    structures = read_rtstruct(structure_set, volume)
    assert _pixels(structures, 5) == 25
    assert any("share a slice with a nearer one" in sentence for sentence in structures.tolerated)


def test_contours_of_slices_that_are_too_far_apart_to_be_a_series_stay_alone_and_that_is_said(
    structure_set: Dataset, volume: Volume
) -> None:
    _redraw(structure_set, volume, [(k, (3.5, 3.5, 13.5, 13.5)) for k in (1, 4, 6, 7, 10)])
    structures = read_rtstruct(structure_set, volume)
    assert np.flatnonzero(structures.masks["ET"].any(axis=(1, 2))).tolist() == [1, 4, 6, 7, 10]
    assert structures.tolerated[-1] == (
        "ET: it has no contour on slices 3 to 4, 6, 9 to 10, but above and below; left empty."
    )


def test_a_contour_outside_the_series_is_left_out_and_that_is_said(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5, (3.5, 3.5, 13.5, 13.5)), (40, (3.5, 3.5, 13.5, 13.5))])
    structures = read_rtstruct(structure_set, volume)
    assert structures.masks["ET"].sum() == 100
    assert "ET: 1 contours lie outside the series; they were left out." in structures.tolerated


def test_a_contour_that_sticks_out_of_the_image_is_cut_off(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5, (-10.5, -10.5, 4.5, 4.5))])
    assert _pixels(read_rtstruct(structure_set, volume), 5) == 25


def test_contour_data_that_an_explicit_vr_made_unknown_is_read(
    structure_set: Dataset, volume: Volume, tmp_path: Path
) -> None:
    zigzag = np.array([(x, 5.5 + 20 * (x % 2), 5) for x in np.linspace(2, 20, 3001)] + [(20, 39, 5), (2, 39, 5)])
    contour = structure_set.ROIContourSequence[0].ContourSequence[0]
    contour.ContourData = [f"{value:.4f}" for value in volume.geometry.points_mm(zigzag).ravel()]
    expected = read_rtstruct(structure_set, volume).masks["ET"]
    structure_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    structure_set.save_as(tmp_path / "explicit.dcm", implicit_vr=False, little_endian=True)
    read = dcmread(tmp_path / "explicit.dcm")
    assert read.ROIContourSequence[0].ContourSequence[0].get_item("ContourData").VR == "UN"
    assert expected.any()
    np.testing.assert_array_equal(read_rtstruct(tmp_path / "explicit.dcm", volume).masks["ET"], expected)


def _without_image_references(dataset: Dataset) -> None:
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        del contour.ContourImageSequence


def _with_wrong_image_references(dataset: Dataset) -> None:
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        contour.ContourImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"


def _without_frame_of_reference(dataset: Dataset) -> None:
    del dataset.ReferencedFrameOfReferenceSequence
    del dataset.StructureSetROISequence[0].ReferencedFrameOfReferenceUID


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (_without_image_references, "do not name their image"),
        (_with_wrong_image_references, "name another image than the one they lie on"),
        (_without_frame_of_reference, "frame of reference is not named"),
    ],
)
def test_missing_or_wrong_references_are_tolerated_and_said(
    damage: Callable[[Dataset], None], said: str, structure_set: Dataset, volume: Volume
) -> None:
    damage(structure_set)
    structures = read_rtstruct(structure_set, volume)
    assert _pixels(structures, 5) == 80
    assert any(said in sentence for sentence in structures.tolerated)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ContourGeometricType": "POINT"}, "of type POINT have no area"),
        ({"ContourData": ["1", "2", "3", "4", "5", "6"]}, "have fewer than three points"),
        ({"ContourData": ["1e9"] * 12}, "have impossible coordinates"),
    ],
)
def test_contours_without_area_are_left_out_and_that_is_said(
    changes: dict[str, object], said: str, structure_set: Dataset, volume: Volume
) -> None:
    square = (3.5, 3.5, 13.5, 13.5)
    _redraw(structure_set, volume, [(5, square), (6, square)])
    for keyword, value in changes.items():
        setattr(structure_set.ROIContourSequence[0].ContourSequence[1], keyword, value)
    structures = read_rtstruct(structure_set, volume)
    assert structures.masks["ET"].sum() == 100
    assert any(said in sentence for sentence in structures.tolerated)


def test_contours_across_the_slices_are_left_out_and_that_is_said(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5, (3.5, 3.5, 13.5, 13.5))] * 2)
    across = np.array([(5, 5, 2), (9, 5, 2), (9, 5, 8), (5, 5, 8)], float)
    points = volume.geometry.points_mm(across).ravel()
    structure_set.ROIContourSequence[0].ContourSequence[1].ContourData = [f"{value:.4f}" for value in points]
    structures = read_rtstruct(structure_set, volume)
    assert structures.masks["ET"].sum() == 100
    assert any("not parallel to the slices" in sentence for sentence in structures.tolerated)


def test_another_frame_of_reference_is_refused(structure_set: Dataset, volume: Volume) -> None:
    structure_set.ReferencedFrameOfReferenceSequence[0].FrameOfReferenceUID = "1.2.3"
    structure_set.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = "1.2.3"
    with pytest.raises(SeriesError, match="another frame of reference"):
        read_rtstruct(structure_set, volume)


def test_a_structure_set_without_any_contour_on_the_slices_is_refused(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(400, (3.5, 3.5, 13.5, 13.5))])
    with pytest.raises(SeriesError, match="holds no contour"):
        read_rtstruct(structure_set, volume)


def test_an_image_is_no_structure_set(volume: Volume) -> None:
    with pytest.raises(SeriesError, match="is no RT structure set"):
        read_rtstruct(volume.frames[0].file, volume)


def test_common_names_become_regions_and_unknown_ones_are_said(volume: Volume) -> None:
    mask = np.zeros(volume.geometry.shape, bool)
    mask[3] = True
    inner = np.zeros_like(mask)
    inner[3, 5:10] = True
    structures = ReadStructures({"Edema": mask, "enhancing_tumor": inner, "GTV boost": mask})
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    assert np.array_equal(segmentation.labels == 3, inner)
    assert np.array_equal(segmentation.labels == 2, mask & ~inner)
    assert "GTV boost is no region of this program; it was left out." in notes
    assert any("belonged to ET and another region" in note for note in notes)


def test_structures_without_any_of_our_regions_are_refused(volume: Volume) -> None:
    structures = ReadStructures({"Chiasm": np.ones(volume.geometry.shape, bool)})
    with pytest.raises(SeriesError, match="Chiasm"):
        segmentation_from(structures, volume, samples.ALGORITHM)
