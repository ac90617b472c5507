"""Structure sets that other programs wrote, or that broke on the way, are read as well as geometry allows."""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from BratsSegmenterLib.dicom import read_rtstruct, result_objects, write_rtstruct, write_seg
from BratsSegmenterLib.dicom.adoption import segmentation_from
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.dicom.region_names import region_named
from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures
from BratsSegmenterLib.domain import Segmentation, Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.geometry import Geometry

_Square = tuple[float, float, float, float]  # left, top, right, bottom in pixels
_Outline = Sequence[tuple[float, float]]  # column and row of each vertex


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
    corners = [
        (k, ((left, top), (right, top), (right, bottom), (left, bottom))) for k, (left, top, right, bottom) in squares
    ]
    _redraw_outlines(dataset, volume, corners)


def _redraw_outlines(dataset: Dataset, volume: Volume, outlines: Sequence[tuple[float, _Outline]]) -> None:
    template = dataset.ROIContourSequence[0].ContourSequence[0]
    contours = []
    for k, outline in outlines:
        contour = Dataset()
        contour.update(template)
        points = np.array([(column, row, k) for column, row in outline], float)
        contour.ContourData = [f"{value:.4f}" for value in volume.geometry.points_mm(points).ravel()]
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
    assert "ET: 1 contours share a slice with a nearer one; they were left out." in structures.tolerated
    lost_ml = 75 * volume.geometry.voxel_volume_ml
    assert any(f"up to {lost_ml:.2f} mL inside the contours that share" in one for one in structures.tolerated)


@pytest.fixture(scope="module")
def thick_and_thin(tmp_path_factory: pytest.TempPathFactory) -> tuple[Volume, Volume]:
    """Two series of one study, slices of 5 and of 1 mm; they begin at one place."""
    folder, identity = tmp_path_factory.mktemp("series"), StudyIdentity()
    volumes = []
    for number, (slices, step_mm) in enumerate(((20, 5.0), (96, 1.0)), 1):
        geometry = Geometry.from_axes((slices, 40, 40), (1, 1, step_mm), np.eye(3), np.array([-20.0, -20, -50]))
        samples.series_samples.classic(folder / str(number), geometry=geometry, identity=identity, number=number)
        volumes.append(samples.load(folder / str(number)))
    return volumes[0], volumes[1]


def _of_another_maker(volume: Volume, slices: Sequence[int], folder: Path) -> Dataset:
    """20 x 20 pixels drawn on those slices of a volume."""
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[slices, 10:30, 10:30] = 3
    path = write_rtstruct(folder / "rt.dcm", volume, samples.segmentation_on(volume, labels), samples.provenance()).path
    dataset = dcmread(path)
    dataset.Manufacturer = "Other"
    return dataset


@pytest.mark.parametrize(
    "slices",
    [[3, 4, 5, 6, 7, 8], [3, 4, 5, 9, 10, 11], [3, 4], [3, 4, 6, 7, 8]],
    ids=["one piece", "two pieces", "two slices", "one left out"],
)
def test_contours_of_thicker_slices_fill_the_thin_ones_between_and_that_is_said(
    thick_and_thin: tuple[Volume, Volume], slices: list[int], tmp_path: Path
) -> None:
    thick, thin = thick_and_thin
    structures = read_rtstruct(_of_another_maker(thick, slices, tmp_path), thin)
    mask = structures.masks["ET"]
    assert mask.sum() == len(slices) * 5 * 400
    around = {round(5 * k + offset) for k in slices for offset in range(-2, 3)}
    assert set(np.flatnonzero(mask.any(axis=(1, 2)))) <= around | {k + 1 for k in around}
    sentence = "ET: drawn on slices 5.0 mm apart; each contour fills the slices of the series that are nearest to it."
    assert sentence in structures.tolerated
    has_gap = slices != list(range(slices[0], slices[-1] + 1))
    assert any("it has no contour on slices" in one for one in structures.tolerated) == has_gap


def test_contours_of_little_thicker_slices_leave_no_slice_empty(
    thick_and_thin: tuple[Volume, Volume], structure_set: Dataset
) -> None:
    _, thin = thick_and_thin
    structure_set.Manufacturer = "Other"
    structure_set.StructureSetROISequence[0].ReferencedFrameOfReferenceUID = thin.series.frame_of_reference_uid
    _redraw(structure_set, thin, [(10 + 1.2 * step, (3.5, 3.5, 13.5, 13.5)) for step in range(10)])
    drawn = np.flatnonzero(read_rtstruct(structure_set, thin).masks["ET"].any(axis=(1, 2)))
    assert drawn.tolist() == list(range(10, 22))


_OVER, _BESIDE = (3.5, 3.5, 13.5, 13.5), (18.5, 18.5, 23.5, 23.5)


@pytest.mark.parametrize(
    ("squares", "expected"),
    [
        ([(4, _OVER), (6, _OVER)], [4, 6]),
        ([(2, _OVER), (4, _BESIDE), (6, _OVER), (8, _BESIDE)], [2, 4, 6, 8]),
        ([(2, _OVER), (4, _OVER), (6, _OVER)], [2, 3, 4, 5, 6, 7]),
    ],
    ids=["two", "side by side", "three contours of one lesion"],
)
def test_lesions_of_one_slice_each_stay_on_it_where_no_image_is_named(
    squares: list[tuple[float, _Square]], expected: list[int], structure_set: Dataset, volume: Volume
) -> None:
    del structure_set.ROIContourSequence[0].ContourSequence[0].ContourImageSequence
    structure_set.Manufacturer = "Other"
    _redraw(structure_set, volume, squares)
    drawn = read_rtstruct(structure_set, volume).masks["ET"].any(axis=(1, 2))
    assert np.flatnonzero(drawn).tolist() == expected


def test_lesions_of_one_slice_each_stay_on_it_though_their_images_are_named(
    thick_and_thin: tuple[Volume, Volume], tmp_path: Path
) -> None:
    _, thin = thick_and_thin
    dataset = _of_another_maker(thin, [20, 22, 24], tmp_path)
    between = dataset.ROIContourSequence[0].ContourSequence[1]
    beside = np.array(between.ContourData, float).reshape(-1, 3) * (0.4, 1, 1) + (15, 0, 0)
    between.ContourData = [f"{value:.4f}" for value in beside.ravel()]
    drawn = read_rtstruct(dataset, thin).masks["ET"].any(axis=(1, 2))
    assert np.flatnonzero(drawn).tolist() == [20, 22, 24]


@pytest.mark.parametrize("slices", [[3, 5], [3, 8], [3, 5, 8]])
def test_the_list_of_images_tells_how_far_apart_the_slices_of_another_series_are(
    thick_and_thin: tuple[Volume, Volume], slices: list[int], tmp_path: Path
) -> None:
    thick, thin = thick_and_thin
    structures = read_rtstruct(_of_another_maker(thick, slices, tmp_path), thin)
    assert structures.masks["ET"].sum() == len(slices) * 5 * 400
    assert any("drawn on slices 5.0 mm apart" in sentence for sentence in structures.tolerated)


@pytest.mark.parametrize("order", ["only those drawn on", "shuffled"])
def test_a_list_of_images_that_is_not_whole_or_not_in_order_is_not_believed(
    thick_and_thin: tuple[Volume, Volume], order: str, tmp_path: Path
) -> None:
    thick, thin = thick_and_thin
    dataset = _of_another_maker(thick, [3, 4, 6], tmp_path)
    series = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    images = list(series.ContourImageSequence)
    places = [3, 4, 6] if order == "only those drawn on" else np.random.default_rng(0).permutation(len(images))
    series.ContourImageSequence = [images[place] for place in places]
    assert read_rtstruct(dataset, thin).masks["ET"].sum() == 3 * 5 * 400


def test_one_contour_of_another_series_tells_no_thickness_and_that_is_said(
    thick_and_thin: tuple[Volume, Volume], tmp_path: Path
) -> None:
    thick, thin = thick_and_thin
    structures = read_rtstruct(_of_another_maker(thick, [3], tmp_path), thin)
    assert structures.masks["ET"].sum() == 400
    sentence = "ET: drawn on another series whose slices may be thicker; each contour fills one slice."
    assert sentence in structures.tolerated


def test_a_structure_set_drawn_on_every_other_slice_fills_those_between(
    thick_and_thin: tuple[Volume, Volume], tmp_path: Path
) -> None:
    _, thin = thick_and_thin
    structures = read_rtstruct(_of_another_maker(thin, [20, 22, 24, 26], tmp_path), thin)
    assert structures.masks["ET"].sum() == 8 * 400
    assert any("drawn on slices 2.0 mm apart" in sentence for sentence in structures.tolerated)


def test_what_is_no_region_is_named_and_not_filled_but_tells_how_thick_the_slices_were(
    thick_and_thin: tuple[Volume, Volume], tmp_path: Path
) -> None:
    thick, thin = thick_and_thin
    dataset, other = (_of_another_maker(thick, slices, tmp_path) for slices in ([3], [3, 4, 5, 6]))
    roi, contours = other.StructureSetROISequence[0], other.ROIContourSequence[0]
    roi.ROINumber = contours.ReferencedROINumber = 2
    roi.ROIName = "Brainstem"
    dataset.StructureSetROISequence = [*dataset.StructureSetROISequence, roi]
    dataset.ROIContourSequence = [*dataset.ROIContourSequence, contours]
    structures = read_rtstruct(dataset, thin)
    assert (list(structures.masks), structures.others) == (["ET"], ("Brainstem",))
    assert structures.masks["ET"].sum() == 5 * 400


@pytest.mark.parametrize("slices", [[3, 4, 5], [3, 5, 7, 9]])
def test_a_contour_that_names_a_whole_multi_frame_object_names_the_slice_it_lies_on(
    slices: list[int], tmp_path: Path
) -> None:
    volume = samples.enhanced_out_of_order(tmp_path / "series")
    dataset = _of_another_maker(volume, slices, tmp_path)
    for contour in dataset.ROIContourSequence[0].ContourSequence:
        del contour.ContourImageSequence[0].ReferencedFrameNumber
    said = read_rtstruct(dataset, volume).tolerated
    assert not any("name another image" in sentence for sentence in said)
    assert any("drawn on slices 10.0 mm apart" in sentence for sentence in said) == (slices[1] == 5)


@pytest.mark.parametrize(
    ("slices", "empty"),
    [
        ([20, 21, 22, 24, 27], "slices 24, 26 to 27"),
        ([20, 22], "slice 22"),
        ([20, 21], ""),
    ],
)
def test_slices_that_were_left_out_where_others_were_drawn_stay_empty_and_are_named(
    thick_and_thin: tuple[Volume, Volume], slices: list[int], empty: str, tmp_path: Path
) -> None:
    _, thin = thick_and_thin
    structures = read_rtstruct(_of_another_maker(thin, slices, tmp_path), thin)
    assert np.flatnonzero(structures.masks["ET"].any(axis=(1, 2))).tolist() == slices
    said = (f"ET: it has no contour on {empty}, but above and below; left empty.",) if empty else ()
    assert structures.tolerated == said


@pytest.mark.parametrize("slices", [[20, 22, 24, 26], [20, 25]])
def test_a_structure_set_of_ours_is_exact_on_whatever_slices_it_lies(
    thick_and_thin: tuple[Volume, Volume], slices: list[int], tmp_path: Path
) -> None:
    _, thin = thick_and_thin
    dataset = _of_another_maker(thin, slices, tmp_path)
    dataset.Manufacturer = "BratsSegmenter"
    structures = read_rtstruct(dataset, thin)
    assert np.flatnonzero(structures.masks["ET"].any(axis=(1, 2))).tolist() == slices
    assert structures.tolerated == ()


def test_a_region_of_another_frame_of_reference_is_left_out_and_that_is_said(
    structure_set: Dataset, volume: Volume
) -> None:
    elsewhere, contours = Dataset(), Dataset()
    elsewhere.update(structure_set.StructureSetROISequence[0])
    contours.update(structure_set.ROIContourSequence[0])
    elsewhere.ROINumber, elsewhere.ROIName, contours.ReferencedROINumber = 2, "ED", 2
    elsewhere.ReferencedFrameOfReferenceUID = "1.2.3"
    structure_set.StructureSetROISequence = [*structure_set.StructureSetROISequence, elsewhere]
    structure_set.ROIContourSequence = [*structure_set.ROIContourSequence, contours]
    structures = read_rtstruct(structure_set, volume)
    assert list(structures.masks) == ["ET"]
    assert structures.tolerated == ("ED: drawn in another frame of reference; left out.",)


def test_contours_to_be_combined_by_exclusive_or_are_not_united(structure_set: Dataset, volume: Volume) -> None:
    _redraw(structure_set, volume, [(5, (3.5, 3.5, 13.5, 13.5)), (5, (8.5, 8.5, 18.5, 18.5))])
    for contour in structure_set.ROIContourSequence[0].ContourSequence:
        contour.ContourGeometricType = "CLOSEDPLANAR_XOR"
    structures = read_rtstruct(structure_set, volume)
    assert _pixels(structures, 5) == 150
    assert structures.tolerated == ()


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


_TRACED: list[tuple[float, _Outline]] = [  # as OpenCV traces the pixels of the test below
    (5, ((6, 10), (6, 16), (11, 16), (11, 10))),
    (5, ((7, 13), (8, 12), (9, 13), (8, 14))),
    (5, ((3, 3), (5, 5))),
    (5, ((20, 20),)),
]


def test_where_contours_step_from_pixel_centre_to_pixel_centre_the_pixels_on_them_belong_to_the_region(
    structure_set: Dataset, volume: Volume
) -> None:
    expected = np.zeros(volume.geometry.shape, bool)
    expected[5, 10:17, 6:12] = True
    expected[5, 13, 8] = False
    expected[5, [3, 4, 5, 20], [3, 4, 5, 20]] = True
    _redraw_outlines(structure_set, volume, _TRACED)
    structures = read_rtstruct(structure_set, volume)
    np.testing.assert_array_equal(structures.masks["ET"], expected)
    assert structures.tolerated == (
        "ET: 4 contours run through the centres of pixels; the pixels on them belong to it.",
    )


def test_one_contour_of_another_kind_and_only_what_the_contours_enclose_belongs_to_the_region(
    structure_set: Dataset, volume: Volume
) -> None:
    by_hand = (5, ((20.3, 20.3), (24.6, 20.3), (24.6, 22.6)))
    _redraw_outlines(structure_set, volume, [*_TRACED, by_hand])
    structures = read_rtstruct(structure_set, volume)
    assert "ET: 2 contours have fewer than three points; they were left out." in structures.tolerated
    assert not structures.masks["ET"][5, 3, 3]


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
        ({"ContourData": ["1", "2", "3"]}, "have fewer than three points"),
        ({"ContourData": []}, "have no points"),
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


def test_what_was_drawn_in_a_program_of_a_long_name_is_read_back_as_drawn_in_the_same(
    structure_set: Dataset, volume: Volume, tmp_path: Path
) -> None:
    maker = "Gesellschaft fuer Strahlentherapie-Planungssysteme mbH & Co. KG"
    structure_set.Manufacturer = maker
    structure_set.save_as(tmp_path / "others.dcm")
    (foreign,) = result_objects([tmp_path / "others.dcm"])
    assert maker.startswith(foreign.algorithm.name)
    provenance = samples.provenance(algorithm=foreign.algorithm)
    ours = [
        write(tmp_path / f"{write.__name__}.dcm", volume, samples.segmentation_on(volume), provenance).path
        for write in (write_rtstruct, write_seg)
    ]
    assert [one.algorithm for one in result_objects(ours)] == [foreign.algorithm] * 2


def test_common_names_become_regions_and_unknown_ones_are_said(volume: Volume) -> None:
    mask = np.zeros(volume.geometry.shape, bool)
    mask[3] = True
    inner = np.zeros_like(mask)
    inner[3, 5:10] = True
    structures = ReadStructures({"Edema": mask, "enhancing_tumor": inner}, others=("GTV boost",))
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    assert np.array_equal(segmentation.labels == 3, inner)
    assert np.array_equal(segmentation.labels == 2, mask & ~inner)
    assert "GTV boost is no region of this program; it was left out." in notes
    assert any("belonged to ET and another region" in note for note in notes)


def test_lesions_that_were_numbered_are_one_region_and_a_hyphen_makes_no_other_name(volume: Volume) -> None:
    first, second, core = (np.zeros(volume.geometry.shape, bool) for _lesion in range(3))
    first[3, 5:10], second[7, 5:10], core[9, 5:10] = True, True, True
    structures = ReadStructures({"ET 1": first, "ET-2": second, "Necrotic-core": core})
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    assert np.array_equal(segmentation.labels, 3 * (first | second) + core)
    assert notes == ()
    assert region_named("Segment_1") is None


def test_structures_without_any_of_our_regions_are_refused(volume: Volume) -> None:
    structures = ReadStructures({}, others=("Chiasm",))
    with pytest.raises(SeriesError, match="Chiasm"):
        segmentation_from(structures, volume, samples.ALGORITHM)
