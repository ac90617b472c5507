"""Image files, written and read whole: of a NIfTI file ITK fills what is missing with zeros and checks no checksum."""

from __future__ import annotations

import math
import zlib
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import SeriesError, explaining_memory, unwritable

_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20
_GZIP_WRAPPED = 16 + zlib.MAX_WBITS  # as zlib asks for it
_PAIR = (".hdr", ".img")  # a header whose voxels lie in a file of their own


def write_image(image: sitk.Image, path: Path) -> None:
    """Write an image in the format that its name ends in, whole or not at all; its folder is made when missing.

    Raises
    ------
    ExportError
        The disk refused.
    """
    try:
        with whole_file(path) as partial:
            sitk.WriteImage(image, str(partial))
            require_whole_image(partial)  # ITK says nothing of a disk that fills while it writes NIfTI
    except (OSError, RuntimeError) as error:
        raise unwritable(path, error) from error


def read_image(path: Path) -> NDArray[np.float32]:
    """The voxels of an image of a job folder, (slices, rows, columns).

    Raises
    ------
    SeriesError
        The file is gone or damaged.
    """
    return _voxels(path, sitk.sitkFloat32, "image")


def read_mask(path: Path) -> NDArray[np.bool_]:
    """A mask of a job folder, (slices, rows, columns), true where the image is not zero.

    Raises
    ------
    SeriesError
        The file is gone or damaged.
    """
    return _voxels(path, sitk.sitkUInt8, "mask") != 0


def _voxels(path: Path, pixel_type: int, what: str) -> NDArray[Any]:
    try:
        return sitk.GetArrayFromImage(read_whole_image(path, pixel_type))
    except RuntimeError as error:
        raise SeriesError(f"The {what} {path.name} cannot be read.", "Segment the study again.", str(error)) from error


def read_whole_image(path: Path, pixel_type: int = sitk.sitkUnknown) -> sitk.Image:
    """Read an image file after :func:`require_whole_image`.

    Parameters
    ----------
    path : Path
    pixel_type : int
        Of the image returned, one of SimpleITK's; the file's own when left out.

    Raises
    ------
    RuntimeError
        As SimpleITK for what it cannot read; the file is cut short or damaged.
    BratsSegmenterError
        The memory is not enough.
    """
    require_whole_image(path)
    with explaining_memory():
        return sitk.ReadImage(str(path), pixel_type)


def require_whole_image(path: Path) -> None:
    """Prove that a NIfTI file holds all its voxels and, where it is compressed, that they are what was written.

    Of other formats only the header is read: ITK refuses them itself when they are cut short.

    Raises
    ------
    RuntimeError
        As SimpleITK for what it cannot read; the file is cut short, or its checksum (RFC 1952) is another one.
    """
    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    reader.ReadImageInformation()
    if not reader.HasMetaDataKey("vox_offset"):
        return
    expected = _promised_bytes(reader)
    try:
        held = held_bytes(_voxel_file(path))
    except (EOFError, zlib.error) as error:
        raise RuntimeError(f"{path.name} is cut short or damaged: {error}") from error
    if held < expected:
        raise RuntimeError(f"{path.name} is cut short: it holds {held} of {expected} bytes.")


def held_bytes(path: Path) -> int:
    """Size of a file; of a compressed one what it opens to, read to its end, where the checksum stands.

    Raises
    ------
    EOFError, zlib.error
        It is cut short or damaged.
    """
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            return path.stat().st_size
        file.seek(0)
        return _opened_bytes(file)


def _opened_bytes(file: BinaryIO) -> int:
    """Of all gzip streams in a row; what follows them is ignored, as by zlib's own reader, which ITK has."""
    size, held, stream = 0, b"", zlib.decompressobj(_GZIP_WRAPPED)
    while held := held or file.read(_CHUNK_BYTES):
        size += len(stream.decompress(held, _CHUNK_BYTES))
        held = stream.unconsumed_tail
        if stream.eof:
            held = stream.unused_data
            if len(held) < len(_GZIP):
                held += file.read(_CHUNK_BYTES)
            if not held.startswith(_GZIP):
                return size
            stream = zlib.decompressobj(_GZIP_WRAPPED)
    raise EOFError("it ends before the end of its compressed stream")


def _promised_bytes(reader: sitk.ImageFileReader) -> int:
    """Up to the end of the voxels, by the header's own ``dim``, ``bitpix`` and ``vox_offset``."""
    sides = [int(reader.GetMetaData(f"dim[{n + 1}]")) for n in range(int(reader.GetMetaData("dim[0]")))]
    voxel_bytes = int(reader.GetMetaData("bitpix")) // 8
    return int(float(reader.GetMetaData("vox_offset"))) + math.prod(sides) * voxel_bytes


def _voxel_file(path: Path) -> Path:
    """The file whose voxels ITK reads: of a pair, whichever file is named, the uncompressed one if it is there."""
    plain = path.with_suffix("") if path.suffix.lower() == ".gz" else path
    if plain.suffix.lower() not in _PAIR:
        return path
    endings = (".img", ".img.gz") if plain.suffix.islower() else (".IMG", ".IMG.GZ")
    uncompressed, compressed = (plain.with_suffix(ending) for ending in endings)
    return uncompressed if uncompressed.exists() else compressed
