"""What measurement reports of ours say: volumes of the regions, the images they lie on, and who observed them."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.named_images import NamedImage, named_images
from BratsSegmenterLib.domain import REGIONS

_TRACKING_IDENTIFIER, _VOLUME, _PERSON, _SOURCE_IMAGE = "112039", "118565006", "121008", "121233"
_MM3_PER_ML = 1000


def volumes_in_report(report: Dataset) -> dict[str, float]:
    """Millilitres by region key, of every group whose tracking identifier is a region (PS3.16 TID 1411 and 1501)."""
    volumes_ml = {}
    for group in _items(report):
        own = {item.ConceptNameCodeSequence[0].CodeValue: item for item in _children(group)}
        if _TRACKING_IDENTIFIER in own and _VOLUME in own:
            key = str(own[_TRACKING_IDENTIFIER].TextValue)
            if key in REGIONS:
                volumes_ml[key] = float(own[_VOLUME].MeasuredValueSequence[0].NumericValue) / _MM3_PER_ML
    return volumes_ml


def sources_in_report(report: Dataset) -> dict[str, set[NamedImage]]:
    """By region key, the images and frames that its segment was drawn on (PS3.16 TID 1411)."""
    sources = {}
    for group in _items(report):
        named, keys = _children(group, _SOURCE_IMAGE), _children(group, _TRACKING_IDENTIFIER)
        if named and keys:
            sources[str(keys[0].TextValue)] = {
                image for item in named for image in named_images(item.ReferencedSOPSequence)
            }
    return sources


def says_nothing_is_drawn(report: Dataset) -> bool:
    """Whether a report measures regions, all of them with a volume of 0."""
    volumes_ml = volumes_in_report(report)
    return bool(volumes_ml) and not any(volumes_ml.values())


def observer_in(report: Dataset) -> str:
    """Person Observer Name (PS3.16 TID 1003); empty where none is named. Show it, never log it."""
    return next((str(item.PersonName) for item in _children(report, _PERSON)), "")


def _items(item: Dataset) -> Iterator[Dataset]:
    yield item
    for child in item.get("ContentSequence") or []:
        yield from _items(child)


def _children(item: Dataset, concept: str = "") -> list[Dataset]:
    """Its items that have a concept name, or that one."""
    named = [child for child in item.get("ContentSequence") or [] if "ConceptNameCodeSequence" in child]
    return [child for child in named if not concept or child.ConceptNameCodeSequence[0].CodeValue == concept]
