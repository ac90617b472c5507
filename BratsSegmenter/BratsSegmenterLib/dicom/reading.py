"""Opens files that nobody has vouched for: every way in which a DICOM file can be broken becomes a sentence."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path
from typing import BinaryIO

from pydicom import Dataset, dcmread
from pydicom.filereader import read_partial
from pydicom.uid import UID, DeflatedExplicitVRLittleEndian, MediaStorageDirectoryStorage

from BratsSegmenterLib.deflated import inflates_beyond
from BratsSegmenterLib.dicom.fragments import is_chain_whole
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.folder_tree import can_be_listed, folders_below
from BratsSegmenterLib.unreadable import UNREADABLE

_LARGEST_FILE_BYTES = 2 << 30
_LARGEST_INFLATED_BYTES = 512 << 20
_LARGEST_ROWS_OR_COLUMNS = 8192
_LARGEST_PIXEL_BYTES = 1 << 30
_PREAMBLE_BYTES = 128
_SERIES_NUMBER = 0x00200011
_ELEMENT_HEADER_BYTES = {False: 12, True: 8}  # of pixel data, with explicit and implicit VR (PS3.5 7.1)

_FETCH_AGAIN = "Fetch the series again; if the archive sends the same file, have it repaired there."


class NoDicomError(SeriesError):
    """A file holds something else, and not what is left of a DICOM file."""


def read_header(file: Path) -> Dataset:
    """Read everything but the pixel data of one file, and prove that the pixel data is there in full length.

    Parameters
    ----------
    file : Path
        DICOM file with preamble (PS3.10 7.1). Deflated files are inflated only when the result stays below 512 MB.

    Returns
    -------
    pydicom.Dataset
        With `file_meta`, without (7FE0,0010).

    Raises
    ------
    SeriesError
        The file is no DICOM file, truncated, corrupt, or claims an image larger than any MR series.
    """
    return _read(file, partial(_read_checked, with_pixels=False))


def read_whole(file: Path) -> Dataset:
    """Read one file with its pixel data, still encoded; the same checks as :func:`read_header`.

    Raises
    ------
    SeriesError
        As :func:`read_header`.
    """
    return _read(file, partial(_read_checked, with_pixels=True))


def read_head(file: Path) -> Dataset:
    """What a damaged file says before its damage of whose it is: everything up to its Series Number (0020,0011).

    Raises
    ------
    SeriesError
        As :func:`read_header`, where not even that can be read.
    """
    return _read(file, _read_head_checked)


def files_in(folder_or_files: str | Path | Iterable[str | Path]) -> tuple[Path, ...]:
    """All files below a folder in the order of their paths, behind links too, or the given files as they are.

    Folders in it that cannot be listed and links that lead nowhere come with them: whoever opens them says so, where
    nobody would notice that a patient is missing.

    Raises
    ------
    SeriesError
        The folder does not exist, or cannot be listed.
    """
    if not isinstance(folder_or_files, str | Path):
        return tuple(Path(file) for file in folder_or_files)
    folder = Path(folder_or_files)
    if folder.is_file():
        return (folder,)
    if not folder.is_dir():
        raise SeriesError(f"There is no folder {folder}.", "Check the path of the DICOM files.")
    if not can_be_listed(folder):
        raise SeriesError(f"The folder {folder} cannot be read.", "Check your rights there.")
    return tuple(sorted(path for place in folders_below(folder) for path in place.iterdir() if _is_to_be_opened(path)))


def _is_to_be_opened(path: Path) -> bool:
    """Whether it is a file, or what must be told of because it leads to none; no pipe or device."""
    if os.path.isdir(path):
        return not can_be_listed(path)
    return os.path.isfile(path) or not os.path.exists(path)


def decode_text(dataset: Dataset) -> None:
    """Read all elements of a dataset and of its items; what cannot be read, as some private elements, is dropped.

    What is still bytes would be read in the character set of the dataset that it is copied to.
    """
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except UNREADABLE:
            del dataset[tag]
            continue
        if element.VR == "SQ":
            for item in element.value:
                decode_text(item)


def lists_a_medium(header: Dataset) -> bool:
    """Whether a file is a DICOMDIR (PS3.3 F), which every CD holds beside its images."""
    return bool(header.file_meta.get("MediaStorageSOPClassUID") == MediaStorageDirectoryStorage)


def _read(file: Path, read: Callable[[BinaryIO, Path], Dataset]) -> Dataset:
    try:
        with file.open("rb") as stream, warnings.catch_warnings():
            # pydicom's warnings quote values, and a value can be a patient's name.
            warnings.simplefilter("ignore")
            if _size(stream) > _LARGEST_FILE_BYTES:
                raise SeriesError(f"{file.name} is larger than 2 GB; no MR series is.", "Leave it out.")
            _check_preamble(stream, file)
            _check_inflated_size(stream, file)
            return read(stream, file)
    except OSError as error:
        advice = "Check that it exists and may be read."
        raise SeriesError(f"{file.name} cannot be opened.", advice, error.strerror or "") from error
    except UNREADABLE as error:
        raise SeriesError(f"{file.name} is a damaged DICOM file.", _FETCH_AGAIN, type(error).__name__) from error


def _read_checked(stream: BinaryIO, file: Path, with_pixels: bool) -> Dataset:
    header = dcmread(stream, stop_before_pixels=True)
    if "BitsAllocated" in header:
        _check_claimed_size(header, file)
    # A deflated file's bytes after inflation are not on disk; the decoder checks those.
    if header.file_meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        _check_pixel_length(header, stream, file)
    if not with_pixels:
        return header
    stream.seek(0)
    return dcmread(stream)


def _read_head_checked(stream: BinaryIO, file: Path) -> Dataset:
    head = read_partial(stream, stop_when=lambda tag, _vr, _length: tag > _SERIES_NUMBER)
    if stream.tell() == _size(stream) and head:
        del head[max(head.keys())]  # the file may end in the middle of it
    return head


def _check_preamble(stream: BinaryIO, file: Path) -> None:
    start = stream.read(_PREAMBLE_BYTES + 4)
    stream.seek(0)
    if not start.strip(b"\0"):  # what a full disk or a copy that was cut off leaves
        raise SeriesError(f"{file.name} is empty, or blank where it begins.", _FETCH_AGAIN)
    if start[_PREAMBLE_BYTES:] != b"DICM":
        raise NoDicomError(f"{file.name} is not a DICOM file.", "Leave it out.")


def _check_inflated_size(stream: BinaryIO, file: Path) -> None:
    if inflates_beyond(stream, _LARGEST_INFLATED_BYTES):
        raise SeriesError(
            f"{file.name} is compressed and would grow beyond {_LARGEST_INFLATED_BYTES >> 20} MB when opened.",
            "Leave it out; it may have been made to exhaust the memory.",
        )
    stream.seek(0)


def _check_claimed_size(header: Dataset, file: Path) -> None:
    rows, columns, frames = int(header.Rows), int(header.Columns), frame_count(header)
    too_large = max(rows, columns) > _LARGEST_ROWS_OR_COLUMNS or _native_pixel_bytes(header) > _LARGEST_PIXEL_BYTES
    if too_large or min(rows, columns, frames) < 1:
        raise SeriesError(
            f"{file.name} claims to hold {frames} images of {rows} x {columns} pixels; no MR series is like that.",
            _FETCH_AGAIN,
        )


def frame_count(header: Dataset) -> int:
    """Number of Frames (0028,0008), 1 where it is absent or empty."""
    return int(header.get("NumberOfFrames") or 1)


def _check_pixel_length(header: Dataset, stream: BinaryIO, file: Path) -> None:
    syntax = UID(header.file_meta.get("TransferSyntaxUID", ""))
    remaining = _size(stream) - stream.tell()
    if "BitsAllocated" not in header:
        is_short = remaining == 0 and _is_an_image(header)
    elif syntax.is_compressed:
        is_short = not is_chain_whole(stream)
    else:
        is_short = remaining < _ELEMENT_HEADER_BYTES[bool(syntax.is_implicit_VR)] + _native_pixel_bytes(header)
    if is_short:
        raise SeriesError(f"{file.name} is truncated: its pixel data ends too early.", _FETCH_AGAIN)


def _is_an_image(header: Dataset) -> bool:
    """Whether there has to be pixel data, though the file ended before it says of which kind."""
    return UID(header.get("SOPClassUID") or "").name.endswith("Image Storage")


def _size(stream: BinaryIO) -> int:
    return os.fstat(stream.fileno()).st_size


def _native_pixel_bytes(header: Dataset) -> int:
    samples = int(header.get("SamplesPerPixel") or 1)
    bits = int(header.get("BitsAllocated") or 16)
    return header.Rows * header.Columns * frame_count(header) * samples * bits // 8
