"""What all our objects of a study share: the patient and study blocks of the images, ours of equipment and series."""

from __future__ import annotations

from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

from pydicom.charset import convert_encodings
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID

from BratsSegmenterLib.dicom.mr_series import new_uid
from BratsSegmenterLib.dicom.provenance import MANUFACTURER, ObjectKind, ObjectReference, Provenance, WrittenObject
from BratsSegmenterLib.domain import Frame, Volume
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import unwritable

_REQUIRED = (  # type 2 of the Patient and General Study modules (DICOM PS3.3 C.7.1.1, C.7.2.1)
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "StudyID",
)
_OPTIONAL = (
    "IssuerOfPatientID",
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "PatientAge",
    "PatientSize",
    "PatientWeight",
    "StudyDescription",
    "InstitutionName",
)
_IMPLEMENTATION_CLASS_UID = "2.25.206417862263829417953478930427560214173"


def new_object(sop_class_uid: str, transfer_syntax: str, volume: Volume, provenance: Provenance) -> FileDataset:
    """An object in the study of `volume`, of a new series: everything but what its kind has of its own."""
    header = volume.series.header
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(new_uid())
    meta.TransferSyntaxUID = UID(transfer_syntax)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_CLASS_UID)
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.SpecificCharacterSet = character_set(header, provenance.reviewer)
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date_and_time(provenance.content_time)
    dataset.StudyInstanceUID = volume.series.study_uid
    _adopt_patient_and_study(dataset, header)
    dataset.SeriesInstanceUID = new_uid()
    dataset.SeriesDate, dataset.SeriesTime = date_and_time(provenance.content_time)
    dataset.OperatorsName = provenance.reviewer
    dataset.Manufacturer = dataset.ManufacturerModelName = MANUFACTURER
    dataset.SoftwareVersions = software_versions(provenance)
    dataset.DeviceSerialNumber = "0"
    dataset.FrameOfReferenceUID = volume.series.frame_of_reference_uid
    dataset.PositionReferenceIndicator = header.get("PositionReferenceIndicator", "")
    return dataset


def _adopt_patient_and_study(dataset: Dataset, header: Dataset) -> None:
    for keyword in _REQUIRED:
        setattr(dataset, keyword, header.get(keyword, ""))
    for keyword in _OPTIONAL:
        if keyword in header:
            dataset[keyword] = deepcopy(header[keyword])


def fill_in_missing(dataset: Dataset) -> None:
    """Give a dataset those attributes of the patient and study blocks that must be there, be they empty."""
    for keyword in _REQUIRED:
        if keyword not in dataset:
            setattr(dataset, keyword, "")


_SERIES_OFFSET = {ObjectKind.RTSTRUCT: 0, ObjectKind.SEG: 1, ObjectKind.SR: 2, ObjectKind.KEY_IMAGE: 3}


def series_and_equipment(kind: ObjectKind, provenance: Provenance) -> dict[str, Any]:
    """What highdicom's constructors are told about a new series of one object, and about who makes it."""
    return {
        "series_instance_uid": new_uid(),
        "series_number": provenance.series_number + _SERIES_OFFSET[kind],
        "sop_instance_uid": new_uid(),
        "instance_number": 1,
        "manufacturer": MANUFACTURER,
        "manufacturer_model_name": MANUFACTURER,
        "software_versions": provenance.software_version,
        "device_serial_number": "0",
    }


def software_versions(provenance: Provenance) -> list[str]:
    """Our version, the model's, and that of the model that found the brain: Long Strings of at most 64 characters."""
    algorithm = provenance.algorithm
    versions = [provenance.software_version, f"{algorithm.name} {algorithm.version}", algorithm.brain_model]
    return [version[:64] for version in versions if version]


def character_set(header: Dataset, added_text: str) -> str | list[str]:
    """That of the images, so that the patient block stays byte for byte; UTF-8 where our text needs it."""
    of_images = header.get("SpecificCharacterSet") or "ISO_IR 6"
    try:
        added_text.encode(convert_encodings(of_images)[0])
    except UnicodeEncodeError:
        return "ISO_IR 192"
    return of_images


def date_and_time(moment: datetime) -> tuple[str, str]:
    """DICOM's DA and TM."""
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")


def stamp(dataset: Dataset, volume: Volume, provenance: Provenance) -> None:
    """Complete an object that highdicom began: whole patient and study blocks, time and versions."""
    _adopt_patient_and_study(dataset, volume.series.header)
    moment = date_and_time(provenance.content_time)
    dataset.ContentDate, dataset.ContentTime = moment
    dataset.SeriesDate, dataset.SeriesTime = moment
    dataset.SoftwareVersions = software_versions(provenance)


def reference_item(reference: ObjectReference) -> Dataset:
    """An item of a sequence that names one SOP instance (DICOM PS3.3 table 10-11)."""
    item = Dataset()
    item.ReferencedSOPClassUID = reference.sop_class_uid
    item.ReferencedSOPInstanceUID = reference.sop_instance_uid
    return item


def image_item(frame: Frame) -> Dataset:
    """An item of a sequence that names the image of a slice, with its frame in a multi-frame object."""
    item = Dataset()
    item.ReferencedSOPClassUID = frame.sop_class_uid
    item.ReferencedSOPInstanceUID = frame.sop_instance_uid
    if frame.number is not None:
        item.ReferencedFrameNumber = frame.number
    return item


def save(dataset: Dataset, path: Path, kind: ObjectKind) -> WrittenObject:
    """Write the object, whole or not at all.

    Raises
    ------
    ExportError
        The disk refused.
    """
    try:
        with whole_file(path) as partial:
            dataset.save_as(partial, enforce_file_format=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return WrittenObject(
        kind, path, str(dataset.SOPClassUID), str(dataset.SOPInstanceUID), str(dataset.SeriesInstanceUID)
    )
