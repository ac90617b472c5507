"""What measurement reports of ours say: volumes of the regions, and who observed them."""

from __future__ import annotations

from collections.abc import Iterator

from pydicom.dataset import Dataset

from BratsSegmenterLib.domain import REGIONS

_TRACKING_IDENTIFIER, _VOLUME, _PERSON = "112039", "118565006", "121008"
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


def says_nothing_is_drawn(report: Dataset) -> bool:
    """Whether a report measures regions, all of them with a volume of 0."""
    volumes_ml = volumes_in_report(report)
    return bool(volumes_ml) and not any(volumes_ml.values())


def observer_in(report: Dataset) -> str:
    """Person Observer Name (PS3.16 TID 1003); empty where none is named. Show it, never log it."""
    people = (item for item in _children(report) if item.ConceptNameCodeSequence[0].CodeValue == _PERSON)
    return next((str(item.PersonName) for item in people), "")


def _items(item: Dataset) -> Iterator[Dataset]:
    yield item
    for child in item.get("ContentSequence") or []:
        yield from _items(child)


def _children(item: Dataset) -> list[Dataset]:
    return [child for child in item.get("ContentSequence") or [] if "ConceptNameCodeSequence" in child]
