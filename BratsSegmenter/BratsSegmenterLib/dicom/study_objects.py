"""What all our objects of a study share: the patient and study blocks of the images, ours of equipment and series."""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_OID, uuid5

from pydicom.charset import convert_encodings
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.uid import UID

from BratsSegmenterLib.dicom.patient_and_study import OPTIONAL, REFERENCES, REQUIRED
from BratsSegmenterLib.dicom.provenance import MANUFACTURER, ObjectKind, ObjectReference, Provenance, WrittenObject
from BratsSegmenterLib.dicom.reading import decode_text
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.domain import Frame, Region, Volume
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import ExportError, unwritable

_UTF_8 = "ISO_IR 192"
_ASCII = ("", "ISO_IR 6", "ISO 2022 IR 6")
_JIS_X_0201 = ("ISO_IR 13", "ISO 2022 IR 13")
_UNDECLARED = (
    "The images do not say in which characters the patient and the study are named. Those names can only be copied as "
    "they are, and the reviewer's name beside them has to be in plain letters."
)
_WRITE_IN_ASCII = "Enter the reviewer's name in the letters A to Z without accents, for example Roentgen^Wilhelm."
_IMPLEMENTATION_CLASS_UID = "2.25.206417862263829417953478930427560214173"


def new_object(sop_class_uid: str, transfer_syntax: str, volume: Volume, provenance: Provenance) -> FileDataset:
    """An object in the study of `volume`, of a new series: everything but what its kind has of its own.

    Raises
    ------
    ExportError
        The images do not say in which characters they name patient and study, and the reviewer's name is not in ASCII.
    """
    header = _readable_header(volume)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = UID(sop_class_uid)
    meta.MediaStorageSOPInstanceUID = UID(new_uid())
    meta.TransferSyntaxUID = UID(transfer_syntax)
    meta.ImplementationClassUID = UID(_IMPLEMENTATION_CLASS_UID)
    dataset = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    dataset.SOPClassUID = meta.MediaStorageSOPClassUID
    dataset.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    _declare_character_set(dataset, volume, provenance)
    dataset.InstanceCreationDate, dataset.InstanceCreationTime = date_and_time(provenance.content_time)
    dataset.StudyInstanceUID = volume.series.study_uid
    _adopt_patient_and_study(dataset, header)
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


def _adopt_patient_and_study(dataset: Dataset, header: Dataset) -> None:
    for keyword in REQUIRED:
        setattr(dataset, keyword, header.get(keyword, ""))
    for keyword in OPTIONAL:
        if keyword in header:
            dataset[keyword] = deepcopy(header[keyword])


def _readable_header(volume: Volume) -> Dataset:
    """The header of the images, with all its text decoded: bytes would be written in the character set of before."""
    decode_text(volume.series.header)
    return volume.series.header


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
    put(dataset, "SpecificCharacterSet", _UTF_8)
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
    """Our version, the model's, and that of the model that found the brain: Long Strings of at most 64 characters."""
    algorithm = provenance.algorithm
    versions = [provenance.software_version, algorithm.title, algorithm.brain_model]
    return [version[:64] for version in versions if version]


def _declare_character_set(dataset: Dataset, volume: Volume, provenance: Provenance) -> None:
    """That of the images, so that the patient block stays byte for byte; UTF-8 where our text needs it.

    Images whose names go beyond ASCII and that name no set leave it to the archive how those are read. There no set is
    named either, or the archive would show another patient's name with the result.
    """
    header = volume.series.header
    of_images = header.get("SpecificCharacterSet") or ""
    notes = writable_notes(volume, provenance)
    added_text = "".join((provenance.reviewer, *notes, *software_versions(provenance)))
    try:
        added_text.encode(_encoding_of(of_images))
    except UnicodeEncodeError as error:
        if _are_names_undeclared(header):
            raise ExportError(_UNDECLARED, _WRITE_IN_ASCII) from error
        of_images = _UTF_8
    if of_images:
        dataset.SpecificCharacterSet = of_images
    elif "SpecificCharacterSet" in dataset:
        del dataset.SpecificCharacterSet


def writable_notes(volume: Volume, provenance: Provenance) -> tuple[str, ...]:
    """The notes of the provenance; with ? for what is not ASCII, where the images prevent that a set is named."""
    if not _are_names_undeclared(_readable_header(volume)):
        return provenance.notes
    return tuple(note.encode("ascii", "replace").decode() for note in provenance.notes)


def _are_names_undeclared(header: Dataset) -> bool:
    """Whether patient or study are named in more than ASCII, and no character set says in what."""
    names = "".join(str(header.get(keyword) or "") for keyword in (*REQUIRED, *OPTIONAL))
    return (header.get("SpecificCharacterSet") or "") in _ASCII and not names.isascii()


def _encoding_of(character_set: str | Sequence[str]) -> str:
    """Of text before any escape sequence: where none is named it is ASCII (DICOM PS3.3 C.12.1.1.2), not Latin-1.

    JIS X 0201 counts as ASCII too: Python has no codec of its own for it, and the one that pydicom names, Shift JIS,
    knows kanji that it lacks.
    """
    first = character_set if isinstance(character_set, str) else character_set[0]
    return "ascii" if first in (*_ASCII, *_JIS_X_0201) else convert_encodings(first)[0]


def date_and_time(moment: datetime) -> tuple[str, str]:
    """DICOM's DA and TM, to the microsecond: two results of one second are told apart by it."""
    return moment.strftime("%Y%m%d"), moment.strftime("%H%M%S.%f")


def stamp(dataset: Dataset, volume: Volume, provenance: Provenance) -> None:
    """Complete an object that highdicom began: whole patient and study blocks, time and versions.

    Raises
    ------
    ExportError
        As :func:`new_object`.
    """
    header = _readable_header(volume)
    _declare_character_set(dataset, volume, provenance)
    _adopt_patient_and_study(dataset, header)
    _adopt_time_zone(dataset, header, provenance)
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
