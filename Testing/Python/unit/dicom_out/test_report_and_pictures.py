"""The measurement report, the key images and the plain files say what was measured."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
from highdicom.sr import Measurement, srread
from pydicom import Dataset, dcmread
from pydicom.uid import ExplicitVRLittleEndian

from BratsSegmenterLib.dicom import (
    Authorship,
    ObjectKind,
    ObjectReference,
    WrittenObject,
    image_numbers,
    key_image_page,
    read_seg,
    write_key_images,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.dicom.key_image_page import Page, chosen_slices
from BratsSegmenterLib.dicom.region_names import region_named
from BratsSegmenterLib.dicom.report_reader import sources_in_report
from BratsSegmenterLib.domain import ED, ET, NCR, REGIONS, Segmentation, Sequence, Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import measure, millilitres, report_sentence
from BratsSegmenterLib.pictures import Plane, legend

_SR = "1.2.840.10008.5.1.4.1.1.88.34"
_SC = "1.2.840.10008.5.1.4.1.1.7"


def _report(folder: Path, volume: Volume, segmentation: Segmentation, **changes: object) -> Dataset:
    provenance = samples.provenance(**changes)
    seg = write_seg(folder / "seg.dcm", volume, segmentation, provenance)
    return srread(write_measurement_report(folder / "sr.dcm", volume, measure(segmentation), seg, provenance).path)


def test_the_report_holds_the_volume_of_every_region(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    report = _report(tmp_path, volume, segmentation)
    groups = report.content.get_volumetric_roi_measurement_groups() + report.content.get_image_measurement_groups()
    volumes_mm3 = {g.tracking_identifier: g.get_measurements()[0].value for g in groups}
    for measured in measure(segmentation).volumes:
        assert volumes_mm3[measured.region.key] == pytest.approx(measured.volume_ml * 1000, abs=1e-3)


@pytest.mark.parametrize("slices", [slice(None), slice(4, 5)], ids=["several slices", "one slice"])
def test_a_lone_region_is_reported_as_well(
    volume: Volume, segmentation: Segmentation, tmp_path: Path, slices: slice
) -> None:
    labels = np.zeros_like(segmentation.labels)
    labels[slices] = np.where(segmentation.labels[slices] == ED.label, ED.label, 0)
    report = _report(tmp_path, volume, replace(segmentation, labels=labels))
    (group,) = report.content.get_volumetric_roi_measurement_groups()
    assert group.tracking_identifier == "ED"
    assert np.array_equal(read_seg(tmp_path / "seg.dcm", volume).masks["Oedema"], labels == ED.label)


def _in_three_parts(folder: Path) -> Volume:
    samples.series_samples.in_parts(samples.series_samples.enhanced(folder / "e.dcm"), folder / "parts", 4)
    return samples.load(folder / "parts")


def _classic(folder: Path) -> Volume:
    return samples.volume_on(samples.series_samples.oblique(), folder)


@pytest.mark.parametrize("make", [_classic, samples.enhanced_out_of_order, _in_three_parts])
def test_the_report_names_all_images_and_frames_that_a_region_lies_on(
    make: Callable[[Path], Volume], tmp_path: Path
) -> None:
    volume = make(tmp_path / "series")
    segmentation = samples.segmentation_on(volume)
    sources = sources_in_report(_report(tmp_path, volume, segmentation))
    assert sources.keys() == {"NCR", "ED", "ET", "RC"}
    for key, named in sources.items():
        slices = np.flatnonzero(segmentation.mask(REGIONS[key]).any(axis=(1, 2)))
        assert named == {(volume.frames[k].sop_instance_uid, volume.frames[k].number) for k in slices}


def test_the_report_states_an_interval_as_uncertainty_on_both_sides_of_its_volume_and_of_no_other(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    volumes_ml = measure(segmentation).volumes_ml
    intervals_ml = {"ET": (volumes_ml["ET"] - 0.1, volumes_ml["ET"] + 2.0), "WT": (0.0, volumes_ml["WT"] + 3.0)}
    provenance = samples.provenance()
    seg = write_seg(tmp_path / "seg.dcm", volume, segmentation, provenance)
    measurements = measure(segmentation, intervals_ml)
    report = srread(write_measurement_report(tmp_path / "sr.dcm", volume, measurements, seg, provenance).path)
    groups = report.content.get_volumetric_roi_measurement_groups() + report.content.get_image_measurement_groups()
    ranges_mm3 = {g.tracking_identifier: _uncertainties_mm3(g.get_measurements()[0]) for g in groups}
    stated = {key: ranges for key, ranges in ranges_mm3.items() if ranges}
    assert stated == {
        "ET": {"371886008": pytest.approx(2000), "371885007": pytest.approx(100)},
        "WT": {"371886008": pytest.approx(3000), "371885007": pytest.approx(volumes_ml["WT"] * 1000, abs=1e-3)},
    }
    (enhancing,) = [g for g in groups if g.tracking_identifier == "ET"]
    texts = [item.TextValue for item in enhancing.get_measurements()[0][0].ContentSequence if item.ValueType == "TEXT"]
    assert "uncertainty ranges: meant to hold the true volume in 90% of synthetic cases" in texts


def _uncertainties_mm3(measurement: Measurement) -> dict[str, float]:
    return {
        item.ConceptNameCodeSequence[0].CodeValue: float(item.MeasuredValueSequence[0].NumericValue)
        for item in measurement[0].get("ContentSequence", [])
        if item.ValueType == "NUM" and item.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue == "mm3"
    }


def test_where_nothing_enhances_nothing_is_called_necrotic(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    """A low-grade glioma; its core is read back as the region that it is."""
    core = replace(segmentation, labels=np.where(segmentation.labels == ET.label, NCR.label, segmentation.labels))
    written = write_rtstruct(tmp_path / "rs.dcm", volume, core, samples.provenance())
    seg = write_seg(tmp_path / "seg.dcm", volume, core, samples.provenance())
    report = write_measurement_report(tmp_path / "sr.dcm", volume, measure(core), seg, samples.provenance())
    for one in (written, seg, report):
        said = str(dcmread(one.path))
        assert "ecro" not in said, one.kind
        assert ("C81175" in said) is (one.kind is not ObjectKind.RTSTRUCT)
    sentence = report_sentence(measure(core), samples.ALGORITHM, False, None)
    assert "non-enhancing core" in sentence
    assert "ecro" not in sentence
    assert np.array_equal(read_seg(seg.path, volume).masks["Non-enhancing core"], core.mask(NCR))
    assert region_named("Non-enhancing core") == NCR


def test_where_enhancement_was_not_looked_for_nothing_is_said_of_it(segmentation: Segmentation) -> None:
    not_measured = {"ET": "it needs T1c"}
    labels = np.where(segmentation.labels == ET.label, 0, segmentation.labels)
    drawn_by_hand = replace(segmentation, labels=labels, not_measured=not_measured)
    assert NCR in drawn_by_hand.told_apart
    assert NCR in [volume.region for volume in measure(drawn_by_hand).volumes]


def test_the_report_draws_the_diameters_of_the_lesions(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    report = _report(tmp_path, volume, segmentation)
    (lesion,) = [g for g in report.content.get_image_measurement_groups() if g.tracking_identifier == "ET 1"]
    _, longest, perpendicular = lesion.get_measurements()
    expected = measure(segmentation).lesions[0].diameters
    assert expected is not None
    assert longest.value == pytest.approx(expected.longest_mm, abs=0.01)
    assert perpendicular.value == pytest.approx(expected.perpendicular_mm, abs=0.01)
    (coordinates,) = [item for item in longest[0].ContentSequence if item.ValueType == "SCOORD3D"]
    np.testing.assert_allclose(coordinates.value, expected.longest_ends, atol=1e-3)


def test_the_report_says_what_is_measurable_how_many_there_are_and_the_sum_of_the_products(tmp_path: Path) -> None:
    volume = samples.volume_on(samples.series_samples.axial(), tmp_path / "series")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[2:5, 2:18, 2:18] = labels[6:9, 2:14, 2:16] = labels[2:5, 30:33, 2:20] = labels[10, 30, 30] = ET.label
    segmentation = samples.segmentation_on(volume, labels)
    measurements = measure(segmentation)
    report = _report(tmp_path, volume, segmentation)
    groups = report.content.get_volumetric_roi_measurement_groups() + report.content.get_image_measurement_groups()
    comments = {group.tracking_identifier: _comments(group[0]) for group in groups}
    assert comments["ET"] == [
        "3 lesions and 1 speck shorter than 5 mm",
        f"Sum of the products of all 2 measurable lesions: {measurements.product_sum_mm2:.0f} mm2",
    ]
    for lesion, stated in zip(measurements.lesions[:3], ("measurable", "measurable", "not measurable"), strict=True):
        assert lesion.diameters is not None
        product_mm2 = lesion.diameters.product_mm2
        assert comments[f"ET {lesion.number}"] == [f"{stated} by RANO, product {product_mm2:.0f} mm2"]
    assert _comments(report) == [], "notes, which a later version would take over"


def _comments(item: Dataset) -> list[str]:
    return [
        child.TextValue for child in item.ContentSequence if child.ConceptNameCodeSequence[0].CodeMeaning == "Comment"
    ]


def test_the_report_names_the_reviewer_and_its_predecessor(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    report = _report(
        tmp_path,
        volume,
        segmentation,
        reviewer="Curie^Marie",
        authorship=Authorship.EDITED,
        predecessors=(ObjectReference("1.2.3", _SR, "1.2.3.4"),),
    )
    names = [item.PersonName for item in report.ContentSequence if item.ValueType == "PNAME"]
    assert names == ["Curie^Marie"]
    previous = report.PredecessorDocumentsSequence[0].ReferencedSeriesSequence[0].ReferencedSOPSequence[0]
    assert previous.ReferencedSOPInstanceUID == "1.2.3.4"


def test_key_images_show_the_outlines_in_the_regions_colours(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    images = {Sequence.T1C: volume.array, Sequence.FLAIR: volume.array[::-1]}
    written = write_key_images(tmp_path, volume, segmentation, measure(segmentation), samples.provenance(), images)
    assert 1 <= len(written) <= 2
    assert len({key_image.series_uid for key_image in written}) == 1
    dataset = dcmread(written[0].path)
    colours = {tuple(colour) for colour in dataset.pixel_array.reshape(-1, 3).tolist()}
    assert {ET.colour, ED.colour, NCR.colour} <= colours
    assert dataset.SourceImageSequence[0].ReferencedSOPInstanceUID in {f.sop_instance_uid for f in volume.frames}


def test_the_key_image_of_a_review_differs_from_that_of_the_ai(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    measurements = measure(segmentation)
    unread = write_key_images(tmp_path / "a", volume, segmentation, measurements, samples.provenance())[0]
    review = samples.provenance(reviewer="Curie^Marie", authorship=Authorship.EDITED)
    read = write_key_images(tmp_path / "b", volume, segmentation, measurements, review)[0]
    one, other = dcmread(unread.path).pixel_array, dcmread(read.path).pixel_array
    assert not np.array_equal(one[28:56, :300], other[28:56, :300])
    assert np.array_equal(one[60:200, :200], other[60:200, :200])


def test_the_calipers_are_drawn_on_the_lesion(volume: Volume, tmp_path: Path) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[6, 30:34, 4:20] = 3
    segmentation = samples.segmentation_on(volume, labels)
    dark = {Sequence.T1C: np.zeros(volume.geometry.shape, np.float32)}
    (written,) = write_key_images(tmp_path, volume, segmentation, measure(segmentation), samples.provenance(), dark)
    picture = dcmread(written.path).pixel_array[84:560].astype(int)
    white = np.argwhere((picture > 240).all(axis=2))
    red = np.argwhere((picture[..., 0] > 200) & (picture[..., 1] < 100))
    line = white[(white >= red.min(axis=0) - 3).all(axis=1) & (white <= red.max(axis=0) + 3).all(axis=1)]
    assert np.ptp(line[:, 1]) >= 0.8 * np.ptp(red[:, 1])


def test_a_page_says_how_many_lesions_there_are_beside_those_it_lists_and_draws(volume: Volume) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    for number, (k, row) in enumerate((k, row) for k in (5, 8, 11) for row in range(4, 36, 8)):
        labels[k, row : row + 5, 4 : 20 - number] = 3
    labels[2, 4, 4] = 3
    segmentation = samples.segmentation_on(volume, labels)
    page = Page({}, segmentation, measure(segmentation), samples.provenance(), None)
    lines = page.lesion_lines()
    assert sum(" mm (product " in line for line in lines) == 8
    assert lines[-1] == (
        "Enhancing tumour: 12 lesions and 1 speck shorter than 5 mm; the first 8 by RANO are drawn and listed"
    )


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal"])
def test_every_measured_lesion_is_drawn_on_the_axial_slice_of_its_diameters(
    plane: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    volume = samples.volume_on(samples.GEOMETRIES[plane](), tmp_path / "series")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[2:5, 2:14, 2:14] = labels[8:11, 4:16, 18:29] = labels[5:8, 24:34, 6:15] = ET.label
    segmentation = samples.segmentation_on(volume, labels)
    measurements = measure(segmentation)
    written = []
    monkeypatch.setattr(key_image_page, "_write", lambda _picture, _place, text: written.append(text))
    pages = write_key_images(tmp_path, volume, segmentation, measurements, samples.provenance())
    assert {"1", "2", "3"} == set(written) - {"R"}
    first = dcmread(pages[0].path)
    assert first.PatientOrientation == ["L", "P"]


def test_the_products_of_what_a_page_draws_and_their_sum_are_listed(tmp_path: Path) -> None:
    volume = samples.volume_on(samples.series_samples.axial(), tmp_path / "series")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[2:5, 2:18, 2:18] = labels[6:9, 2:14, 2:16] = labels[2:5, 30:33, 2:20] = ET.label
    segmentation = samples.segmentation_on(volume, labels)
    measurements = measure(segmentation)
    lines = Page({}, segmentation, measurements, samples.provenance(), None).lesion_lines()
    products = [lesion.diameters.product_mm2 for lesion in measurements.lesions_by_size if lesion.diameters]
    assert all(f"(product {product:.0f} mm2)" in line for product, line in zip(products, lines[:3], strict=True))
    assert lines[2].endswith(", not measurable by RANO")
    assert lines[3:] == [f"Sum of the products of all 2 measurable lesions: {sum(products[:2]):.0f} mm2"]


def test_a_small_volume_has_the_decimals_that_it_has_in_the_table(
    volume: Volume, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[5, 6:9, 6:9] = ET.label
    segmentation = samples.segmentation_on(volume, labels)
    measurements = measure(segmentation)
    said: list[str] = []
    monkeypatch.setattr(key_image_page, "legend", lambda regions, texts: said.append(texts["ET"]) or legend(regions))
    Page({"T1c": volume.array}, segmentation, measurements, samples.provenance(), None).draw(Plane.AXIAL, 5)
    assert said == [f"{millilitres(measurements.volumes_ml['ET'])} mL"] != ["0.0 mL"]


def test_the_number_of_a_lesion_stands_beside_its_calipers(volume: Volume, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[5, 6:12, 4:20] = labels[5, 20:26, 10:30] = 3
    segmentation = samples.segmentation_on(volume, labels)
    written = []
    monkeypatch.setattr(key_image_page, "_write", lambda _picture, place, text: written.append((text, place)))
    dark = {"T1c": np.zeros(volume.geometry.shape, np.float32)}
    page = Page(dark, segmentation, measure(segmentation), samples.provenance(), None)
    picture = page.draw(Plane.AXIAL, 5)
    assert sorted(text for text, _place in written) == ["1", "2", "R"]
    assert all(0 < x < picture.width and 0 < y < picture.height for _text, (x, y) in written)
    heights = {text: y for text, (_x, y) in written}
    assert heights["2"] < heights["1"], "the smaller lesion lies above"


def test_the_first_page_shows_the_lesion_that_the_sentence_for_the_report_names(tmp_path: Path) -> None:
    volume = samples.volume_on(samples.series_samples.axial(), tmp_path / "series")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[1:4, 2:38, 2:5] = labels[6:8, 10:30, 12:28] = labels[9, 2:38, 8:30] = 3  # thin; the largest; on one slice
    segmentation = samples.segmentation_on(volume, labels)
    measurements = measure(segmentation)
    assert measurements.lesions[0] != measurements.lesions_by_size[0]
    written = write_key_images(tmp_path, volume, segmentation, measurements, samples.provenance())
    sources = [dcmread(page.path).SourceImageSequence[0].ReferencedSOPInstanceUID for page in written]
    assert sources[0] == volume.frames[6].sop_instance_uid
    text = report_sentence(measurements, segmentation.algorithm, False, image_numbers(volume))
    assert "on image 7 of series 1;" in text


@pytest.mark.parametrize("plane", ["axial", "coronal", "sagittal", "double-oblique sagittal"])
def test_a_page_names_the_image_that_it_shows_or_all_that_it_cuts_through(plane: str, tmp_path: Path) -> None:
    volume = samples.volume_on(samples.GEOMETRIES[plane](), tmp_path / "series")
    segmentation = samples.segmentation_on(volume)
    pages = [dcmread(page.path) for page in _key_images(tmp_path, volume, segmentation)]
    acquired = Plane[plane.split()[-1].upper()]
    for page, (drawn, index) in zip(pages, chosen_slices(segmentation, measure(segmentation)), strict=True):
        shown = [volume.frames[index]] if drawn is acquired else volume.frames
        named = [item.ReferencedSOPInstanceUID for item in page.SourceImageSequence]
        assert named == [frame.sop_instance_uid for frame in shown]


def test_key_images_have_explicit_value_representations_which_media_for_interchange_ask_for(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    for page in _key_images(tmp_path, volume, segmentation):
        assert dcmread(page.path).file_meta.TransferSyntaxUID == ExplicitVRLittleEndian


def _key_images(folder: Path, volume: Volume, segmentation: Segmentation) -> tuple[WrittenObject, ...]:
    return write_key_images(folder, volume, segmentation, measure(segmentation), samples.provenance())


def test_a_page_names_the_image_by_the_number_that_viewers_show(tmp_path: Path) -> None:
    pages = []
    for first in (1, 101):
        files = samples.series_samples.classic(tmp_path / str(first))
        for number, file in enumerate(files, first):
            samples.series_samples.change(
                file, lambda dataset, number=number: setattr(dataset, "InstanceNumber", number)
            )
        volume = samples.load(tmp_path / str(first))
        drawn = samples.segmentation_on(volume)
        (page, *_) = write_key_images(tmp_path, volume, drawn, measure(drawn), samples.provenance())
        pages.append(dcmread(page.path).pixel_array[:, :600])
    changed = np.flatnonzero((pages[0] != pages[1]).any(axis=(1, 2)))
    assert changed.min() > 560, "below the pictures"
    assert changed.max() >= len(pages[0]) - 28, "in the last line"


@pytest.mark.parametrize(
    ("reviewer", "drawn"),
    [
        ("Müller^Åse", "Muller^Ase"),
        ("Suzuki^Hana=鈴木^花", "Suzuki^Hana"),
        ("Łuczak", "the person whom this image's header names"),
        ("Константинопольский^Александр Владимирович", "Łuczak"),
    ],
)
def test_a_reviewer_is_named_in_letters_that_can_be_drawn(
    volume: Volume, segmentation: Segmentation, tmp_path: Path, reviewer: str, drawn: str
) -> None:
    pages = []
    for number, name in enumerate((reviewer, drawn)):
        provenance = samples.provenance(reviewer=name)
        (written, *_) = write_key_images(
            tmp_path / str(number), volume, segmentation, measure(segmentation), provenance
        )
        pages.append(dcmread(written.path))
    assert pages[0].OperatorsName == reviewer
    np.testing.assert_array_equal(pages[0].pixel_array, pages[1].pixel_array)


def test_pictures_of_images_that_lost_something_say_so(tmp_path: Path) -> None:
    def compressed_once(dataset: Dataset) -> None:
        dataset.LossyImageCompression, dataset.LossyImageCompressionRatio = "01", "12.5"

    for file in samples.series_samples.classic(tmp_path / "series"):
        samples.series_samples.change(file, compressed_once)
    volume = samples.load(tmp_path / "series")
    drawn = samples.segmentation_on(volume)
    (written, *_) = write_key_images(tmp_path, volume, drawn, measure(drawn), samples.provenance())
    page = dcmread(written.path)
    assert (page.LossyImageCompression, page.LossyImageCompressionRatio) == ("01", 12.5)


def test_nothing_to_outline_makes_no_key_image_and_that_is_said(volume: Volume, tmp_path: Path) -> None:
    empty = samples.segmentation_on(volume, np.zeros(volume.geometry.shape, np.uint8))
    with pytest.raises(ExportError, match="Nothing is drawn"):
        write_key_images(tmp_path, volume, empty, measure(empty), samples.provenance())


def test_an_approved_report_is_verified_by_the_reviewer_at_the_time_of_the_approval(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    signed_at = datetime(2026, 5, 3, 10, 11, 12)
    report = _report(tmp_path, volume, segmentation, reviewer="Curie^Marie", approved_at=signed_at)
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("VERIFIED", "FINAL")
    (observer,) = report.VerifyingObserverSequence
    assert observer.VerifyingObserverName == "Curie^Marie"
    assert observer.VerificationDateTime == "20260503101112"
    assert observer.VerifyingOrganization == (volume.series.header.get("InstitutionName") or "not stated")


def test_a_report_that_nobody_approved_is_unverified(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    report = _report(tmp_path, volume, segmentation, reviewer="Curie^Marie")
    assert (report.VerificationFlag, report.PreliminaryFlag) == ("UNVERIFIED", "PRELIMINARY")
    assert "VerifyingObserverSequence" not in report


def _tracked(report: Dataset) -> dict[str, str]:
    groups = report.content.get_volumetric_roi_measurement_groups() + report.content.get_image_measurement_groups()
    return {group.tracking_identifier: str(group.tracking_uid) for group in groups}


def test_a_region_is_tracked_from_version_to_version_by_one_observer(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    first, second = (
        _report(tmp_path / name, volume, segmentation, version=number) for number, name in ((1, "a"), (2, "b"))
    )
    uids = _tracked(first)
    regions = {measured.region.key for measured in measure(segmentation).volumes}
    assert len({uids[key] for key in regions}) == len(regions)
    assert {key: _tracked(second)[key] for key in regions} == {key: uids[key] for key in regions}
    segments = dcmread(tmp_path / "b" / "seg.dcm").SegmentSequence
    assert {segment.TrackingID: segment.TrackingUID for segment in segments}.items() <= uids.items()
    observers = [
        {
            item.UID
            for item in report.ContentSequence
            if item.ConceptNameCodeSequence[0].CodeMeaning == "Device Observer UID"
        }
        for report in (first, second)
    ]
    assert observers[0] == observers[1] != set()


def test_the_key_images_of_a_later_version_name_those_before(
    volume: Volume, segmentation: Segmentation, tmp_path: Path
) -> None:
    before = (ObjectReference("1.2.3", _SC, "1.2.3.4"), ObjectReference("1.2.3", _SC, "1.2.3.5"))
    provenance = samples.provenance(version=2, predecessors=before)
    written = write_key_images(tmp_path, volume, segmentation, measure(segmentation), provenance)
    named = dcmread(written[0].path).ReferencedImageSequence
    assert [item.ReferencedSOPInstanceUID for item in named] == ["1.2.3.4", "1.2.3.5"]
