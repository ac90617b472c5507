"""Measurement reports (DICOM PS3.16 TID 1500): volumes of the regions, diameters of the lesions and where they lie."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
from highdicom import sr
from highdicom.seg import Segmentation, segread
from highdicom.sr.coding import CodedConcept
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import UID, Comprehensive3DSRStorage

from BratsSegmenterLib.dicom.character_sets import CharacterSet, can_hold
from BratsSegmenterLib.dicom.concepts import concept, declare_private_scheme
from BratsSegmenterLib.dicom.named_images import NamedImage, named_images
from BratsSegmenterLib.dicom.provenance import MANUFACTURER, ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.dicom.source_images import source_images
from BratsSegmenterLib.dicom.study_objects import (
    reference_item,
    save,
    series_and_equipment,
    stamp,
    tracking_uid,
    writable_notes,
    written_character_set,
)
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.domain import (
    BRAIN,
    ET,
    INTERVAL_COVERAGE,
    MORPHOLOGICALLY_ABNORMAL_STRUCTURE,
    RC,
    Algorithm,
    Code,
    Lesion,
    Measurements,
    RegionVolume,
    Series,
    Volume,
)
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import MEASURABLE, NOT_MEASURABLE, lesion_count, product_sum_text

_LONG_AXIS = Code("103339001", "SCT", "Long Axis")
_SHORT_AXIS = Code("103340004", "SCT", "Short Axis")
_NO_ORGANISATION = "not stated"  # the attribute may not be empty
_PROCEDURE = Code("24590-2", "LN", "MR Brain")  # without a word on contrast
_DEVICE_UID = "2.25.85597001109910865715130676910009371740"
"""Of this program as an observer, on whichever computer it runs (DICOM PS3.16 TID 1004)."""
_COMMENT = Code("121106", "DCM", "Comment")
_ABOVE = Code("371886008", "SCT", "+, range of upper measurement uncertainty")
_BELOW = Code("371885007", "SCT", "-, range of lower measurement uncertainty")
_WHAT_IT_HOLDS = f"uncertainty ranges: meant to hold the true volume in {INTERVAL_COVERAGE:.0%} of synthetic cases"

_Groups = list[sr.VolumetricROIMeasurementsAndQualitativeEvaluations | sr.MeasurementsAndQualitativeEvaluations]


def write_measurement_report(
    path: Path,
    volume: Volume,
    measurements: Measurements,
    segmentation_object: WrittenObject | None,
    provenance: Provenance,
    others: Iterable[Series] = (),
) -> WrittenObject:
    """Write volumes and diameters as a Comprehensive 3D SR.

    Each region that is a segment of the SEG has a group that refers to it (TID 1411), whole tumour, tumour core and
    each lesion with diameters one without (TID 1501). So has a region of which nothing was found, with a volume of 0;
    one that was not measured has none. Volumes are in cubic millimetres, with the model's interval where they have one;
    diameters carry their ends. Comments in the groups say which lesions are measurable, how many there are, and what
    their products add up to; notes of the provenance stand as comments beside the groups.
    An approved report is final and verified by the reviewer, of the institution that the images name (DICOM PS3.3
    C.17.2); any other is preliminary and unverified.

    Parameters
    ----------
    path : Path
    volume : Volume
        The reference volume.
    measurements : Measurements
    segmentation_object : WrittenObject or None
        The SEG of the same result; None where nothing is drawn.
    provenance : Provenance
    others : iterable of Series
        The study's further series that the result was drawn with: they are listed among the evidence.

    Raises
    ------
    ExportError
        The disk refused, or the images state an impossible frame of reference.
    """
    segments = None if segmentation_object is None else segread(segmentation_object.path)
    numbers = {} if segments is None else _segment_numbers(segments)
    character_set = written_character_set(volume, provenance)
    groups: _Groups = []
    for measured in measurements.volumes:
        if segments is not None and measured.region.key in numbers:
            groups.append(_segment_group(measured, segments, numbers[measured.region.key], provenance.algorithm))
        else:
            groups.append(_group_without_segment(measured, volume.series.study_uid, provenance.algorithm))
        if measured.region == ET:
            _comment(groups[-1][0], (lesion_count(measurements), product_sum_text(measurements)))
    groups += [_lesion_group(lesion, _coordinate_system(volume)) for lesion in measurements.lesions if lesion.diameters]
    dataset = sr.Comprehensive3DSR(
        evidence=[*source_images(volume), *([] if segments is None else [segments]), *_named(others)],
        content=sr.MeasurementReport(
            observation_context=_observers(provenance),
            procedure_reported=_procedures(volume.series.header, character_set),
            imaging_measurements=groups,
            title=codes.DCM.ImagingMeasurementReport,
        ),
        **series_and_equipment(ObjectKind.SR, provenance),
        series_description=provenance.series_description(ObjectKind.SR),
        is_complete=True,
        is_final=provenance.approved_at is not None,
        is_verified=provenance.approved_at is not None,
        verifying_observer_name=provenance.reviewer or None,
        verifying_organization=_organisation(volume.series.header, character_set),
    )
    _comment(dataset, writable_notes(volume, provenance))
    stamp(dataset, volume, provenance)
    _date_verification(dataset, provenance)
    _refer_to_predecessor(dataset, provenance)
    if any(measured.region == RC and RC.key in numbers for measured in measurements.volumes):
        declare_private_scheme(dataset)
    return save(dataset, path, ObjectKind.SR)


def _segment_numbers(segments: Segmentation) -> dict[str, int]:
    """By region key."""
    return {str(segments.get_segment_description(n).tracking_id): n for n in segments.segment_numbers}


def _organisation(header: Dataset, character_set: CharacterSet) -> str:
    """The institution, if it can be written anew; the first where images name several, as there is room for one."""
    named = header.get("InstitutionName") or ""
    names = [named] if isinstance(named, str) else named
    return next((name for name in names if name and can_hold(name, character_set)), _NO_ORGANISATION)


def _coordinate_system(volume: Volume) -> str:
    """Frame of Reference UID of the images, to which the ends of the diameters refer.

    Raises
    ------
    ExportError
        It is none that DICOM allows (PS3.5 9.1): readers refuse the whole report for it.
    """
    uid = volume.series.frame_of_reference_uid
    if not UID(uid).is_valid:
        raise ExportError(
            f"{volume.series.label} states a Frame of Reference UID that DICOM does not allow; a measurement report "
            "with diameters cannot refer to it.",
            "Nothing was sent. Send without the SR.",
            f"Frame of Reference UID {uid}",
        )
    return uid


def _named(others: Iterable[Series]) -> Iterator[Dataset]:
    """As evidence for highdicom, which asks no more of an image than who it is (DICOM PS3.3 C.17.2.3)."""
    for series in others:
        for frame in series.frames:
            image = Dataset()
            image.SOPClassUID, image.SOPInstanceUID = frame.sop_class_uid, frame.sop_instance_uid
            image.StudyInstanceUID, image.SeriesInstanceUID = series.study_uid, series.series_uid
            yield image


def _procedures(header: Dataset, character_set: CharacterSet) -> list[CodedConcept]:
    """What the images say was done, as far as they say it in whole codes that can be written anew.

    Else what is true of every study of ours.
    """
    stated = [item for item in header.get("ProcedureCodeSequence") or [] if _is_whole_code(item, character_set)]
    return [CodedConcept.from_dataset(item) for item in stated] or [concept(_PROCEDURE)]


def _is_whole_code(item: Dataset, character_set: CharacterSet) -> bool:
    """Whether it has all that a code consists of (DICOM PS3.3 table 8.8-1)."""
    values = [keyword for keyword in ("CodeValue", "LongCodeValue", "URNCodeValue") if keyword in item]
    parts = [item.get(keyword) for keyword in (*values, "CodingSchemeDesignator", "CodeMeaning")]
    # A backslash would make several values of one.
    is_whole = len(values) == 1 and all(isinstance(part, str) and part for part in parts)
    return is_whole and all(can_hold(part, character_set) for part in parts)


def _observers(provenance: Provenance) -> sr.ObservationContext:
    device = sr.ObserverContext(
        observer_type=codes.DCM.Device,
        observer_identifying_attributes=sr.DeviceObserverIdentifyingAttributes(
            uid=_DEVICE_UID,
            name=MANUFACTURER,
            model_name=provenance.algorithm.name if provenance.algorithm.is_model else None,
        ),
    )
    if not provenance.reviewer:
        return sr.ObservationContext(observer_device_context=device)
    person = sr.ObserverContext(
        observer_type=codes.DCM.Person,
        observer_identifying_attributes=sr.PersonObserverIdentifyingAttributes(name=provenance.reviewer),
    )
    return sr.ObservationContext(observer_person_context=person, observer_device_context=device)


def _segment_group(
    measured: RegionVolume, segments: Dataset, number: int, algorithm: Algorithm
) -> sr.VolumetricROIMeasurementsAndQualitativeEvaluations:
    description = segments.get_segment_description(number)
    return sr.VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=description.tracking_uid, identifier=measured.region.key),
        referenced_segment=_referenced_segment(segments, number),
        finding_type=concept(measured.region.code),
        finding_category=concept(MORPHOLOGICALLY_ABNORMAL_STRUCTURE),
        finding_sites=[sr.FindingSite(anatomic_location=concept(BRAIN))],
        measurements=[_region_volume(measured, algorithm)],
    )


def _referenced_segment(segments: Dataset, number: int) -> sr.ReferencedSegment:
    """The segment and the images it was drawn on; of a multi-frame one all frames, where highdicom names the first."""
    frames: dict[str, list[int]] = {}
    for uid, frame in _images_of(segments, number):
        if frame is not None:
            frames.setdefault(uid, []).append(frame)
    referenced = sr.ReferencedSegment.from_segmentation(segments, segment_number=number)
    for item in referenced:
        (reference,) = item.ReferencedSOPSequence
        if reference.ReferencedSOPInstanceUID in frames:
            reference.ReferencedFrameNumber = sorted(frames[reference.ReferencedSOPInstanceUID])
    return referenced


def _images_of(segments: Dataset, number: int) -> Iterator[NamedImage]:
    for group in segments.PerFrameFunctionalGroupsSequence:
        if group.SegmentIdentificationSequence[0].ReferencedSegmentNumber == number:
            for derivation in group.DerivationImageSequence:
                yield from named_images(derivation.SourceImageSequence)


def _group_without_segment(
    measured: RegionVolume, study_uid: str, algorithm: Algorithm
) -> sr.MeasurementsAndQualitativeEvaluations:
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=tracking_uid(study_uid, measured.region), identifier=measured.region.key
        ),
        finding_type=concept(measured.region.code),
        finding_category=concept(MORPHOLOGICALLY_ABNORMAL_STRUCTURE),
        finding_sites=[sr.FindingSite(anatomic_location=concept(BRAIN))],
        measurements=[_region_volume(measured, algorithm)],
    )


def _lesion_group(lesion: Lesion, frame_of_reference_uid: str) -> sr.MeasurementsAndQualitativeEvaluations:
    assert lesion.diameters is not None
    diameters = lesion.diameters
    group = sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(uid=new_uid(), identifier=f"{lesion.region.key} {lesion.number}"),
        finding_type=concept(lesion.region.code),
        finding_category=concept(MORPHOLOGICALLY_ABNORMAL_STRUCTURE),
        finding_sites=[sr.FindingSite(anatomic_location=concept(BRAIN))],
        measurements=[
            _volume(lesion.volume_ml),
            _length(_LONG_AXIS, diameters.longest_mm, diameters.longest_ends, frame_of_reference_uid),
            _length(_SHORT_AXIS, diameters.perpendicular_mm, diameters.perpendicular_ends, frame_of_reference_uid),
        ],
    )
    measurability = MEASURABLE if diameters.is_measurable else NOT_MEASURABLE
    _comment(group[0], (f"{measurability}, product {diameters.product_mm2:.0f} mm2",))
    return group


def _region_volume(measured: RegionVolume, algorithm: Algorithm) -> sr.Measurement:
    """With the model's interval, where it has one, as ranges of measurement uncertainty (PS3.16 TID 310)."""
    measurement = _volume(measured.volume_ml)
    if measured.interval_ml is not None:
        lower_ml, upper_ml = measured.interval_ml
        measurement[0].ContentSequence = sr.ContentSequence(
            [
                _uncertainty(_ABOVE, upper_ml - measured.volume_ml),
                _uncertainty(_BELOW, measured.volume_ml - lower_ml),
                *sr.AlgorithmIdentification(algorithm.name, algorithm.version, parameters=[_WHAT_IT_HOLDS]),
            ]
        )
    return measurement


def _uncertainty(side: Code, range_ml: float) -> sr.NumContentItem:
    return sr.NumContentItem(
        name=concept(side),
        value=round(range_ml * 1000, 3),
        unit=codes.UCUM.CubicMillimeter,
        relationship_type=sr.RelationshipTypeValues.HAS_PROPERTIES,
    )


def _volume(volume_ml: float) -> sr.Measurement:
    return sr.Measurement(name=codes.SCT.Volume, value=round(volume_ml * 1000, 3), unit=codes.UCUM.CubicMillimeter)


def _length(name: Code, length_mm: float, ends: object, frame_of_reference_uid: str) -> sr.Measurement:
    return sr.Measurement(
        name=concept(name),
        value=round(length_mm, 2),
        unit=codes.UCUM.Millimeter,
        referenced_coordinates=[
            sr.CoordinatesForMeasurement3D(
                graphic_type=sr.GraphicTypeValues3D.POLYLINE,
                graphic_data=np.array(ends),
                frame_of_reference_uid=frame_of_reference_uid,
            )
        ],
    )


def _comment(item: Dataset, texts: Iterable[str]) -> None:
    """What a reader must know, as comments in the report or in one of its groups; empty ones are left out.

    TID 1500, 1411 and 1501 are extensible (PS3.16 A).
    """
    contains = sr.RelationshipTypeValues.CONTAINS
    comments = [sr.TextContentItem(concept(_COMMENT), text, relationship_type=contains) for text in filter(None, texts)]
    item.ContentSequence.extend(comments)


def _date_verification(dataset: Dataset, provenance: Provenance) -> None:
    """Verification DateTime (DICOM PS3.3 C.17.2): when the reviewer signed, not when the file was written."""
    if provenance.approved_at is not None:
        dataset.VerifyingObserverSequence[0].VerificationDateTime = provenance.approved_at.strftime("%Y%m%d%H%M%S")


def _refer_to_predecessor(dataset: Dataset, provenance: Provenance) -> None:
    predecessor = provenance.predecessor(Comprehensive3DSRStorage)
    if predecessor:
        series = Dataset()
        series.SeriesInstanceUID = predecessor.series_uid
        series.ReferencedSOPSequence = [reference_item(predecessor)]
        study = Dataset()
        study.StudyInstanceUID = dataset.StudyInstanceUID
        study.ReferencedSeriesSequence = [series]
        dataset.PredecessorDocumentsSequence = [study]
