"""Compressed pixel data: a chain of fragments with a mark at its end (DICOM PS3.5 A.4)."""

from __future__ import annotations

import os
from typing import BinaryIO

_ELEMENT_HEADER_BYTES = 12  # tag, VR, two bytes without meaning, length
_ITEM_HEADER_BYTES = 8  # tag, length
_UNDEFINED = b"\xff\xff\xff\xff"
_ITEM = b"\xfe\xff\x00\xe0"
_END_OF_ITEMS = b"\xfe\xff\xdd\xe0"


def is_chain_whole(stream: BinaryIO) -> bool:
    """Whether compressed pixel data goes on to its end; nothing of it is read but where each fragment ends.

    Parameters
    ----------
    stream : BinaryIO
        At the element Pixel Data (7FE0,0010), in Explicit VR Little Endian; left at any position.
    """
    if not stream.read(_ELEMENT_HEADER_BYTES).endswith(_UNDEFINED):
        return False
    while len(item := stream.read(_ITEM_HEADER_BYTES)) == _ITEM_HEADER_BYTES:
        if item.startswith(_END_OF_ITEMS):
            return True
        if not item.startswith(_ITEM):
            return False
        stream.seek(int.from_bytes(item[4:], "little"), os.SEEK_CUR)
    return False
