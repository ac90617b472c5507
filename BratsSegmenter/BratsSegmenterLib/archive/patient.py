"""Whose an object is, by its header: what the files here and those in the archive must have in common."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import partial
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset
from pydicom.filereader import read_partial
from pydicom.tag import BaseTag

from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.instance_file import UNUSABLE, DamagedInstanceError, refuse_inflation_bomb
from BratsSegmenterLib.archive.listing import InstanceSummary
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.chinese_text import without_escapes
from BratsSegmenterLib.unreadable import UNREADABLE

_LAST_OF_PATIENT = 0x0010FFFF
_HEAD_BYTES = 4_000_000  # what stands before the patient's group is smaller, even in objects that cite thousands


@dataclass(frozen=True)
class Patient:
    """The patient whom an object names (DICOM PS3.3 C.7.1.1), without padding; hidden from the repr.

    Attributes
    ----------
    patient_id, name, issuer, birth_date : str
        Patient ID, Patient's Name, Issuer of Patient ID, Patient's Birth Date; empty where the object does not say.
    """

    patient_id: str = field(repr=False)
    name: str = field(repr=False)
    issuer: str = field(repr=False)
    birth_date: str = field(repr=False)

    @classmethod
    def of(cls, header: Dataset) -> Patient:
        """The patient of a header."""
        name = "=".join(group.rstrip("^ ") for group in _text(header, "PatientName").split("="))
        return cls(
            patient_id=_text(header, "PatientID"),
            name=name.rstrip("="),
            issuer=_text(header, "IssuerOfPatientID"),
            birth_date=_text(header, "PatientBirthDate"),
        )

    def is_same_as(self, other: Patient) -> bool:
        """Whether ID and name are the same, letter case of the name aside, and the issuers where both say one."""
        issuers = {self.issuer, other.issuer} - {""}
        same_name = self.name.casefold() == other.name.casefold()
        return self.patient_id == other.patient_id and same_name and len(issuers) < 2


def patient_in(path: Path) -> Patient:
    """The patient whom a DICOM file names.

    Raises
    ------
    DamagedInstanceError
        It is not DICOM.
    """
    with path.open("rb") as file:
        return _read(file)


def retrieve_patient(connection: Connection, instance: InstanceSummary, stop: Stop) -> Patient:
    """The patient whom an instance names as the archive gives it back (WADO-RS); of large ones only the head is read.

    Raises
    ------
    ArchiveError
        It cannot be had, or is not DICOM.
    """
    head = connection.attempt(partial(_head, connection, instance, stop), stop)
    return _read(BytesIO(head))


def _head(connection: Connection, instance: InstanceSummary, stop: Stop) -> bytes:
    series = f"studies/{instance.study_uid}/series/{instance.series_uid}"
    head = bytearray()
    with connection.parts(f"{series}/instances/{instance.sop_instance_uid}") as parts:
        for piece in next(parts, ()):
            stop.raise_if_set()
            head += piece
            if len(head) > _HEAD_BYTES:
                break
    return bytes(head)


def _read(file: BinaryIO) -> Patient:
    try:
        refuse_inflation_bomb(file)
        file.seek(0)
        return Patient.of(read_partial(file, stop_when=_is_past_the_patient))
    except UNREADABLE as error:
        raise DamagedInstanceError("The object is not a readable DICOM file.", UNUSABLE, type(error).__name__) from None


def _is_past_the_patient(tag: BaseTag, _vr: str | None, _length: int) -> bool:
    return tag > _LAST_OF_PATIENT


def _text(header: Dataset, keyword: str) -> str:
    return without_escapes(str(header.get(keyword) or "")).strip("\0 ")
