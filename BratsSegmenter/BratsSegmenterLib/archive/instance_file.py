"""One DICOM file as received: who it is, whether it is whole, what it is called on disk."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Literal, cast

from pydicom import FileDataset, dcmread
from pydicom.dataelem import RawDataElement
from pydicom.uid import UID, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from BratsSegmenterLib.archive.matching import is_uid
from BratsSegmenterLib.deflated import inflates_beyond
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.unreadable import UNREADABLE

UNUSABLE = "It cannot be used; ask the PACS administrator to repair it."
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
_NATIVE = (ImplicitVRLittleEndian, ExplicitVRLittleEndian, ExplicitVRBigEndian)
_PIXEL_KEYWORDS = ("PixelData", "FloatPixelData", "DoubleFloatPixelData")
_IMAGE = "Image Storage"  # how the standard names the SOP classes of images
_SUBSAMPLED = "YBR_FULL_422"
_DEFER_BYTES = 4096
_MAXIMUM_INFLATED_BYTES = 512_000_000


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
        It is not DICOM, has no valid UIDs, would inflate beyond 512 MB, is an image without pixel data, its Number of
        Frames is no number, or its native pixel data is not as long as Rows, Columns, Samples per Pixel, Bits Allocated
        and Number of Frames say (PS3.5 8.1.1).
    """
    with path.open("rb") as file:
        header = _Header(_read(file))
        file_bytes = file.seek(0, os.SEEK_END)
    identity = InstanceIdentity(
        study_uid=header.text("StudyInstanceUID"),
        series_uid=header.text("SeriesInstanceUID"),
        sop_class_uid=header.text("SOPClassUID"),
        sop_instance_uid=header.text("SOPInstanceUID"),
    )
    if not all(map(is_uid, (identity.study_uid, identity.series_uid, identity.sop_instance_uid))):
        raise DamagedInstanceError("The object is cut short or has no valid UIDs.", UNUSABLE)
    if not header.has_pixels and UID(identity.sop_class_uid).name.endswith(_IMAGE):
        raise DamagedInstanceError(f"The image {identity.sop_instance_uid} has no pixel data.", UNUSABLE)
    present, expected = header.native_pixel_bytes(file_bytes), header.expected_pixel_bytes()
    if present is not None and present < expected:
        raise DamagedInstanceError(
            f"The object {identity.sop_instance_uid} holds {present} of {expected} bytes of pixel data.", UNUSABLE
        )
    return identity


def inspect_own(path: Path) -> InstanceIdentity:
    """As :func:`inspect`, for a file of this computer that is to be sent: the sentence names it.

    Raises
    ------
    DamagedInstanceError
    """
    try:
        return inspect(path)
    except DamagedInstanceError as error:
        raise DamagedInstanceError(
            f"The file {path.name} cannot be sent. {error.what}", "Export it again, or leave it out.", error.cause
        ) from error


def study_of(path: Path) -> str:
    """Study Instance UID of a file, be it damaged behind it; empty when it cannot be read."""
    try:
        with path.open("rb") as file:
            return _Header(_read(file)).text("StudyInstanceUID")
    except DamagedInstanceError:
        return ""


def _read(file: BinaryIO) -> FileDataset:
    try:
        refuse_inflation_bomb(file)
        file.seek(0)
        return dcmread(file, specific_tags=[*_IDENTITY, *_PIXELS], defer_size=_DEFER_BYTES)
    except UNREADABLE as error:
        raise DamagedInstanceError("The object is not a readable DICOM file.", UNUSABLE, type(error).__name__) from None


def refuse_inflation_bomb(file: BinaryIO) -> None:
    """Raise a :class:`DamagedInstanceError` for what would inflate beyond 512 MB; leaves `file` at any position."""
    if inflates_beyond(file, _MAXIMUM_INFLATED_BYTES):
        raise DamagedInstanceError(
            f"The object would inflate to more than {_MAXIMUM_INFLATED_BYTES / 1e6:.0f} MB.", UNUSABLE
        )


class _Header:
    """Raw values of a data set; pydicom's own conversion is several times slower and warns with values in the text."""

    def __init__(self, dataset: FileDataset) -> None:
        self._dataset = dataset
        self._byte_order: Literal["little", "big"] = "little" if dataset.original_encoding[1] else "big"

    def text(self, keyword: str) -> str:
        """A UID, Code String or Integer String; empty when missing."""
        return self._value(keyword).decode("ascii", "replace").strip("\0 ")

    @property
    def has_pixels(self) -> bool:
        """Whether there is Pixel Data, Float Pixel Data or Double Float Pixel Data."""
        return any(keyword in self._dataset for keyword in _PIXEL_KEYWORDS)

    def expected_pixel_bytes(self) -> int:
        """Bytes of native pixel data that the Image Pixel module promises."""
        samples = self._number("SamplesPerPixel") or 1
        bits = self._number("Rows") * self._number("Columns") * samples * self._number("BitsAllocated") * self._frames()
        return (bits + 7) // 8

    def native_pixel_bytes(self, file_bytes: int) -> int | None:
        """Bytes of native pixel data in the file; None without pixels and for compressed or subsampled ones."""
        element = self._element("PixelData")
        is_native = self._dataset.file_meta.get("TransferSyntaxUID") in _NATIVE
        if element is None or not is_native or self.text("PhotometricInterpretation") == _SUBSAMPLED:
            return None
        if element.value is None:
            return min(element.length, file_bytes - element.value_tell)
        return len(element.value)

    def _frames(self) -> int:
        try:
            return int(float(self.text("NumberOfFrames") or 1))
        except (ValueError, OverflowError):
            raise DamagedInstanceError("The object's Number of Frames (0028,0008) is no number.", UNUSABLE) from None

    def _number(self, keyword: str) -> int:
        return int.from_bytes(self._value(keyword)[:2], self._byte_order)

    def _value(self, keyword: str) -> bytes:
        element = self._element(keyword)
        return (element.value or b"") if element is not None else b""

    def _element(self, keyword: str) -> RawDataElement | None:
        if keyword not in self._dataset:
            return None
        return cast(RawDataElement, self._dataset.get_item(keyword, keep_deferred=True))
