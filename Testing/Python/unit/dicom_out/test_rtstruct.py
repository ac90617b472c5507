"""Structure sets come back as the voxels they were made of, and say what the standard wants said."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
from pydicom import Dataset, dcmread

from BratsSegmenterLib.dicom import (
    Authorship,
    Contouring,
    ObjectKind,
    ObjectReference,
    Provenance,
    read_rtstruct,
    write_rtstruct,
)
from BratsSegmenterLib.dicom.adoption import segmentation_from
from BratsSegmenterLib.dicom.references import check_references
from BratsSegmenterLib.domain import LEAF_REGIONS, REGIONS, Segmentation, Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry

_RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


@pytest.fixture(scope="module")
def written(volume: Volume, tmp_path_factory: pytest.TempPathFactory) -> Dataset:
    path = tmp_path_factory.mktemp("objects") / "rtstruct.dcm"
    write_rtstruct(path, volume, samples.segmentation_on(volume), samples.provenance())
    return dcmread(path)


def _write(path: Path, volume: Volume, **changes: object) -> Dataset:
    write_rtstruct(path, volume, samples.segmentation_on(volume), samples.provenance(**changes))
    return dcmread(path)


@pytest.mark.parametrize("geometry", samples.GEOMETRIES.values(), ids=samples.GEOMETRIES.keys())
def test_every_region_comes_back_voxel_by_voxel_from_every_orientation(geometry: object, tmp_path: Path) -> None:
    volume = samples.volume_on(geometry(), tmp_path / "series")  # type: ignore[operator]
    _assert_round_trip(volume, tmp_path)


def test_every_region_comes_back_from_frames_stored_out_of_order(tmp_path: Path) -> None:
    _assert_round_trip(samples.enhanced_out_of_order(tmp_path / "series"), tmp_path)


def _assert_round_trip(volume: Volume, folder: Path) -> None:
    segmentation = samples.segmentation_on(volume)
    written = write_rtstruct(
        folder / "rt.dcm", volume, segmentation, samples.provenance(), contouring=Contouring(with_nested=True)
    )
    check_references([written], [volume])
    structures = read_rtstruct(written.path, volume)
    assert structures.tolerated == ()
    assert set(structures.masks) == set(REGIONS)
    for key, mask in structures.masks.items():
        np.testing.assert_array_equal(mask, segmentation.mask(REGIONS[key]), err_msg=key)
    again, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    np.testing.assert_array_equal(again.labels, segmentation.labels)
    assert notes == ()


@pytest.mark.parametrize("smooth", [False, True])
def test_a_contour_over_64_kilobytes_comes_back(volume: Volume, smooth: bool, tmp_path: Path) -> None:
    big = Geometry.from_axes((2, 200, 160), (0.5, 0.5, 3.0), volume.geometry.direction, volume.geometry.origin_mm)
    image = samples.volume_on(big, tmp_path / "series")
    labels = np.zeros(big.shape, np.uint8)
    labels[1, 1:-1:2] = labels[1, :, 1] = 3
    labels[1, 50:60, 40:50] = 0
    labels[1, 2:-2:2, 5:-5:3] = 3
    segmentation = Segmentation(labels, image.geometry, samples.ALGORITHM)
    written = write_rtstruct(
        tmp_path / "rt.dcm",
        image,
        segmentation,
        samples.provenance(),
        max_points=100_000,
        contouring=Contouring(smooth=smooth),
    )
    (roi,) = dcmread(written.path).ROIContourSequence
    assert max(len(contour.get_item("ContourData").value) for contour in roi.ContourSequence) > 65_534
    np.testing.assert_array_equal(read_rtstruct(written.path, image).masks["ET"], labels == 3)


def test_each_contour_names_the_instance_and_frame_of_its_slice(tmp_path: Path) -> None:
    volume = samples.enhanced_out_of_order(tmp_path / "series")
    dataset = _write(tmp_path / "rt.dcm", volume)
    roi = dataset.ROIContourSequence[0]
    for contour in roi.ContourSequence:
        (image,) = contour.ContourImageSequence
        first = np.array(contour.ContourData[:3], float)
        k = round(volume.geometry.indices(first[np.newaxis])[0, 2])
        assert image.ReferencedFrameNumber == volume.frames[k].number
        assert image.ReferencedSOPInstanceUID == volume.frames[k].sop_instance_uid


def test_contours_lie_on_the_slices_own_position(volume: Volume, written: Dataset) -> None:
    normal = volume.geometry.direction[:, 2]
    offsets = np.array([frame.position_mm for frame in volume.frames]) @ normal
    for roi in written.ROIContourSequence:
        for contour in roi.ContourSequence:
            points = np.array(contour.ContourData, float).reshape(-1, 3)
            assert np.abs(points @ normal - offsets[:, np.newaxis]).min(axis=0).max() < 2e-4


def test_patient_and_study_are_those_of_the_images(volume: Volume, written: Dataset) -> None:
    header = volume.series.header
    for keyword in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
        assert written[keyword].value == header[keyword].value
    for keyword in ("AccessionNumber", "ReferringPhysicianName", "StudyID", "SpecificCharacterSet"):
        assert written[keyword].value == header[keyword].value
    assert written.FrameOfReferenceUID == volume.series.frame_of_reference_uid
    assert written.SeriesInstanceUID != volume.series.series_uid


def test_names_and_labels_fit_planning_systems(written: Dataset) -> None:
    assert [item.ROIName for item in written.StructureSetROISequence] == ["ET", "NCR", "ED", "RC"]
    assert len(written.StructureSetLabel) <= 16
    assert all(len(item.ROIObservationLabel) <= 16 for item in written.RTROIObservationsSequence)
    assert written.file_meta.TransferSyntaxUID == "1.2.840.10008.1.2"


def test_an_unreviewed_result_is_automatic_and_unapproved(written: Dataset) -> None:
    assert written.ApprovalStatus == "UNAPPROVED"
    assert "ReviewerName" not in written
    assert {item.ROIGenerationAlgorithm for item in written.StructureSetROISequence} == {"AUTOMATIC"}
    assert "not reviewed" in written.SeriesDescription


def test_a_signed_and_approved_result_names_reviewer_and_time(volume: Volume, tmp_path: Path) -> None:
    moment = samples.provenance().content_time
    dataset = _write(
        tmp_path / "rt.dcm", volume, authorship=Authorship.EDITED, reviewer="Röntgen^Wilhelm", approved_at=moment
    )
    assert dataset.ApprovalStatus == "APPROVED"
    assert dataset.ReviewerName == "Röntgen^Wilhelm"
    assert (dataset.ReviewDate, dataset.ReviewTime) == ("20260301", "123000.000000")
    assert {item.ROIGenerationAlgorithm for item in dataset.StructureSetROISequence} == {"SEMIAUTOMATIC"}


def test_nobody_cannot_approve() -> None:
    with pytest.raises(ExportError, match="nobody is named"):
        samples.provenance(approved_at=samples.provenance().content_time)


def test_a_name_outside_the_images_character_set_is_written_in_utf8(tmp_path: Path) -> None:
    files = samples.series_samples.classic(tmp_path / "series")
    for file in files:
        samples.series_samples.change(file, lambda dataset: setattr(dataset, "SpecificCharacterSet", "ISO_IR 100"))
    volume = samples.load(tmp_path / "series")
    assert _write(tmp_path / "a.dcm", volume, reviewer="Röntgen^W").SpecificCharacterSet == "ISO_IR 100"
    russian = _write(tmp_path / "b.dcm", volume, reviewer="Боткин^С")
    assert russian.SpecificCharacterSet == "ISO_IR 192"
    assert russian.OperatorsName == "Боткин^С"
    assert russian.PatientName == volume.series.header.PatientName


def test_a_new_version_refers_to_its_predecessor(volume: Volume, tmp_path: Path) -> None:
    predecessor = ObjectReference("1.2.3", _RTSTRUCT, "1.2.3.4")
    dataset = _write(tmp_path / "rt.dcm", volume, predecessors=(predecessor,))
    (item,) = dataset.PredecessorStructureSetSequence
    assert item.ReferencedSOPInstanceUID == "1.2.3.4"


def test_slices_interpolated_across_a_gap_have_contours_without_image(tmp_path: Path) -> None:
    files = samples.series_samples.classic(tmp_path / "series")
    files[4].unlink()
    (series,) = samples.dicom.scan(tmp_path / "series").series
    volume = samples.dicom.load_volume(series, resample_gaps=True)
    segmentation = samples.segmentation_on(volume)
    written = write_rtstruct(tmp_path / "rt.dcm", volume, segmentation, samples.provenance())
    structures = read_rtstruct(written.path, volume)
    assert structures.tolerated == tuple(
        f"{key}: 1 contours do not name their image; their coordinates were believed." for key in ("ET", "NCR", "ED")
    )
    for region in LEAF_REGIONS:
        np.testing.assert_array_equal(structures.masks[region.key], segmentation.mask(region))


def test_an_empty_segmentation_is_not_written(volume: Volume, tmp_path: Path) -> None:
    empty = Segmentation(np.zeros(volume.geometry.shape, np.uint8), volume.geometry, samples.ALGORITHM)
    with pytest.raises(ExportError, match="Nothing is drawn"):
        write_rtstruct(tmp_path / "rt.dcm", volume, empty, samples.provenance())
    assert not list(tmp_path.iterdir())


def test_a_segmentation_on_another_grid_is_refused(volume: Volume, tmp_path: Path) -> None:
    other = samples.segmentation_on(samples.volume_on(samples.coronal(), tmp_path / "other"))
    with pytest.raises(ExportError, match="does not lie on the slices"):
        write_rtstruct(tmp_path / "rt.dcm", volume, other, samples.provenance())


def test_a_disk_that_refuses_is_a_sentence_and_leaves_nothing(volume: Volume, tmp_path: Path) -> None:
    occupied = tmp_path / "file"
    occupied.write_text("")
    with pytest.raises(ExportError, match="could not be written"):
        write_rtstruct(occupied / "rt.dcm", volume, samples.segmentation_on(volume), samples.provenance())


def test_provenance_says_it_in_words() -> None:
    provenance: Provenance = samples.provenance(reviewer="Curie^Marie")
    assert provenance.review_statement == "AI, reviewed by Curie, Marie"
    assert samples.provenance().review_statement == "AI, not reviewed"
    corrected: Provenance = samples.provenance(authorship=Authorship.EDITED)
    assert corrected.review_statement == "AI, corrected, not reviewed"
    both: Provenance = samples.provenance(reviewer="Curie^Marie", authorship=Authorship.EDITED)
    assert both.review_statement == "AI, corrected, reviewed by Curie, Marie"
    assert all(len(corrected.series_description(kind)) < 64 for kind in ObjectKind)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Suzuki^Hana=鈴木^花=すずき^はな", "Suzuki, Hana"),
        ("=山田^花子", "山田, 花子"),
        ("Doe^Jane^^Dr.", "Doe, Jane, Dr."),
    ],
)
@pytest.mark.parametrize("kind", ObjectKind)
def test_a_series_description_has_one_spelling_of_the_reviewers_name(kind: ObjectKind, name: str, said: str) -> None:
    assert samples.provenance(reviewer=name).series_description(kind).endswith(f"reviewed by {said})")


@pytest.mark.parametrize("kind", ObjectKind)
@pytest.mark.parametrize("name", ["Hofmann^Alexandra^Dr. med.", "Mueller-Luedenscheidt^Karl-Friedrich", "X" * 64])
@pytest.mark.parametrize("program", ["", "Planning Workstation of Example Medical Systems, release 12"])
def test_a_series_description_holds_whole_names_or_none(kind: ObjectKind, name: str, program: str) -> None:
    algorithm = replace(samples.ALGORITHM, name=program, is_model=False) if program else samples.ALGORITHM
    provenance: Provenance = samples.provenance(reviewer=name, version=12, algorithm=algorithm)
    description = provenance.series_description(kind)
    assert len(description) <= 64
    assert " v12 (" in description
    assert description.endswith(("reviewed)", f"reviewed by {name.replace('^', ', ')})"))
    assert not program or program in description or "Planning" not in description
    assert ("AI, reviewed" in description) is not bool(program)
