"""Whether a study was made before or after an operation, as its descriptions tell."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from BratsSegmenterLib.dicom.reading import UNREADABLE
from BratsSegmenterLib.domain import Series

_DESCRIPTIONS = ("StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription")

_OPERATION = r"(op\b|operation|surg|resect|resekt|exstirp|craniot|kraniot|debulk|lobect)"
_SINCE = r"(s p|st p|status post|after|nach|z n|zn|apr[eè]s)"
_UNTIL = r"(before|vor|avant)"
_AFTER = re.compile(
    rf"\bpost ?(op\b|opera|surg|resec|resek|craniot)|\b{_SINCE}\b.{{0,20}}?{_OPERATION}"
    r"|\bresection cavity|\bresektionsh|\bop kontrolle|\bresidual tumou?r"
)
_BEFORE = re.compile(rf"\b(pre|prä|prae) ?(op\b|opera|surg|resec)|\b{_UNTIL}\b.{{0,20}}?{_OPERATION}")


class Surgery(Enum):
    """When the study was made."""

    BEFORE = "pre-operative"
    AFTER = "post-operative"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class SurgeryReading:
    """What the descriptions tell, and the words that do; no words when they tell nothing."""

    surgery: Surgery
    words: str = ""


def read_surgery(texts: Iterable[str]) -> SurgeryReading:
    """Read descriptions in English, German or French; the first that tells decides.

    Examples
    --------
    >>> read_surgery(["MR head", "T1 post op"])
    SurgeryReading(surgery=<Surgery.AFTER: 'post-operative'>, words='post op')
    """
    for text in texts:
        plain = " ".join(re.sub(r"[^\w]|_", " ", text.lower()).split())
        for surgery, pattern in ((Surgery.AFTER, _AFTER), (Surgery.BEFORE, _BEFORE)):
            found = pattern.search(plain)
            if found:
                return SurgeryReading(surgery, found[0])
    return SurgeryReading(Surgery.UNKNOWN)


def surgery_of(series: Iterable[Series]) -> SurgeryReading:
    """What the headers of a study's series tell."""
    return read_surgery(text for one in series for text in _texts(one))


def _texts(series: Series) -> Iterator[str]:
    for keyword in _DESCRIPTIONS:
        try:
            yield str(series.header.get(keyword) or "")
        except UNREADABLE:
            yield ""  # a damaged description tells nothing
