"""One DICOM file as received: who it is, whether it is whole, what it is called on disk."""

from __future__ import annotations

import hashlib
import warnings
import zlib
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.errors import InvalidDicomError
from pydicom.filereader import read_file_meta_info
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian

from BratsSegmenterLib.archive.matching import is_uid
from BratsSegmenterLib.errors import ArchiveError

_IDENTITY = ["SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID"]
_PIXELS = [
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
    "PhotometricInterpretation",
    "PixelData",
]
_SUBSAMPLED = "YBR_FULL_422"
_DEFER_BYTES = 4096
_MAXIMUM_INFLATED_BYTES = 512_000_000
_CHUNK_BYTES = 262_144


class DamagedInstanceError(ArchiveError):
    """A file is not DICOM, names itself wrongly, or lacks a part of its pixels."""


@dataclass(frozen=True)
class InstanceIdentity:
    """The UIDs of one instance."""

    study_uid: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str


def file_name(sop_instance_uid: str) -> str:
    """A name that no UID can lead out of its folder."""
    return f"{hashlib.sha256(sop_instance_uid.encode()).hexdigest()[:32]}.dcm"


def folder_name(series_uid: str) -> str:
    """As :func:`file_name`, for a series."""
    return hashlib.sha256(series_uid.encode()).hexdigest()[:16]


def sha256_of(path: Path) -> str:
    """SHA-256 of a file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inspect(path: Path) -> InstanceIdentity:
    """Read who an instance is and prove that all its pixels are there; pixels are never loaded.

    Raises
    ------
    DamagedInstanceError
        It is not DICOM, has no valid UIDs, would inflate beyond 512 MB, or its native pixel data is not as long as
        Rows, Columns, Samples per Pixel, Bits Allocated and Number of Frames say (PS3.5 8.1.1).
    """
    _refuse_inflation_bomb(path)
    dataset = _header(path)
    identity = InstanceIdentity(
        study_uid=str(dataset.get("StudyInstanceUID", "")),
        series_uid=str(dataset.get("SeriesInstanceUID", "")),
        sop_class_uid=str(dataset.get("SOPClassUID", "")),
        sop_instance_uid=str(dataset.get("SOPInstanceUID", "")),
    )
    if not all(map(is_uid, (identity.study_uid, identity.series_uid, identity.sop_instance_uid))):
        raise DamagedInstanceError(
            "The PACS sent an object that is cut short or has no valid UIDs.",
            "It was not kept; ask the PACS administrator to repair it.",
        )
    _require_all_pixels(dataset, identity, path.stat().st_size)
    return identity


def _header(path: Path) -> Dataset:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # oddities of foreign files; the text may quote values
        try:
            return dcmread(path, specific_tags=[*_IDENTITY, *_PIXELS], defer_size=_DEFER_BYTES)
        except (InvalidDicomError, EOFError, OSError, ValueError, RecursionError, KeyError, AttributeError) as error:
            if isinstance(error, OSError) and not isinstance(error, EOFError) and error.errno:
                raise
            raise DamagedInstanceError(
                "The PACS sent an object that is not a readable DICOM file.",
                "It was not kept; ask the PACS administrator to repair it.",
                type(error).__name__,
            ) from None


def _refuse_inflation_bomb(path: Path) -> None:
    with path.open("rb") as file:
        preamble = file.read(1024)
        if DeflatedExplicitVRLittleEndian.encode() not in preamble:
            return
        meta = read_file_meta_info(path)
        if meta.TransferSyntaxUID != DeflatedExplicitVRLittleEndian:
            return
        file.seek(128 + 4 + 12 + int(meta.FileMetaInformationGroupLength))
        inflate, size = zlib.decompressobj(-zlib.MAX_WBITS), 0
        while size <= _MAXIMUM_INFLATED_BYTES and (packed := inflate.unconsumed_tail or file.read(_CHUNK_BYTES)):
            size += len(inflate.decompress(packed, _CHUNK_BYTES))
    if size > _MAXIMUM_INFLATED_BYTES:
        raise DamagedInstanceError(
            f"The PACS sent an object that would inflate to more than {_MAXIMUM_INFLATED_BYTES / 1e6:.0f} MB.",
            "It was not kept; ask the PACS administrator about it.",
        )


def _require_all_pixels(dataset: Dataset, identity: InstanceIdentity, file_bytes: int) -> None:
    if "PixelData" not in dataset or "BitsAllocated" not in dataset:
        return
    present = _native_pixel_bytes(dataset, file_bytes)
    bits = (
        int(dataset.Rows)
        * int(dataset.Columns)
        * int(dataset.get("SamplesPerPixel") or 1)
        * int(dataset.BitsAllocated)
        * int(dataset.get("NumberOfFrames") or 1)
    )
    expected = (bits + 7) // 8
    if present is not None and present < expected:
        raise DamagedInstanceError(
            f"The object {identity.sop_instance_uid} holds {present} of {expected} bytes of pixel data.",
            "It was not kept; ask the PACS administrator to repair it.",
        )


def _native_pixel_bytes(dataset: Dataset, file_bytes: int) -> int | None:
    """Bytes of native pixel data in the file; None for compressed and subsampled ones, whose length says nothing."""
    if (
        UID(dataset.file_meta.TransferSyntaxUID).is_compressed
        or dataset.get("PhotometricInterpretation") == _SUBSAMPLED
    ):
        return None
    element = dataset.get_item("PixelData")
    if not isinstance(element, RawDataElement) or element.value is not None:
        return len(element.value)
    return min(element.length, file_bytes - element.value_tell)
