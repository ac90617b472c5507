"""Whose file it is: patient, study, series, instance, and what kind of object."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset
from pydicom.uid import UID

from BratsSegmenterLib.dicom.planes import MR_IMAGES
from BratsSegmenterLib.dicom.reading import read_head
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

_LEAVE_OUT = "Leave it out, or fetch it again."


@dataclass(frozen=True)
class FileIdentity:
    """Whose file it is and what it holds, as its header says."""

    study_uid: str
    series_uid: str
    instance_uid: str
    sop_class_uid: str
    modality: str
    patient_id: str
    series_number: int | None


def identity_of(header: Dataset, file: Path) -> FileIdentity:
    """Read whose file it is.

    Raises
    ------
    SeriesError
        A UID is missing or damaged.
    """
    try:
        identity = FileIdentity(
            study_uid=str(header.get("StudyInstanceUID") or ""),
            series_uid=str(header.get("SeriesInstanceUID") or ""),
            instance_uid=str(header.get("SOPInstanceUID") or ""),
            sop_class_uid=str(header.get("SOPClassUID") or ""),
            modality=str(header.get("Modality") or ""),
            patient_id=str(header.get("PatientID") or "").strip(),
            series_number=_integer(header.get("SeriesNumber")),
        )
    except UNREADABLE as error:
        raise SeriesError(f"{file.name} is a damaged DICOM file.", _LEAVE_OUT, type(error).__name__) from error
    uids = (identity.study_uid, identity.series_uid, identity.instance_uid, identity.sop_class_uid)
    if not all(uids):
        raise SeriesError(f"{file.name} lacks the UID of its study, series, instance or class.", _LEAVE_OUT)
    return identity


def identity_of_damaged(file: Path) -> FileIdentity | None:
    """Whose file it is that cannot be read, as far as what comes before its damage tells; None where it does not."""
    try:
        return identity_of(read_head(file), file)
    except SeriesError:
        return None


def why_no_mr_image(identity: FileIdentity) -> str:
    """What the file is instead of an MR image, to follow the name of its series; empty where it is one."""
    if identity.modality != "MR":
        return f"is {identity.modality or 'of no modality'}, not MR"
    if identity.sop_class_uid not in MR_IMAGES:
        return f"holds no MR image but {UID(identity.sop_class_uid).name}"
    return ""


def _integer(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
