"""Whether a study was made before or after an operation, as its descriptions tell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from BratsSegmenterLib.dicom.reading import UNREADABLE
from BratsSegmenterLib.domain import Series

_DESCRIPTIONS = ("StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription")

# "radiosurgery", "Gamma Knife surgery", "biop.", "Shunt-OP": no cavity is left where the tumour was.
_ELSEWHERE = (
    *("radio", "knife", "bi", "shunt", "cataract", "katarakt", "eye", "augen", "sinus"),
    *("spine", "spinal", "wirbelsaulen", "hws", "lws", "heart", "cardiac", "herz", "bypass"),
)
_NOT_ELSEWHERE = "".join(rf"(?<!{where})(?<!{where} )" for where in _ELSEWHERE)
_OPERATION = (
    rf"({_NOT_ELSEWHERE}(op\b|operat(?!or\b)|operie|surg)|rese[ck]|exstirp|exeres|[ck]rani(\b|oto|e[ck]t|opla)"
    r"|debulk|lobect|\b[gn]tr\b)"
)
_SINCE = r"(s p|st p|st n|status post|after|nach|z n|zn|apres)"
_UNTIL = r"(before|vor|avant)"
# "nach KM OP-Planung", "after contrast for surgery", "nach Chemotherapie vor OP": what is over was no operation.
_BETWEEN = rf"((?!\b(km|gd|gad\w*|[ck]ontrast\w*)\b|\b({_UNTIL}|for|fur) {_OPERATION}).){{0,20}}?"
# Amid glued words too, "fruhpostop" and "POSTOPBRAINAxT1"; not "T1 postOPP", of opposed phase.
_POSTOP = r"postop(?![tph]|en|ac)"
_AFTER = re.compile(
    rf"{_POSTOP}|\bpost ?((gross|near|sub) ?)?(total |neuro)?{_OPERATION}|\b{_SINCE}\b{_BETWEEN}{_OPERATION}"
    rf"|\bn (op\b|resekt|kranio|exstirp)|\b(post|apres) ?(neuro)?chirurg"
    r"|\bresection cavity|\bresektionsh|\bop kontrolle|\bresidual tumou?r"
)
_BEFORE = re.compile(rf"\b(pre|pra|prae) ?(op\b|opera|surg|resec)|\b{_UNTIL}\b.{{0,20}}?{_OPERATION}")


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
        plain = " ".join(re.sub(r"[^\w]|_", " ", unicodedata.normalize("NFKC", text).lower()).split())
        unaccented = "".join(unicodedata.normalize("NFD", letter)[0] for letter in plain)
        for surgery, pattern in ((Surgery.AFTER, _AFTER), (Surgery.BEFORE, _BEFORE)):
            found = pattern.search(unaccented)
            if found:
                return SurgeryReading(surgery, plain[slice(*found.span())])
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
