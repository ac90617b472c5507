"""Deflated DICOM files (PS3.5 A.5): a small one can be made to exhaust the memory of whoever opens it."""

from __future__ import annotations

import zlib
from typing import BinaryIO

from pydicom.filereader import read_dataset
from pydicom.uid import DeflatedExplicitVRLittleEndian

_PREAMBLE_AND_PREFIX_BYTES = 128 + 4
_PIECE_BYTES = 1 << 20


def inflates_beyond(stream: BinaryIO, limit_bytes: int) -> bool:
    """Whether a DICOM file is deflated and its data set grows beyond a limit; nothing of that is kept.

    Parameters
    ----------
    stream : BinaryIO
        A file with preamble (PS3.10 7.1); left at any position.
    limit_bytes : int
        What the data set may have when it is inflated.

    Raises
    ------
    zlib.error
        It is said to be deflated and is not.
    """
    stream.seek(_PREAMBLE_AND_PREFIX_BYTES)
    # To where pydicom itself inflates from, not to where the group length claims: the two can be made to differ.
    meta = read_dataset(stream, False, True, stop_when=lambda tag, vr, length: tag.group != 2)
    if meta.get("TransferSyntaxUID") != DeflatedExplicitVRLittleEndian:
        return False
    read_dataset(stream, True, True, stop_when=lambda tag, vr, length: tag.group != 0)
    inflater, inflated_bytes = zlib.decompressobj(-zlib.MAX_WBITS), 0
    while not inflater.eof and (packed := inflater.unconsumed_tail or stream.read(_PIECE_BYTES)):
        inflated_bytes += len(inflater.decompress(packed, _PIECE_BYTES))
        if inflated_bytes > limit_bytes:
            return True
    return False
