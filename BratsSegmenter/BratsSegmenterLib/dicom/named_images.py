"""The images that a structure set or SEG says it was drawn on: the series it lists, and what its parts name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pydicom.dataset import Dataset
from pydicom.multival import MultiValue

from BratsSegmenterLib.dicom.planes import ENHANCED_MR

NamedImage = tuple[str, int | None]
"""SOP Instance UID and frame number; without a number the whole object."""


def named_images(items: Iterable[Dataset]) -> Iterator[NamedImage]:
    """What the items of a Contour Image, Source Image or Referenced Instance Sequence name (DICOM PS3.3 table 10-3)."""
    for item in items:
        uid, numbers = str(item.get("ReferencedSOPInstanceUID") or ""), item.get("ReferencedFrameNumber")
        for number in numbers if isinstance(numbers, MultiValue) else [numbers]:
            yield uid, None if number is None else int(number)


def name_whole_multi_frame(items: Iterable[Dataset]) -> bool:
    """Whether such items name a multi-frame object as a whole, which does not tell on which of its frames."""
    return any(
        item.get("ReferencedSOPClassUID") in ENHANCED_MR and item.get("ReferencedFrameNumber") is None for item in items
    )


def is_named(images: Iterable[NamedImage], frame: NamedImage) -> bool:
    """Whether one of the images is that frame; a whole object stands for its frames, as a classic image does."""
    uid, number = frame
    return any(uid == named and (number is None or other in (None, number)) for named, other in images)


def listed_images(header: Dataset) -> dict[str, list[NamedImage]]:
    """Series Instance UID to images that an object lists in its head, in their order (PS3.3 C.8.8.5, C.12.2)."""
    listed: dict[str, list[NamedImage]] = {}
    for frame_of_reference in header.get("ReferencedFrameOfReferenceSequence") or []:
        for study in frame_of_reference.get("RTReferencedStudySequence") or []:
            for series in study.get("RTReferencedSeriesSequence") or []:
                own = listed.setdefault(str(series.get("SeriesInstanceUID") or ""), [])
                own += named_images(series.get("ContourImageSequence") or [])
    for series in header.get("ReferencedSeriesSequence") or []:
        own = listed.setdefault(str(series.get("SeriesInstanceUID") or ""), [])
        own += named_images(series.get("ReferencedInstanceSequence") or [])
    return listed
