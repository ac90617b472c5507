"""The gate lets pass what says what the user sees, and stops everything else with a sentence."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import result_samples as samples
from highdicom import sr
from pydicom import Dataset, dcmread
from pydicom.sr.codedict import codes

from BratsSegmenterLib.dicom import (
    EXACT,
    Contouring,
    ObjectKind,
    ObjectReference,
    WrittenObject,
    verify_objects,
    write_key_images,
    write_measurement_report,
    write_rtstruct,
    write_seg,
)
from BratsSegmenterLib.domain import ED, Measurements, Segmentation, Volume
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import measure

_RTSTRUCT = "1.2.840.10008.5.1.4.1.1.481.3"


class Export:
    """All objects of one result, and what the gate is told about it."""

    def __init__(self, folder: Path, volume: Volume) -> None:
        self.volume = volume
        self.segmentation = samples.segmentation_on(volume)
        self.measurements = measure(self.segmentation)
        provenance = samples.provenance()
        seg = write_seg(folder / "seg.dcm", volume, self.segmentation, provenance)
        self.objects: dict[ObjectKind, WrittenObject] = {
            ObjectKind.RTSTRUCT: write_rtstruct(folder / "rt.dcm", volume, self.segmentation, provenance),
            ObjectKind.SEG: seg,
            ObjectKind.SR: write_measurement_report(folder / "sr.dcm", volume, self.measurements, seg, provenance),
            ObjectKind.KEY_IMAGE: write_key_images(folder, volume, self.segmentation, self.measurements, provenance)[0],
        }

        self.uids = [written.sop_instance_uid for written in self.objects.values()]

    def verify(
        self,
        segmentation: Segmentation | None = None,
        measurements: Measurements | None = None,
        contouring: Contouring = EXACT,
    ) -> tuple[str, ...]:
        verified = verify_objects(
            self.objects.values(),
            self.volume,
            segmentation or self.segmentation,
            measurements or self.measurements,
            samples.provenance(),
            known_uids=self.uids,
            contouring=contouring,
        )
        return tuple(passed.sentence for passed in verified)

    def damage(self, kind: ObjectKind, edit: Callable[[Dataset], None]) -> None:
        dataset = dcmread(self.objects[kind].path)
        edit(dataset)
        dataset.save_as(self.objects[kind].path)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    return Export(tmp_path / "objects", samples.volume_on(samples.series_samples.oblique(), tmp_path / "series"))


def test_objects_as_they_were_written_pass(export: Export) -> None:
    rtstruct, seg, report, key_image = export.verify()
    assert "0 voxels differ" in rtstruct
    assert "0 voxels differ" in seg
    assert "read by dcmqi" in report
    assert "pixels as drawn again, 0 differ" in key_image


def test_objects_on_a_multi_frame_reference_pass(tmp_path: Path) -> None:
    Export(tmp_path / "objects", samples.enhanced_out_of_order(tmp_path / "series")).verify()


def test_objects_on_a_series_whose_gap_was_interpolated_pass(tmp_path: Path) -> None:
    samples.series_samples.classic(tmp_path / "series")[4].unlink()
    (series,) = samples.dicom.scan(tmp_path / "series").series
    Export(tmp_path / "objects", samples.dicom.load_volume(series, resample_gaps=True)).verify()


def _with_cosines_of_three_digits(dataset: Dataset) -> None:
    dataset.ImageOrientationPatient = [f"{float(cosine):.3f}" for cosine in dataset.ImageOrientationPatient]


def test_objects_on_a_series_whose_cosines_have_three_digits_pass(tmp_path: Path) -> None:
    for file in samples.series_samples.classic(
        tmp_path / "series", geometry=samples.series_samples.oblique((12, 240, 240))
    ):
        samples.series_samples.change(file, _with_cosines_of_three_digits)
    (series,) = samples.dicom.scan(tmp_path / "series").series
    Export(tmp_path / "objects", samples.dicom.load_volume(series)).verify()


@pytest.mark.parametrize("kind", [ObjectKind.RTSTRUCT, ObjectKind.SEG])
def test_one_voxel_of_difference_stops_the_push(kind: ObjectKind, export: Export) -> None:
    labels = export.segmentation.labels.copy()
    labels[4, 14, 15] = 2
    export.objects = {kind: export.objects[kind]}
    with pytest.raises(ExportError, match=rf"{kind.name} does not say what you see. Region \w+: 1 voxels differ, \d+"):
        export.verify(samples.segmentation_on(export.volume, labels))


@pytest.mark.parametrize("kind", [ObjectKind.RTSTRUCT, ObjectKind.SEG])
def test_a_region_that_is_missing_in_the_object_stops_the_push(kind: ObjectKind, export: Export) -> None:
    labels = export.segmentation.labels.copy()
    without = Export(export.objects[kind].path.parent / "less", export.volume)
    labels[labels == 4] = 0
    without.objects = {kind: export.objects[kind]}
    with pytest.raises(ExportError, match="Region RC"):
        without.verify(samples.segmentation_on(export.volume, labels))


def test_a_segment_voxel_far_from_the_segmentation_stops_the_push(export: Export) -> None:
    labels = np.zeros_like(export.segmentation.labels)
    labels[5, 12:20, 12:20] = 3
    export.objects = {ObjectKind.SEG: export.objects[ObjectKind.SEG]}
    with pytest.raises(ExportError, match="outside the segmentation"):
        export.verify(samples.segmentation_on(export.volume, labels))


def test_a_report_with_another_volume_stops_the_push(export: Export) -> None:
    labels = export.segmentation.labels.copy()
    labels[10] = 0
    export.objects = {ObjectKind.SR: export.objects[ObjectKind.SR]}
    with pytest.raises(ExportError, match=r"SR does not say what you see\. Region ED: volume"):
        export.verify(samples.segmentation_on(export.volume, labels))


def test_a_report_that_keeps_silent_on_a_region_that_was_not_found_stops_the_push(
    export: Export, tmp_path: Path
) -> None:
    labels = export.segmentation.labels * (export.segmentation.labels == ED.label)
    segmentation = replace(export.segmentation, labels=labels)
    measurements = measure(segmentation)
    silent = Measurements(tuple(measured for measured in measurements.volumes if measured.volume_ml))
    seg = write_seg(tmp_path / "seg.dcm", export.volume, segmentation, samples.provenance())
    provenance = samples.provenance()
    report = write_measurement_report(tmp_path / "sr.dcm", export.volume, measurements, seg, provenance)
    export.objects = {ObjectKind.SEG: seg, ObjectKind.SR: report}
    assert export.verify(segmentation, measurements)[1].startswith("SR: 5 values read by dcmqi")
    export.objects[ObjectKind.SR] = write_measurement_report(report.path, export.volume, silent, seg, provenance)
    with pytest.raises(ExportError, match="Region ET: the volume in mm3 is missing"):
        export.verify(segmentation, measurements)


def test_a_report_in_which_dcmqi_finds_no_measurement_stops_the_push(export: Export) -> None:
    def give_a_code_two_meanings(dataset: Dataset) -> None:
        code = next(item for item in dataset.ContentSequence if item.ValueType == "CODE").ConceptCodeSequence[0]
        code.CodeMeaning = "MR\\Brain"

    export.damage(ObjectKind.SR, give_a_code_two_meanings)
    with pytest.raises(ExportError, match="no measurement is found in it") as stopped:
        export.verify()
    assert "Nothing was sent" in stopped.value.advice


def test_a_report_that_names_one_frame_of_a_region_on_several_stops_the_push(tmp_path: Path) -> None:
    def name_one_frame(dataset: Dataset) -> None:
        for item in dataset.ContentSequence:
            if "ContentSequence" in item:
                name_one_frame(item)
            for reference in item.get("ReferencedSOPSequence", []):
                if "ReferencedFrameNumber" in reference:
                    reference.ReferencedFrameNumber = 1

    export = Export(tmp_path / "objects", samples.enhanced_out_of_order(tmp_path / "series"))
    export.damage(ObjectKind.SR, name_one_frame)
    with pytest.raises(ExportError, match=r"The SR does not say .* it is said to be drawn on other images"):
        export.verify()


def test_a_report_without_a_lesion_of_the_table_stops_the_push(export: Export) -> None:
    lesion = export.measurements.lesions[0]
    more = Measurements(export.measurements.volumes, (*export.measurements.lesions, replace(lesion, number=77)))
    with pytest.raises(ExportError, match="Region ET 77: the volume in mm3 is missing"):
        export.verify(measurements=more)


def _point_contour_at_the_next_slice(dataset: Dataset) -> None:
    images = dataset.ReferencedFrameOfReferenceSequence[0].RTReferencedStudySequence[0].RTReferencedSeriesSequence[0]
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    used = contour.ContourImageSequence[0].ReferencedSOPInstanceUID
    others = [item for item in images.ContourImageSequence if item.ReferencedSOPInstanceUID != used]
    contour.ContourImageSequence[0].ReferencedSOPInstanceUID = others[0].ReferencedSOPInstanceUID


def _point_contour_at_nothing(dataset: Dataset) -> None:
    dataset.ROIContourSequence[0].ContourSequence[0].ContourImageSequence[0].ReferencedSOPInstanceUID = "1.2.3"


def _rename_patient(dataset: Dataset) -> None:
    dataset.PatientID = "SOMEONE-ELSE"


def _blur_name(dataset: Dataset) -> None:
    dataset.PatientName = "".join("^" if letter == "^" else "?" for letter in str(dataset.PatientName))


def _blur_description(dataset: Dataset) -> None:
    dataset.StudyDescription = "MRI ????"


def _add_history(dataset: Dataset) -> None:
    dataset.AdditionalPatientHistory = "headache"


@pytest.mark.parametrize(
    ("edit", "sentence"),
    [
        (_point_contour_at_the_next_slice, "mm off the slice that it names"),
        (_point_contour_at_nothing, "refers to 1.2.3, which is not in the study"),
        (_rename_patient, "has another PatientID than the images"),
        (_blur_name, "has another PatientName than the images"),
        (_blur_description, "has another StudyDescription than the images"),
        (_add_history, "has another AdditionalPatientHistory than the images"),
    ],
)
def test_a_wrong_reference_stops_the_push(edit: Callable[[Dataset], None], sentence: str, export: Export) -> None:
    export.damage(ObjectKind.RTSTRUCT, edit)
    with pytest.raises(ExportError, match=sentence) as stopped:
        export.verify()
    assert "SOMEONE-ELSE" not in str(stopped.value)


def test_the_patient_is_compared_with_the_files_of_the_images_not_with_what_was_read_of_them_before(
    export: Export,
) -> None:
    export.damage(ObjectKind.RTSTRUCT, _blur_name)
    export.volume.series.header.PatientName = dcmread(export.objects[ObjectKind.RTSTRUCT].path).PatientName
    with pytest.raises(ExportError, match="has another PatientName"):
        export.verify()


@pytest.mark.parametrize("kind", [ObjectKind.RTSTRUCT, ObjectKind.SR])
def test_a_file_that_broke_on_the_disk_stops_the_push(kind: ObjectKind, export: Export) -> None:
    path = export.objects[kind].path
    whole = path.read_bytes()
    for length in range(1500, len(whole), len(whole) // 7):
        path.write_bytes(whole[:length])
        with pytest.raises(ExportError):
            export.verify()


@pytest.mark.parametrize(
    ("kind", "keyword"),
    [
        (ObjectKind.RTSTRUCT, "ReviewerName"),
        (ObjectKind.RTSTRUCT, "OperatorsName"),
        (ObjectKind.SEG, "ContentCreatorName"),
    ],
)
def test_an_object_that_names_another_reviewer_stops_the_push(kind: ObjectKind, keyword: str, export: Export) -> None:
    export.damage(kind, lambda dataset: setattr(dataset, keyword, "??^??"))
    with pytest.raises(ExportError, match=f"The {kind.name} names another reviewer") as stopped:
        export.verify()
    assert "??" not in str(stopped.value)


def _name_another_observer(report: Dataset) -> None:
    context = sr.RelationshipTypeValues.HAS_OBS_CONTEXT
    report.ContentSequence.append(sr.PnameContentItem(codes.DCM.PersonObserverName, "??^??", relationship_type=context))


def test_a_report_that_names_another_observer_stops_the_push(export: Export) -> None:
    export.damage(ObjectKind.SR, _name_another_observer)
    with pytest.raises(ExportError, match="The SR names another reviewer") as stopped:
        export.verify()
    assert "??" not in str(stopped.value)


def _call_the_first_segment_something_else(dataset: Dataset) -> None:
    dataset.SegmentSequence[0].SegmentLabel = "Oedema"


def _code_the_first_segment_as_something_else(dataset: Dataset) -> None:
    dataset.SegmentSequence[0].SegmentedPropertyTypeCodeSequence = [
        dataset.SegmentSequence[-2].SegmentedPropertyTypeCodeSequence[0]
    ]


def _in_another_frame_of_reference(dataset: Dataset) -> None:
    dataset.FrameOfReferenceUID = "1.2.3"


def _points_in_another_frame_of_reference(dataset: Dataset) -> None:
    next(item for item in _items(dataset) if item.get("ValueType") == "SCOORD3D").ReferencedFrameOfReferenceUID = "1.2"


def _in_cubic_centimetres(dataset: Dataset) -> None:
    volume = next(item for item in _items(dataset) if item.get("ValueType") == "NUM")
    volume.MeasuredValueSequence[0].MeasurementUnitsCodeSequence[0].CodeValue = "cm3"


def _a_finding_of_something_else(dataset: Dataset) -> None:
    finding = next(item for item in _items(dataset) if _name_of(item) == "Finding")
    finding.ConceptCodeSequence[0].CodeValue = "79654002"


def _one_pixel_brighter(dataset: Dataset) -> None:
    pixels = dataset.pixel_array.copy()
    pixels[0, 0] += 1
    dataset.PixelData = pixels.tobytes()


def _described_as_reviewed(dataset: Dataset) -> None:
    dataset.SeriesDescription = "Glioma key images v1 (AI, reviewed by Somebody)"


def _items(item: Dataset) -> Iterator[Dataset]:
    yield item
    for content in item.get("ContentSequence") or []:
        yield from _items(content)


def _name_of(item: Dataset) -> str:
    return item.ConceptNameCodeSequence[0].CodeMeaning if "ConceptNameCodeSequence" in item else ""


@pytest.mark.parametrize(
    ("kind", "edit", "sentence"),
    [
        (ObjectKind.SEG, _call_the_first_segment_something_else, "Region ET: it is called 'Oedema'"),
        (ObjectKind.SEG, _code_the_first_segment_as_something_else, "Region ET: it is coded as 'Edema'"),
        (ObjectKind.SEG, _in_another_frame_of_reference, "SEG has another frame of reference than the images"),
        (ObjectKind.SR, _points_in_another_frame_of_reference, "SR has another frame of reference than the images"),
        (ObjectKind.SR, _in_cubic_centimetres, "Region ET: the volume in mm3 is missing"),
        (ObjectKind.SR, _a_finding_of_something_else, "Region ET: it is coded as"),
        (ObjectKind.KEY_IMAGE, _one_pixel_brighter, "Key image 1 does not show what was drawn"),
        (ObjectKind.KEY_IMAGE, _described_as_reviewed, "KEY_IMAGE has another series description"),
    ],
)
def test_what_viewers_show_of_an_object_is_compared_too(
    kind: ObjectKind, edit: Callable[[Dataset], None], sentence: str, export: Export
) -> None:
    export.damage(kind, edit)
    with pytest.raises(ExportError, match=sentence):
        export.verify()


def test_a_predecessor_must_be_known(export: Export, tmp_path: Path) -> None:
    provenance = samples.provenance(predecessors=(ObjectReference("1.2.3", _RTSTRUCT, "1.2.3.4"),))
    written: WrittenObject = write_rtstruct(tmp_path / "rt.dcm", export.volume, export.segmentation, provenance)
    with pytest.raises(ExportError, match=r"refers to 1\.2\.3\.4"):
        verify_objects([written], export.volume, export.segmentation, export.measurements, provenance)
    verify_objects([written], export.volume, export.segmentation, export.measurements, provenance, ["1.2.3.4"])


def test_nested_regions_are_compared_with_the_union_of_their_leaves(export: Export, tmp_path: Path) -> None:
    contouring = Contouring(with_nested=True)
    nested = write_rtstruct(
        tmp_path / "rt.dcm", export.volume, export.segmentation, samples.provenance(), contouring=contouring
    )
    export.objects = {ObjectKind.RTSTRUCT: nested}
    (sentence,) = export.verify(contouring=contouring)
    assert "WT" in sentence
    assert "TC" in sentence

    def shrink_whole_tumour(dataset: Dataset) -> None:
        names = {roi.ROINumber: roi.ROIName for roi in dataset.StructureSetROISequence}
        (whole,) = [roi for roi in dataset.ROIContourSequence if names[roi.ReferencedROINumber] == "WT"]
        del whole.ContourSequence[0]

    export.damage(ObjectKind.RTSTRUCT, shrink_whole_tumour)
    with pytest.raises(ExportError, match="Region WT"):
        export.verify(contouring=contouring)


def test_nested_regions_that_were_asked_for_and_are_missing_stop_the_push(export: Export) -> None:
    export.objects = {ObjectKind.RTSTRUCT: export.objects[ObjectKind.RTSTRUCT]}
    with pytest.raises(ExportError, match="Region WT: it is missing"):
        export.verify(contouring=Contouring(with_nested=True))


def test_smooth_contours_pass_within_the_tolerance_that_the_object_states(export: Export, tmp_path: Path) -> None:
    contouring = Contouring(smooth=True)
    smooth = write_rtstruct(
        tmp_path / "rt.dcm", export.volume, export.segmentation, samples.provenance(), contouring=contouring
    )
    export.objects = {ObjectKind.RTSTRUCT: smooth}
    (sentence,) = export.verify(contouring=contouring)
    assert "0 voxels differ. Smooth contours enclose up to" in sentence
    assert "within 0.5 pixel of the voxels' edges" in dcmread(smooth.path).StructureSetDescription

    def say_nothing(dataset: Dataset) -> None:
        del dataset.StructureSetDescription

    export.damage(ObjectKind.RTSTRUCT, say_nothing)
    with pytest.raises(ExportError, match="does not say that its contours are smooth"):
        export.verify(contouring=contouring)


def test_smooth_contours_beyond_the_tolerance_stop_the_push(tmp_path: Path) -> None:
    volume = samples.volume_on(samples.series_samples.axial(), tmp_path / "series")
    labels = np.zeros(volume.geometry.shape, np.uint8)
    labels[4, 8:24, 8:24] = 3
    segmentation = samples.segmentation_on(volume, labels)
    contouring = Contouring(smooth=True)
    written = write_rtstruct(tmp_path / "rt.dcm", volume, segmentation, samples.provenance(), contouring=contouring)
    dataset = dcmread(written.path)
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    points = np.array(contour.ContourData, float).reshape(-1, 3)
    contour.ContourData = [f"{value:.4f}" for value in np.concatenate((points, points)).ravel()]
    contour.NumberOfContourPoints *= 2
    dataset.save_as(written.path)
    with pytest.raises(ExportError, match="Region ET"):
        verify_objects(
            [written], volume, segmentation, measure(segmentation), samples.provenance(), contouring=contouring
        )
