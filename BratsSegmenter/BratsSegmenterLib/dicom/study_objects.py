"""What all our objects of a study share: the patient and study blocks of the images, ours of equipment and series."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID

from BratsSegmenterLib.dicom.character_sets import UTF_8, CharacterSet, can_hold
from BratsSegmenterLib.dicom.copied_text import copied
from BratsSegmenterLib.dicom.notes_in_objects import LINE_END
from BratsSegmenterLib.dicom.patient_and_study import OPTIONAL, REFERENCES, REQUIRED
from BratsSegmenterLib.dicom.provenance import MANUFACTURER, ObjectKind, ObjectReference, Provenance, WrittenObject
from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.dicom.values import long_string, new_uid
from BratsSegmenterLib.domain import Frame, Region, Volume
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import ExportError, unwritable

_UNDECLARED = (
    "The images do not say in which characters the patient and the study are named, or not rightly. Those names can "
    "only be copied as they are, and the reviewer's name beside them has to be in plain letters."
)
_WRITE_IN_ASCII = "Enter the reviewer's name in the letters A to Z without accents, for example Roentgen^Wilhelm."
_IMPLEMENTATION_CLASS_UID = "2.25.206417862263829417953478930427560214173"


def new_object(sop_class_uid: str, transfer_syntax: str, volume: Volume, provenance: Provenance) -> FileDataset:
    """An object in the study of `volume`, of a new series: everything but what its kind has of its own.

    Raises
    ------
    ExportError
        The images do not say in which characters they name patient and study, and the reviewer's name is not in ASCII.
    SeriesError
        An image that was loaded cannot be read any more.
    """
    header = volume.series.header
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(new_uid())
    meta.TransferSyntaxUID = UID(transfer_syntax)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_CLASS_UID)
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date_and_time(provenance.content_time)
    dataset.StudyInstanceUID = volume.series.study_uid
    _adopt_patient_and_study(dataset, volume, provenance)
    _adopt_time_zone(dataset, header, provenance)
    dataset.SeriesInstanceUID = new_uid()
    dataset.SeriesDate, dataset.SeriesTime = date_and_time(provenance.content_time)
    dataset.OperatorsName = provenance.reviewer
    dataset.Manufacturer = dataset.ManufacturerModelName = MANUFACTURER
    dataset.SoftwareVersions = software_versions(provenance)
    dataset.DeviceSerialNumber = "0"
    dataset.FrameOfReferenceUID = volume.series.frame_of_reference_uid
    dataset.PositionReferenceIndicator = header.get("PositionReferenceIndicator", "")
    return dataset


def _adopt_patient_and_study(dataset: Dataset, volume: Volume, provenance: Provenance) -> None:
    """As the images state them, byte for byte in their character set; in UTF-8 where our text needs that.

    Images whose names go beyond ASCII and that name no set leave it to the archive how those are read. There no set is
    named either, or the archive would show another patient's name with the result.
    """
    images = _header_anew(volume)
    character_set = written_character_set(volume, provenance)
    try:
        block = copied(images, (*REQUIRED, *OPTIONAL), in_utf_8=character_set != _stated_set(images))
    except ValueError as error:
        raise ExportError(_UNDECLARED, _WRITE_IN_ASCII) from error
    if character_set:
        dataset.SpecificCharacterSet = character_set
    elif "SpecificCharacterSet" in dataset:
        del dataset.SpecificCharacterSet
    for keyword in REQUIRED:
        put(dataset, keyword, "")
    dataset.update(block)


def _header_anew(volume: Volume) -> Dataset:
    """The header of the images from their file: what pydicom was asked for once has lost its bytes."""
    return read_header(volume.series.files[0])


def _stated_set(header: Dataset) -> CharacterSet:
    return header.get("SpecificCharacterSet") or ""


def written_character_set(volume: Volume, provenance: Provenance) -> CharacterSet:
    """That of the images, so that the patient block stays byte for byte; UTF-8 where our text needs it."""
    stated = _stated_set(volume.series.header)
    added = (*_own_words(provenance), LINE_END.join(writable_notes(volume, provenance)))
    return stated if all(can_hold(text, stated) for text in added) else UTF_8


def _own_words(provenance: Provenance) -> Iterator[str]:
    """What we write beside notes and the names of regions; of the reviewer's name each component for itself."""
    yield from re.split(r"[\^=]", provenance.reviewer)
    yield from software_versions(provenance)
    for kind in ObjectKind:
        yield provenance.series_description(kind)


def _adopt_time_zone(dataset: Dataset, header: Dataset, provenance: Provenance) -> None:
    """Timezone Offset From UTC holds for all times of an object, those of the images and ours (PS3.3 table C.12-1).

    Where ours have another one, after the clocks were put back for example, none is stated.
    """
    own = provenance.content_time.astimezone().strftime("%z")
    if header.get("TimezoneOffsetFromUTC") == own:
        dataset.TimezoneOffsetFromUTC = own


def without_identity(dataset: Dataset) -> Dataset:
    """The dataset with empty patient and study blocks, for highdicom: :func:`stamp` puts in those of the images.

    highdicom refuses values that scanners and anonymisers do write, such as a date of birth of which only the year is
    known, and character sets of several parts; and it quotes names in its warnings.
    """
    for keyword in (*OPTIONAL, *REFERENCES):
        if keyword in dataset:
            del dataset[keyword]
    for keyword in REQUIRED:
        put(dataset, keyword, "")
    put(dataset, "SpecificCharacterSet", UTF_8)
    return dataset


def put(dataset: Dataset, keyword: str, value: Any) -> None:
    """Set an attribute by a new element: the old one may be shared with the dataset that this one was copied from."""
    dataset[keyword] = DataElement(keyword, dictionary_VR(keyword), value)


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


def tracking_uid(study_uid: str, region: Region) -> str:
    """Tracking UID of a region of a study (DICOM PS3.3 table C.8.20-4): the same in all versions, whoever writes it."""
    return f"2.25.{uuid5(NAMESPACE_OID, f'{study_uid} {region.key}').int}"


def software_versions(provenance: Provenance) -> list[str]:
    """Our version, the model's, and that of the model that found the brain."""
    algorithm = provenance.algorithm
    versions = [provenance.software_version, algorithm.title, algorithm.brain_model]
    return [long_string(version) for version in versions if version]


def writable_notes(volume: Volume, provenance: Provenance) -> tuple[str, ...]:
    """The notes of the provenance; with ? for what is not ASCII, where the images prevent that a set is named."""
    stated = _stated_set(volume.series.header)
    if can_hold(LINE_END.join(provenance.notes), stated) or _can_be_read(_header_anew(volume)):
        return provenance.notes
    return tuple(note.encode("ascii", "replace").decode() for note in provenance.notes)


def _can_be_read(images: Dataset) -> bool:
    """Whether patient and study are named in the character set that the images state."""
    try:
        copied(images, (*REQUIRED, *OPTIONAL), in_utf_8=True)
    except ValueError:
        return False
    return True


def date_and_time(moment: datetime) -> tuple[str, str]:
    """DICOM's DA and TM, to the microsecond: two results of one second are told apart by it."""
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S.%f")


def stamp(dataset: Dataset, volume: Volume, provenance: Provenance) -> None:
    """Complete an object that highdicom began: whole patient and study blocks, time and versions.

    Raises
    ------
    ExportError, SeriesError
        As :func:`new_object`.
    """
    _adopt_patient_and_study(dataset, volume, provenance)
    _adopt_time_zone(dataset, volume.series.header, provenance)
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
