"""NIfTI files that hold all they promise: ITK fills what is missing with zeros and checks no checksum."""

from __future__ import annotations

import gzip
import math
import zlib
from pathlib import Path

import SimpleITK as sitk

_GZIP = b"\x1f\x8b"
_CHUNK_BYTES = 1 << 20
_PAIR = ".hdr"  # of a header whose voxels lie in a file of their own


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
    """
    require_whole_image(path)
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
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise RuntimeError(f"{path.name} is cut short or damaged: {error}") from error
    if held < expected:
        raise RuntimeError(f"{path.name} is cut short: it holds {held} of {expected} bytes.")


def held_bytes(path: Path) -> int:
    """Size of a file; of a compressed one what it opens to, read to its end, where the checksum stands.

    Raises
    ------
    EOFError, gzip.BadGzipFile, zlib.error
        It is cut short or damaged.
    """
    with path.open("rb") as file:
        if file.read(len(_GZIP)) != _GZIP:
            return path.stat().st_size
    size = 0
    with gzip.open(path) as opened:
        while piece := opened.read(_CHUNK_BYTES):
            size += len(piece)
    return size


def _promised_bytes(reader: sitk.ImageFileReader) -> int:
    """Up to the end of the voxels, by the header's own ``dim``, ``bitpix`` and ``vox_offset``."""
    sides = [int(reader.GetMetaData(f"dim[{n + 1}]")) for n in range(int(reader.GetMetaData("dim[0]")))]
    voxel_bytes = int(reader.GetMetaData("bitpix")) // 8
    return int(float(reader.GetMetaData("vox_offset"))) + math.prod(sides) * voxel_bytes


def _voxel_file(path: Path) -> Path:
    if path.suffix != _PAIR:
        return path
    plain = path.with_suffix(".img")
    return plain if plain.exists() else plain.with_name(f"{plain.name}.gz")
