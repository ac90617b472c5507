"""What an image says of patient and study, copied to an object: as the very bytes, or the same text in UTF-8."""

from __future__ import annotations

from collections.abc import Iterable
from copy import deepcopy

from pydicom import config
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.tag import BaseTag, Tag
from pydicom.valuerep import CUSTOMIZABLE_CHARSET_VR, VR

from BratsSegmenterLib.dicom.character_sets import CharacterSet, decoded
from BratsSegmenterLib.unreadable import UNREADABLE

_CHARACTER_SET = Tag("SpecificCharacterSet")


def copied(header: Dataset, keywords: Iterable[str], in_utf_8: bool) -> Dataset:
    """The attributes of those names that a header has, without what cannot be read or is private in their items.

    pydicom writes text that is given as bytes as it is. What it reads as text it may write otherwise: half-width
    kana beside ASCII become question marks.

    Parameters
    ----------
    header : pydicom.Dataset
        As it was read from its file: of an element that was looked at before, pydicom no longer knows the bytes.
    keywords : iterable of str
    in_utf_8 : bool
        Whether text is to be written in UTF-8. If not, it keeps its bytes, and only makes sense in the same set.

    Raises
    ------
    ValueError
        Text that is to be written in UTF-8 is not written in the character set that the header states.
    """
    tags = [Tag(keyword) for keyword in keywords]
    stated = header.get("SpecificCharacterSet") or ""
    return _copied(header, [tag for tag in tags if tag in header], stated, in_utf_8)


def _copied(dataset: Dataset, tags: Iterable[BaseTag], stated: CharacterSet, in_utf_8: bool) -> Dataset:
    copy = Dataset()
    for tag in tags:
        element = _element(dataset, tag, stated, in_utf_8)
        if element is not None:
            copy[tag] = element
    return copy


def _element(dataset: Dataset, tag: BaseTag, stated: CharacterSet, in_utf_8: bool) -> DataElement | None:
    stored = dataset.get_item(tag).value
    try:
        element = dataset[tag]
    except UNREADABLE:
        return None
    if element.VR == VR.SQ:
        return DataElement(tag, VR.SQ, [_item(item, stated, in_utf_8) for item in element.value])
    if element.VR not in CUSTOMIZABLE_CHARSET_VR:
        return deepcopy(element)
    text = decoded(stored, stated, element.VR == VR.PN).encode() if in_utf_8 and stored else stored
    return DataElement(tag, element.VR, text, validation_mode=config.IGNORE)


def _item(item: Dataset, stated: CharacterSet, in_utf_8: bool) -> Dataset:
    """An item may have a character set of its own (DICOM PS3.3 C.12.1.1.2)."""
    stated = item.get("SpecificCharacterSet") or stated
    tags = [tag for tag in sorted(item.keys()) if not (tag.is_private or (in_utf_8 and tag == _CHARACTER_SET))]
    return _copied(item, tags, stated, in_utf_8)
