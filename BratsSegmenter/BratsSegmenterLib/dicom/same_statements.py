"""Whether an object says of patient and study what its images say: both are read from their files for this alone."""

from __future__ import annotations

from typing import Any

from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, VR

from BratsSegmenterLib.dicom.character_sets import CharacterSet, decoded
from BratsSegmenterLib.dicom.patient_and_study import OPTIONAL, REQUIRED
from BratsSegmenterLib.unreadable import UNREADABLE

_CHARACTER_SET = Tag("SpecificCharacterSet")


def differing_keyword(written: Dataset, images: Dataset) -> str | None:
    """The first attribute of patient and study that an object states otherwise than the images; None where none.

    Text must have the same bytes where both state the same character set, and be the same where they do not. Absent is
    the same as empty, and private elements do not count.

    Parameters
    ----------
    written, images : pydicom.Dataset
        As they were read from their files, nothing looked at: pydicom keeps the bytes only so long.
    """
    sets = tuple(dataset.get("SpecificCharacterSet") or "" for dataset in (written, images))
    in_bytes = sets[0] == sets[1]
    for keyword in (*REQUIRED, *OPTIONAL):
        tag = Tag(keyword)
        try:
            if _said(written, tag, sets[0], in_bytes) != _said(images, tag, sets[1], in_bytes):
                return keyword
        except ValueError:  # not written in the set that is stated
            return keyword
    return None


def _said(dataset: Dataset, tag: BaseTag, stated: CharacterSet, in_bytes: bool) -> Any:
    """Bytes or text, a value that is no text, or a dictionary for each item; None where there is nothing to read."""
    if tag not in dataset:
        return None
    stored = dataset.get_item(tag).value or b""
    try:
        element = dataset[tag]
    except UNREADABLE:
        return None
    if element.VR == VR.SQ:
        return [_said_in(item, stated, in_bytes) for item in element.value] or None
    if element.VR not in CUSTOMIZABLE_CHARSET_VR:
        return element.value or None
    return (stored.rstrip(b"\0 ") if in_bytes else decoded(stored, stated, element.VR == VR.PN)) or None


def _said_in(item: Dataset, stated: CharacterSet, in_bytes: bool) -> dict[BaseTag, Any]:
    stated = item.get("SpecificCharacterSet") or stated
    tags = [tag for tag in sorted(item.keys()) if not tag.is_private and tag != _CHARACTER_SET]
    said = {tag: _said(item, tag, stated, in_bytes) for tag in tags}
    return {tag: value for tag, value in said.items() if value is not None}
