"""Segmentation objects hold every voxel, for us and for dcmqi, and say what it is."""

import copy
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import highdicom as hd
import numpy as np
import pytest
import result_samples as samples
from pydicom import Dataset, dcmread

from BratsSegmenterLib.dicom import ObjectReference, read_seg, verify_objects, write_seg
from BratsSegmenterLib.dicom.adoption import segmentation_from
from BratsSegmenterLib.dicom.region_names import region_named
from BratsSegmenterLib.dicom.source_images import source_images
from BratsSegmenterLib.domain import Segmentation, Volume
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import measure

_SEG = "1.2.840.10008.5.1.4.1.1.66.4"


@pytest.fixture(scope="module")
def written(volume: Volume, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("objects") / "seg.dcm"
    write_seg(path, volume, samples.segmentation_on(volume), samples.provenance())
    return dcmread(path)


def _assert_exact(volume: Volume, segmentation: Segmentation, folder: Path) -> None:
    provenance = samples.provenance()
    written = write_seg(folder / "seg.dcm", volume, segmentation, provenance)
    verify_objects([written], volume, segmentation, measure(segmentation), provenance)
    structures = read_seg(written.path, volume)
    again, _ = segmentation_from(structures, volume, samples.ALGORITHM)
    assert structures.tolerated == ()
    np.testing.assert_array_equal(again.labels, segmentation.labels)


@pytest.mark.parametrize("geometry", samples.GEOMETRIES.values(), ids=samples.GEOMETRIES.keys())
def test_dcmqi_and_we_read_every_voxel_from_every_orientation(geometry: object, tmp_path: Path) -> None:
    volume = samples.volume_on(geometry(), tmp_path / "series")  # type: ignore[operator]
    _assert_exact(volume, samples.segmentation_on(volume), tmp_path)


def test_dcmqi_and_we_read_every_voxel_from_frames_stored_out_of_order(tmp_path: Path) -> None:
    volume = samples.enhanced_out_of_order(tmp_path / "series")
    _assert_exact(volume, samples.segmentation_on(volume), tmp_path)


def test_a_result_on_one_slice_and_one_with_empty_slices_between_are_exact(volume: Volume, tmp_path: Path) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[4, 10:20, 5:9] = 3
    _assert_exact(volume, samples.segmentation_on(volume, labels), tmp_path)
    labels[9, 0:3, 30:] = 4
    _assert_exact(volume, samples.segmentation_on(volume, labels.copy()), tmp_path)


def _slice_of(frame: Dataset, volume: Volume) -> int:
    position = np.array(frame.PlanePositionSequence[0].ImagePositionPatient, float)
    return round(volume.geometry.indices(position[np.newaxis])[0, 2])


def test_each_frame_refers_to_the_image_of_its_slice(volume: Volume, written: Dataset) -> None:
    for frame in written.PerFrameFunctionalGroupsSequence:
        (source,) = frame.DerivationImageSequence[0].SourceImageSequence
        assert source.ReferencedSOPInstanceUID == volume.frames[_slice_of(frame, volume)].sop_instance_uid


@pytest.mark.parametrize("make", ["classic", "enhanced"])
def test_beside_a_gap_each_frame_still_refers_to_the_image_of_its_slice(make: str, tmp_path: Path) -> None:
    if make == "classic":
        samples.series_samples.classic(tmp_path / "series")[4].unlink()
    else:
        with_gap = [k for k in range(12) if k != 4]
        samples.series_samples.enhanced(tmp_path / "series" / "frames.dcm", order=with_gap)
    (series,) = samples.dicom.scan(tmp_path / "series").series
    volume = samples.dicom.load_volume(series, resample_gaps=True)
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[2:9, 10:25, 8:20] = 3
    result = samples.segmentation_on(volume, labels)
    seg = dcmread(write_seg(tmp_path / "seg.dcm", volume, result, samples.provenance()).path)
    named = {
        _slice_of(frame, volume): [
            (source.ReferencedSOPInstanceUID, source.get("ReferencedFrameNumber"))
            for derivation in frame.DerivationImageSequence
            for source in derivation.SourceImageSequence
        ]
        for frame in seg.PerFrameFunctionalGroupsSequence
    }
    images = {k: [(volume.frames[k].sop_instance_uid, volume.frames[k].number)] for k in range(2, 9)}
    assert named == {**images, 4: []}


def test_segments_carry_codes_algorithm_and_the_declared_private_scheme(written: Dataset) -> None:
    types = {s.SegmentLabel: s.SegmentedPropertyTypeCodeSequence[0].CodeValue for s in written.SegmentSequence}
    assert types == {
        "Enhancing tumour": "C113842",
        "Necrotic core": "6574001",
        "Oedema": "79654002",
        "Resection cavity": "RC",
    }
    assert {segment.SegmentAlgorithmType for segment in written.SegmentSequence} == {"AUTOMATIC"}
    assert {segment.SegmentAlgorithmName for segment in written.SegmentSequence} == {"glioma-synthetic"}
    assert written.CodingSchemeIdentificationSequence[0].CodingSchemeDesignator == "99BRATSSEG"


def test_the_versions_name_program_model_and_the_model_that_found_the_brain(volume: Volume, tmp_path: Path) -> None:
    without = samples.provenance(algorithm=replace(samples.ALGORITHM, brain_model=""))
    for provenance, versions in (
        (samples.provenance(), ["0.1.0", "glioma-synthetic 0.1", "brain-synthetic 0.1.0"]),
        (without, ["0.1.0", "glioma-synthetic 0.1"]),
    ):
        path = write_seg(tmp_path / "seg.dcm", volume, samples.segmentation_on(volume), provenance).path
        assert list(dcmread(path).SoftwareVersions) == versions


def test_a_new_version_refers_to_its_predecessor(volume: Volume, tmp_path: Path) -> None:
    provenance = samples.provenance(predecessors=(ObjectReference("1.2.3", _SEG, "1.2.3.4"),))
    path = write_seg(tmp_path / "seg.dcm", volume, samples.segmentation_on(volume), provenance).path
    series = {item.SeriesInstanceUID: item for item in dcmread(path).ReferencedSeriesSequence}
    assert series["1.2.3"].ReferencedInstanceSequence[0].ReferencedSOPInstanceUID == "1.2.3.4"


def test_a_missing_birth_date_in_the_images_does_not_stop_the_writing(tmp_path: Path) -> None:
    for file in samples.series_samples.classic(tmp_path / "series"):
        samples.series_samples.change(file, lambda dataset: dataset.__delattr__("PatientBirthDate"))
    volume = samples.load(tmp_path / "series")
    _assert_exact(volume, samples.segmentation_on(volume), tmp_path)


def test_an_empty_segmentation_is_not_written(volume: Volume, tmp_path: Path) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    with pytest.raises(ExportError, match="Nothing is drawn"):
        write_seg(tmp_path / "seg.dcm", volume, samples.segmentation_on(volume, labels), samples.provenance())


def test_segments_on_a_finer_grid_are_sampled_and_that_is_said(volume: Volume, tmp_path: Path) -> None:
    coarse = volume.geometry
    fine = Geometry.from_axes((24, 80, 64), (0.45, 0.55, 2.5), coarse.direction, coarse.origin_mm)
    labels = np.zeros(fine.shape, np.uint8)
    labels[6:14, 20:60, 10:40] = 1
    path = tmp_path / "fine.dcm"
    _others_seg(volume, fine, labels).save_as(path)
    structures = read_seg(path, volume)
    assert any("another grid" in sentence for sentence in structures.tolerated)
    expected = np.zeros(coarse.shape, bool)
    expected[3:7, 10:30, 5:20] = True
    np.testing.assert_array_equal(structures.masks["ET"], expected)


@pytest.mark.parametrize("slices", [[2, 5], [1, 3, 8]], ids=["two slices", "at uneven distances"])
def test_slices_of_another_grid_that_were_left_out_are_empty_though_no_distance_is_given(
    slices: list[int], volume: Volume, tmp_path: Path
) -> None:
    own = volume.geometry
    coarse = Geometry.from_axes((12, 20, 16), (1.8, 2.2, 5.0), own.direction, own.origin_mm)
    labels = np.zeros(coarse.shape, np.uint8)
    labels[slices, 5:10, 4:8] = 1
    dataset = _others_seg(volume, coarse, labels)
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = 5.0
    dataset.save_as(tmp_path / "said.dcm")
    del measures.SpacingBetweenSlices
    dataset.save_as(tmp_path / "not_said.dcm")
    said, not_said = (read_seg(tmp_path / name, volume) for name in ("said.dcm", "not_said.dcm"))
    assert np.flatnonzero(not_said.masks["ET"].any(axis=(1, 2))).tolist() == slices
    np.testing.assert_array_equal(not_said.masks["ET"], said.masks["ET"])
    sentence = "The segments do not say how far apart their slices are; taken as their thickness, 5.0 mm."
    assert not_said.tolerated == (*said.tolerated, sentence)


def test_a_step_that_is_no_whole_number_of_thicknesses_is_the_distance_of_the_slices(
    volume: Volume, tmp_path: Path
) -> None:
    own = volume.geometry
    coarse = Geometry.from_axes((12, 20, 16), (1.8, 2.2, 5.0), own.direction, own.origin_mm)
    labels = np.zeros(coarse.shape, np.uint8)
    labels[3:7, 5:10, 4:8] = 1
    dataset = _others_seg(volume, coarse, labels)
    measures = dataset.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0]
    measures.SliceThickness = 3.0
    del measures.SpacingBetweenSlices
    dataset.save_as(tmp_path / "seg.dcm")
    assert np.flatnonzero(read_seg(tmp_path / "seg.dcm", volume).masks["ET"].any(axis=(1, 2))).tolist() == [3, 4, 5, 6]


def test_frames_at_uneven_distances_beside_the_slices_are_no_damaged_object(
    volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    def uneven(dataset: Dataset) -> None:
        for number, frame in enumerate(dataset.PerFrameFunctionalGroupsSequence):
            frame.PlanePositionSequence[0].ImagePositionPatient = [0, 0, number**2 * 0.7]

    with pytest.raises(SeriesError, match="are no slices at even distances"):
        read_seg(_changed(written, tmp_path, uneven), volume)


def test_segments_that_are_no_regions_are_named_but_not_filled(
    volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    def rename(dataset: Dataset) -> None:
        segment = dataset.SegmentSequence[0]
        segment.SegmentLabel = "Brainstem"
        segment.SegmentedPropertyTypeCodeSequence[0].CodeValue = "15926001"

    structures = read_seg(_changed(written, tmp_path, rename), volume)
    assert structures.others == ("Brainstem",)
    assert set(structures.masks) == {"Necrotic core", "Oedema", "Resection cavity"}


_RETIRED_CODES = {"6574001": "M-54000", "79654002": "M-36300"}


@pytest.mark.parametrize("retired", [False, True])
def test_a_segment_whose_label_is_no_name_of_a_region_is_the_region_of_its_coded_type_and_that_is_said(
    retired: bool, volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    names = ("KM-Anreicherung", "Nekrose", "Ödem", "Segment_4")

    def rename(dataset: Dataset) -> None:
        dataset.SpecificCharacterSet = "ISO_IR 192"
        for segment, name in zip(dataset.SegmentSequence, names, strict=True):
            segment.SegmentLabel = name
            (coded_type,) = segment.SegmentedPropertyTypeCodeSequence
            if retired and coded_type.CodeValue in _RETIRED_CODES:
                coded_type.CodeValue = _RETIRED_CODES[coded_type.CodeValue]
                coded_type.CodingSchemeDesignator = "SRT"

    structures = read_seg(_changed(written, tmp_path, rename), volume)
    again, _notes = segmentation_from(structures, volume, samples.ALGORITHM)
    np.testing.assert_array_equal(again.labels, samples.hard_labels(volume.geometry.shape))
    assert structures.tolerated[2] == "Ödem is taken as Oedema, its coded type."
    assert len(structures.tolerated) == 4


def test_a_label_goes_before_a_coded_type_and_a_type_that_says_tumour_alone_tells_no_region(
    volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    def change(dataset: Dataset) -> None:
        first, second = dataset.SegmentSequence[:2]
        first.SegmentLabel, second.SegmentLabel = "Oedema (ED)", "GTV"
        (coded_type,) = second.SegmentedPropertyTypeCodeSequence
        coded_type.CodeValue, coded_type.CodeMeaning = "108369006", "Neoplasm"

    structures = read_seg(_changed(written, tmp_path, change), volume)
    assert set(structures.masks) == {"Oedema (ED)", "Oedema", "Resection cavity"}
    assert (structures.others, structures.tolerated) == (("GTV",), ())


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("Enhancing Tumor (ET)", "ET"),
        ("contrast-enhancing tumour", "ET"),
        ("NCR/NET", "NCR"),
        ("Necrotic_tumor_core", "NCR"),
        ("Peritumoral edema", "ED"),
        ("SNFH", "ED"),
        ("surgical cavity", "RC"),
        ("Whole tumor", "WT"),
        ("Radiation necrosis", None),
        ("Enhancing tumor (WT)", None),
    ],
)
def test_names_that_the_field_uses_are_those_of_our_regions(name: str, key: str | None) -> None:
    region = region_named(name)
    assert (region.key if region else None) == key


def test_a_seg_that_contradicts_itself_is_refused_and_what_nothing_describes_is_said(
    volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    def number_alike(dataset: Dataset) -> None:
        dataset.SegmentSequence[1].SegmentNumber = 1

    def lose_a_frame(dataset: Dataset) -> None:
        dataset.PerFrameFunctionalGroupsSequence.pop(3)

    def name_no_segment(dataset: Dataset) -> None:
        for number, frame in zip((77, 77, 0), dataset.PerFrameFunctionalGroupsSequence[:3], strict=True):
            frame.SegmentIdentificationSequence[0].ReferencedSegmentNumber = number

    with pytest.raises(SeriesError, match="gives several segments the same number"):
        read_seg(_changed(written, tmp_path, number_alike), volume)
    with pytest.raises(SeriesError, match="holds 28 frames and describes 27 of them"):
        read_seg(_changed(written, tmp_path, lose_a_frame), volume)
    structures = read_seg(_changed(written, tmp_path, name_no_segment), volume)
    assert structures.tolerated == ("3 frames belong to segments that are not described; they were left out.",)


def test_voxels_of_a_label_map_that_no_segment_describes_are_said(volume: Volume, tmp_path: Path) -> None:
    labels = (samples.hard_labels(volume.geometry.shape) == 3).astype(np.uint8)
    dataset = _others_seg(volume, volume.geometry, labels, "LABELMAP")
    pixels = dataset.pixel_array.copy()
    pixels[0, 0, :5] = 9
    dataset.PixelData = pixels.tobytes()
    dataset.save_as(tmp_path / "seg.dcm")
    assert "5 voxels belong to segments that are not described; they were left out." in (
        read_seg(tmp_path / "seg.dcm", volume).tolerated
    )


def _others_seg(volume: Volume, geometry: Geometry, labels: np.ndarray, kind: str = "BINARY") -> Dataset:
    affine = geometry.affine[:, [2, 1, 0, 3]]
    array = hd.Volume(labels.copy(), affine, "PATIENT", volume.series.frame_of_reference_uid)
    segment = hd.seg.SegmentDescription(
        1, "ET", hd.sr.CodedConcept("1", "99X", "x"), hd.sr.CodedConcept("2", "99X", "y"), "MANUAL"
    )
    return hd.seg.Segmentation(
        source_images(volume), array, kind, [segment], hd.UID(), 5, hd.UID(), 1, "Other", "Other", "1", "1"
    )


@pytest.mark.parametrize("kind", ["LABELMAP", "FRACTIONAL"])
def test_label_maps_and_fractions_of_others_are_read(kind: str, volume: Volume, tmp_path: Path) -> None:
    labels = (samples.hard_labels(volume.geometry.shape) == 3).astype(np.uint8)
    _others_seg(volume, volume.geometry, labels, kind).save_as(tmp_path / "seg.dcm")
    structures = read_seg(tmp_path / "seg.dcm", volume)
    np.testing.assert_array_equal(structures.masks["ET"], labels == 1)
    assert not structures.others, "what surrounds the segments of a label map is none"
    assert any("fractional" in sentence for sentence in structures.tolerated) == (kind == "FRACTIONAL")


def test_a_seg_of_another_frame_of_reference_is_refused(volume: Volume, tmp_path: Path) -> None:
    other = samples.volume_on(volume.geometry, tmp_path / "other")
    path = write_seg(tmp_path / "seg.dcm", other, samples.segmentation_on(other), samples.provenance()).path
    with pytest.raises(SeriesError, match="another frame of reference"):
        read_seg(path, volume)


def test_an_image_is_no_segmentation(volume: Volume) -> None:
    with pytest.raises(SeriesError, match="is no segmentation object"):
        read_seg(volume.frames[0].file, volume)


def _changed(written: Dataset, folder: Path, change: Callable[[Dataset], None]) -> Path:
    dataset = copy.deepcopy(written)
    change(dataset)
    dataset.save_as(folder / "changed.dcm")
    return folder / "changed.dcm"


def _moved_by(millimetres: np.ndarray) -> Callable[[Dataset], None]:
    def move(dataset: Dataset) -> None:
        for frame in dataset.PerFrameFunctionalGroupsSequence:
            position = frame.PlanePositionSequence[0]
            moved = np.array(position.ImagePositionPatient, float) + millimetres
            position.ImagePositionPatient = [f"{value:.6f}" for value in moved]

    return move


@pytest.mark.parametrize("off_the_grid", [0.0, 0.5], ids=["on the grid", "half a column off it"])
@pytest.mark.parametrize(("rows", "slices"), [(-10, 0), (25, 3), (0, -4)])
def test_what_of_a_seg_lies_outside_the_series_is_cut_off_and_said(
    volume: Volume, rows: int, slices: int, off_the_grid: float, tmp_path: Path
) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[2:10, 8:24, 10:20] = 3
    path = write_seg(tmp_path / "s.dcm", volume, samples.segmentation_on(volume, labels), samples.provenance()).path
    way = volume.geometry.affine[:3, :3] @ [off_the_grid, rows, slices]
    structures = read_seg(_changed(dcmread(path), tmp_path, _moved_by(way)), volume)
    kept, voxel_ml = structures.masks["Enhancing tumour"].sum(), volume.geometry.voxel_volume_ml
    whole = np.count_nonzero(labels)
    assert 0 < kept < whole
    said = f"{(whole - kept) * voxel_ml:.2f} of {whole * voxel_ml:.2f} mL lie outside the series and were cut off."
    assert f"Enhancing tumour: {said}" in structures.tolerated
    assert any("another grid" in sentence for sentence in structures.tolerated) == bool(off_the_grid)
    if not off_the_grid:
        expected = np.zeros(labels.shape, bool)
        expected[max(2 + slices, 0) : 10 + slices, max(8 + rows, 0) : 24 + rows, 10:20] = True
        np.testing.assert_array_equal(structures.masks["Enhancing tumour"], expected)


def test_a_seg_beside_the_series_is_refused(volume: Volume, written: Dataset, tmp_path: Path) -> None:
    with pytest.raises(SeriesError, match="has no voxel in Series 1"):
        read_seg(_changed(written, tmp_path, _moved_by(np.array([0, 0, 500.0]))), volume)


def _without_positions(dataset: Dataset) -> None:
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        del frame.PlanePositionSequence


def _without_labels(dataset: Dataset) -> None:
    for segment in dataset.SegmentSequence:
        del segment.SegmentLabel


def _without_frame_of_reference(dataset: Dataset) -> None:
    del dataset.FrameOfReferenceUID


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_without_positions, ()),
        (_without_labels, ()),
        (_without_frame_of_reference, ("The frame of reference is not named; taken as that of the series.",)),
    ],
)
def test_a_seg_that_says_less_is_read_as_well_as_a_structure_set(
    volume: Volume, written: Dataset, change: Callable[[Dataset], None], said: tuple[str, ...], tmp_path: Path
) -> None:
    structures = read_seg(_changed(written, tmp_path, change), volume)
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    labels = samples.hard_labels(volume.geometry.shape)
    np.testing.assert_array_equal(segmentation.labels, labels)
    assert (structures.tolerated, notes) == (said, ())


def test_a_seg_without_positions_on_other_images_is_no_damaged_one(
    volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    (tmp_path / "twin").mkdir()
    for file in volume.series.files:
        samples.series_samples.copy_as_new_instance(file, tmp_path / "twin" / file.name)
    with pytest.raises(SeriesError, match="says of its frames only which images they belong to"):
        read_seg(_changed(written, tmp_path, _without_positions), samples.load(tmp_path / "twin"))


def _part_of(total: int | None) -> Callable[[Dataset], None]:
    def split(dataset: Dataset) -> None:
        dataset.ConcatenationUID = "1.2.3"
        dataset.InConcatenationNumber = 1
        if total is not None:
            dataset.InConcatenationTotalNumber = total

    return split


@pytest.mark.parametrize(("total", "parts"), [(2, "part 1 of 2"), (None, "part 1 of several")])
def test_a_part_of_a_seg_is_not_taken_for_the_whole(
    total: int | None, parts: str, volume: Volume, written: Dataset, tmp_path: Path
) -> None:
    with pytest.raises(SeriesError, match=rf"\.dcm is {parts} of a segmentation; only whole ones can be read"):
        read_seg(_changed(written, tmp_path, _part_of(total)), volume)


def test_a_seg_whose_only_part_is_the_whole_is_read(volume: Volume, written: Dataset, tmp_path: Path) -> None:
    assert read_seg(_changed(written, tmp_path, _part_of(1)), volume).tolerated == ()


def test_segments_of_one_label_are_united_and_that_is_said(volume: Volume, written: Dataset, tmp_path: Path) -> None:
    def as_one(dataset: Dataset) -> None:
        for segment in dataset.SegmentSequence:
            segment.SegmentLabel = "Edema"

    structures = read_seg(_changed(written, tmp_path, as_one), volume)
    np.testing.assert_array_equal(structures.masks["Edema"], samples.hard_labels(volume.geometry.shape) > 0)
    assert structures.tolerated == ("Several regions have the same name; they were united.",)
