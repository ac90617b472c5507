"""Two files that claim to be the same image: whether it matters which of them is taken."""

from __future__ import annotations

import filecmp
from itertools import takewhile
from pathlib import Path

from BratsSegmenterLib.dicom.reading import read_whole
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

# Acquisition, relationship and geometry, presentation, functional groups, pixels: all that a volume is made of.
_GROUPS_OF_AN_IMAGE = (0x0018, 0x0020, 0x0028, 0x5200, 0x7FE0)


def are_same_image(one: Path, other: Path) -> bool:
    """Whether two files of one SOP instance hold the same pixels at the same place, however they name the patient.

    Archives stamp what they send, so that copies of one image can differ in other groups.
    """
    try:
        if filecmp.cmp(one, other, shallow=False):
            return True
        first, second = read_whole(one), read_whole(other)
        return first.file_meta.get("TransferSyntaxUID") == second.file_meta.get("TransferSyntaxUID") and all(
            first.group_dataset(group) == second.group_dataset(group) for group in _GROUPS_OF_AN_IMAGE
        )
    except (OSError, SeriesError, *UNREADABLE):
        return False


def told_apart(one: Path, other: Path) -> tuple[str, str]:
    """How two files or folders are called: by their names, and where those are the same by their folders, too."""
    if one.name != other.name:
        return one.name, other.name
    shared = len([*takewhile(lambda parts: parts[0] == parts[1], zip(one.parts, other.parts, strict=False))])
    return str(Path(*one.parts[shared:])), str(Path(*other.parts[shared:]))
