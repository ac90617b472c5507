"""A whole tumour or core of which nothing was told apart leaves as that, not as its rest, and comes back the same."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
from pydicom import dcmread

from BratsSegmenterLib.dicom import (
    EXACT,
    Contouring,
    ObjectKind,
    WrittenObject,
    newest_result,
    read_regions,
    result_objects,
    stated_notes,
    verify_objects,
    volumes_of,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.dicom.adoption import segmentation_from
from BratsSegmenterLib.dicom.key_image_page import outlined_regions
from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures
from BratsSegmenterLib.domain import ED, LEAF_REGIONS, REGIONS, TC, Segmentation, Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import measure

_OBJECTS = [ObjectKind.RTSTRUCT, ObjectKind.SEG, ObjectKind.SR]


def _undivided(volume: Volume, by_hand: tuple[int, ...] = ()) -> Segmentation:
    """What a model draws without T1c, with enhancing tumour inside it when a person drew that."""
    labels = samples.hard_labels(volume.geometry.shape)
    labels[(labels > 0) & ~np.isin(labels, by_hand)] = 2
    keys = {"ET", "NCR", "TC", "ED"} - {"ET" for label in by_hand if label == 3}
    return replace(samples.segmentation_on(volume, labels), not_measured={key: f"{key}: no T1c." for key in keys})


def _written(
    volume: Volume, segmentation: Segmentation, folder: Path, contouring: Contouring = EXACT
) -> dict[ObjectKind, WrittenObject]:
    """All objects, past the gate."""
    provenance, measurements = samples.provenance(), measure(segmentation)
    path = folder / "rt.dcm"
    structures = write_rtstruct(path, volume, segmentation, provenance, contouring=contouring)
    seg = write_seg(folder / "seg.dcm", volume, segmentation, provenance)
    report = write_measurement_report(folder / "sr.dcm", volume, measurements, seg, provenance)
    uids = [one.sop_instance_uid for one in (structures, seg, report)]
    verify_objects((structures, seg, report), volume, segmentation, measurements, provenance, uids, contouring)
    return dict(zip(_OBJECTS, (structures, seg, report), strict=True))


@pytest.mark.parametrize("by_hand", [(), (3,)], ids=["as the model drew it", "with enhancing tumour drawn by hand"])
def test_it_is_a_region_of_its_own_and_read_back_as_the_same_label_map(
    volume: Volume, by_hand: tuple[int, ...], tmp_path: Path
) -> None:
    segmentation = _undivided(volume, by_hand)
    written = _written(volume, segmentation, tmp_path)
    keys = [*(["ET"] if by_hand else []), "WT"]
    rois = dcmread(written[ObjectKind.RTSTRUCT].path).StructureSetROISequence
    assert [roi.ROIName for roi in rois] == keys
    assert rois[-1].ROIDescription == "Whole tumour"
    segments = dcmread(written[ObjectKind.SEG].path).SegmentSequence
    assert [segment.TrackingID for segment in segments] == keys
    assert segments[-1].SegmentedPropertyTypeCodeSequence[0].CodeValue == "108369006"
    for kind in (ObjectKind.RTSTRUCT, ObjectKind.SEG):
        (found,) = result_objects([written[kind].path])
        again, notes = read_regions(found, volume)
        np.testing.assert_array_equal(again.labels, segmentation.labels)
        assert set(again.not_measured) == set(segmentation.not_measured)
        assert again.not_measured["ED"].startswith("Oedema is not measured: the whole tumour was drawn")
        assert again.told_apart == segmentation.told_apart
        assert notes == ("No oedema was drawn; what of the whole tumour lies in no other region is drawn as oedema.",)


@pytest.mark.parametrize("kind", _OBJECTS)
@pytest.mark.parametrize("by_hand", [(), (3,)], ids=["as the model drew it", "with enhancing tumour drawn by hand"])
def test_as_a_prior_it_tells_no_oedema_and_no_core(
    volume: Volume, by_hand: tuple[int, ...], kind: ObjectKind, tmp_path: Path
) -> None:
    segmentation = _undivided(volume, by_hand)
    files = (_written(volume, segmentation, tmp_path)[kind].path, *volume.series.files)
    if kind is ObjectKind.SR:
        (tmp_path / "seg.dcm").unlink()
    expected = measure(segmentation).volumes_ml
    assert set(expected) == ({"ET", "WT"} if by_hand else {"WT"})
    result = newest_result(files)
    assert result is not None
    assert volumes_of(result, files) == pytest.approx(expected, abs=1e-5)


def _core_in_oedema(shape: tuple[int, int, int]) -> np.ndarray:
    labels = np.zeros(shape, np.uint8)
    labels[2:9, 4:30, 4:26] = 2
    labels[3:8, 8:24, 8:20] = 3
    labels[4:7, 12:18, 11:15] = 1
    return labels


def _structures(labels: np.ndarray, *keys: str) -> ReadStructures:
    return ReadStructures({key: np.isin(labels, REGIONS[key].labels) for key in keys})


@pytest.mark.parametrize(
    "keys", [("WT", "TC", "ET"), ("TC", "ET", "ED"), ("WT", "ET", "ED"), ("WT", "TC", "ET", "NCR")], ids=" ".join
)
def test_leaves_that_nobody_drew_follow_from_the_nested_regions(volume: Volume, keys: tuple[str, ...]) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    segmentation, notes = segmentation_from(_structures(labels, *keys), volume, samples.ALGORITHM)
    np.testing.assert_array_equal(segmentation.labels, labels)
    assert segmentation.not_measured == {}
    assert any("drawn as necrotic core" in note for note in notes) == ("NCR" not in keys)


@pytest.mark.parametrize("keys", [("TC", "ED"), ("WT", "TC"), ("WT", "ED"), ("TC", "NCR", "ED")], ids=" ".join)
def test_a_core_that_cannot_be_divided_is_kept_whole_and_its_parts_are_not_measured(
    volume: Volume, keys: tuple[str, ...], tmp_path: Path
) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    segmentation, notes = segmentation_from(_structures(labels, *keys), volume, samples.ALGORITHM)
    np.testing.assert_array_equal(segmentation.labels, np.where(labels == 3, 1, labels))
    assert set(segmentation.not_measured) == {"ET", "NCR"}
    assert segmentation.not_measured["ET"].startswith("Enhancing tumour is not measured: the tumour core was drawn")
    assert any(note.startswith("The tumour core was drawn undivided") for note in notes)
    expected = measure(segmentation).volumes_ml
    assert set(expected) == {"ED", "TC", "WT"}
    for kind, written in _written(volume, segmentation, tmp_path).items():
        (found,) = result_objects([written.path])
        assert volumes_of(found, volume.series.files) == pytest.approx(expected, abs=1e-5)
        if kind is not ObjectKind.SR:
            again, _notes = read_regions(found, volume)
            np.testing.assert_array_equal(again.labels, segmentation.labels)
            assert again.told_apart == segmentation.told_apart


def test_a_core_alone_is_a_region_and_nothing_else_is_measured(volume: Volume) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    segmentation, _notes = segmentation_from(_structures(labels, "TC"), volume, samples.ALGORITHM)
    assert [one.region.key for one in measure(segmentation).volumes] == ["TC"]
    np.testing.assert_array_equal(segmentation.mask(TC), np.isin(labels, TC.labels))


def test_what_of_a_whole_tumour_lies_beside_all_its_parts_is_oedema_and_that_is_said(volume: Volume) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    structures = _structures(labels, "WT", "TC", "ET", "ED")
    smaller = structures.masks["ED"].copy()
    smaller[2] = False
    structures = ReadStructures({**structures.masks, "ED": smaller})
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    np.testing.assert_array_equal(segmentation.labels, labels)
    assert "572 voxels of the whole tumour lie in no other region; they are drawn as oedema." in notes


def test_a_rim_between_outlines_that_were_drawn_separately_is_oedema_and_no_core(volume: Volume) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    structures = _structures(labels, "WT", "ET", "ED")
    rim = np.zeros(labels.shape, bool)
    rim[2:9, 4:30, 4:26] = True
    rim[2:9, 6:28, 6:24] = False
    structures = ReadStructures({**structures.masks, "ED": structures.masks["ED"] & ~rim})
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    np.testing.assert_array_equal(segmentation.labels, labels)
    assert f"{rim.sum()} voxels of the whole tumour lie in no other region; they are drawn as oedema." in notes


def test_a_small_necrosis_inside_the_enhancing_tumour_is_no_rim(volume: Volume) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    labels[labels == 1] = 3
    labels[5, 14, 12] = 1
    segmentation, _notes = segmentation_from(_structures(labels, "WT", "ET", "ED"), volume, samples.ALGORITHM)
    np.testing.assert_array_equal(segmentation.labels, labels)


def test_the_gate_stops_it_under_the_name_of_oedema(volume: Volume, tmp_path: Path) -> None:
    segmentation = _undivided(volume)
    as_oedema = replace(segmentation, not_measured={})
    for written in (
        write_rtstruct(tmp_path / "rt.dcm", volume, as_oedema, samples.provenance()),
        write_seg(tmp_path / "seg.dcm", volume, as_oedema, samples.provenance()),
    ):
        with pytest.raises(ExportError, match="Region WT: it is missing"):
            verify_objects([written], volume, segmentation, measure(segmentation), samples.provenance())


@pytest.mark.parametrize("with_nested", [False, True])
def test_a_structure_set_is_known_to_be_drawn_as_it_was_asked_for(
    volume: Volume, with_nested: bool, tmp_path: Path
) -> None:
    contouring = Contouring(with_nested)
    divided = samples.segmentation_on(volume)
    without_flair = replace(divided, labels=divided.labels * np.isin(divided.labels, (1, 3)))
    without_flair = replace(without_flair, not_measured={"ED": "no FLAIR", "WT": "no FLAIR"})
    undivided_core = replace(divided, not_measured={"ET": "no T1c", "NCR": "no T1c"})
    undivided_core = replace(undivided_core, labels=np.where(divided.labels == 3, 1, divided.labels).astype(np.uint8))
    results = (divided, _undivided(volume), _undivided(volume, (3,)), without_flair, undivided_core)
    for number, segmentation in enumerate(results):
        written = _written(volume, segmentation, tmp_path / str(number), contouring)
        (found,) = result_objects([written[ObjectKind.RTSTRUCT].path])
        assert found.contouring == contouring.drawn(segmentation)
        assert not set(found.region_names) & set(segmentation.not_measured)
    assert contouring.drawn(divided) == contouring.drawn(undivided_core) == contouring


@pytest.mark.parametrize("drawn", [(1, 3), (3,), (1,), (2,), (4,), (3, 4)], ids=str)
@pytest.mark.parametrize("with_nested", [False, True])
def test_what_a_result_of_ours_does_not_show_was_looked_for_and_not_found(
    volume: Volume, drawn: tuple[int, ...], with_nested: bool, tmp_path: Path
) -> None:
    whole = samples.segmentation_on(volume)
    part = replace(whole, labels=whole.labels * np.isin(whole.labels, drawn))
    expected = measure(part).volumes_ml
    assert {"ET", "ED", "WT"} <= set(expected)
    for kind, written in _written(volume, part, tmp_path, Contouring(with_nested)).items():
        (found,) = result_objects([written.path])
        assert volumes_of(found, volume.series.files) == pytest.approx(expected, abs=1e-5)
        if kind is not ObjectKind.SR:
            again, notes = read_regions(found, volume)
            np.testing.assert_array_equal(again.labels, part.labels)
            assert (again.not_measured, notes) == ({}, ())


def test_what_a_result_says_it_did_not_measure_is_no_volume_of_it(volume: Volume, tmp_path: Path) -> None:
    divided = samples.segmentation_on(volume)
    not_measured = {key: REGIONS[key].unmeasured.of("it needs FLAIR, which the study lacks") for key in ("ED", "WT")}
    core = replace(divided, labels=divided.labels * np.isin(divided.labels, (1, 3)), not_measured=not_measured)
    provenance = samples.provenance(notes=(*not_measured.values(), "T2 could not be registered to T1c."))
    structures = write_rtstruct(tmp_path / "rt.dcm", volume, core, provenance)
    seg = write_seg(tmp_path / "seg.dcm", volume, core, provenance)
    for found in result_objects([structures.path, seg.path]):
        assert stated_notes([found]) == provenance.notes
        assert set(volumes_of(found, volume.series.files)) == {"ET", "NCR", "TC"}


def test_of_a_core_that_others_drew_nobody_knows_whether_oedema_was_looked_for(volume: Volume) -> None:
    labels = _core_in_oedema(volume.geometry.shape)
    segmentation, _notes = segmentation_from(_structures(labels, "ET", "NCR"), volume, samples.ALGORITHM)
    assert set(segmentation.not_measured) == {"ED", "WT"}


def test_the_rest_of_a_whole_tumour_around_a_core_that_others_drew_is_oedema(volume: Volume) -> None:
    whole = np.zeros(volume.geometry.shape, bool)
    whole[3] = True
    necrosis, enhancing = np.zeros_like(whole), np.zeros_like(whole)
    necrosis[3, 5:10], enhancing[3, 10:15] = True, True
    structures = ReadStructures({"WT": whole, "necrosis": necrosis, "enhancing": enhancing})
    segmentation, notes = segmentation_from(structures, volume, samples.ALGORITHM)
    assert np.array_equal(segmentation.labels == 2, whole & ~necrosis & ~enhancing)
    assert segmentation.not_measured == {}
    assert not any("belonged to" in note for note in notes)


def test_the_legend_of_key_images_names_it_in_the_colour_of_its_outline(volume: Volume) -> None:
    (whole,) = outlined_regions(_undivided(volume))
    assert (whole.name, whole.colour) == ("Whole tumour", ED.colour)
    assert outlined_regions(samples.segmentation_on(volume)) == list(LEAF_REGIONS)
