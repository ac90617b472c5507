"""Whether a study was made before or after an operation, as its descriptions tell."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from BratsSegmenterLib.domain import Series
from BratsSegmenterLib.unreadable import UNREADABLE

_DESCRIPTIONS = ("StudyDescription", "SeriesDescription", "ProtocolName", "RequestedProcedureDescription")

# "radiosurgery", "Gamma Knife surgery", "biop.", "Shunt-OP": no cavity is left where the tumour was.
_ELSEWHERE = (
    *("radio", "knife", "bi", "shunt", "cataract", "katarakt", "eye", "augen", "sinus"),
    *("spine", "spinal", "wirbelsaulen", "hws", "lws", "heart", "cardiac", "herz", "bypass"),
)
_NOT_ELSEWHERE = "".join(rf"(?<!{where})(?<!{where} )" for where in _ELSEWHERE)
_OPERATION = (
    rf"({_NOT_ELSEWHERE}(op\b|operat(?!or\b|eur)|operie|surg)|rese[ck]|exstirp|exeres|[ck]rani(\b|oto|e[ck]t|opla)"
    r"|debulk|lobect|\b[gn]tr\b)"
)
_EXTENT = r"((gross|near|sub) ?)?(total\w* |neuro|tumou?r ?)?"
_PREOP = rf"\b(pre|pra|prae) ?{_OPERATION}"
_SINCE = r"(s p|st p|st n|status post|after|nach|z n|zn|apres)"
_UNTIL = r"(before|prior to|vor|avant)"

# "T1 nach KM OP": what is over is the injection. Not so in "nach KM und OP".
_INJECTION = r"\b(km|gd|gad\w*|[ck]ontrast\w*)\b(?! (und|and|et) )"
# "Z.n. Biopsie präoperativ", "nach Chemotherapie vor der OP", "after biopsy for planned surgery".
_NEXT = r"(for|fur|zur|pour|planned|scheduled|awaiting|(geplant|ansteh|bevorsteh)\w*)"
_TO_COME = rf"({_PREOP}|\b({_UNTIL}|{_NEXT}) ((the|der|la|l) )?{_OPERATION})"
# "Z.n. Biopsie, OP geplant", "s/p biopsy, surgical planning"; but "s/p resection, planning of RT".
_PLANNED = r"\w* ?(geplant\b|planned|planning|planung|scheduled|(neuro)?navi)"
_SINCE_OPERATION = (
    rf"\b{_SINCE}( {_EXTENT}{_OPERATION}|((?!{_INJECTION}|{_TO_COME}).){{0,20}}?{_OPERATION}(?!{_PLANNED}))"
)

# Amid glued words too, "fruhpostop" and "POSTOPT2FLAIR". Words that only begin so: opt., optic, optimised (but TIRM),
# opposed phase, open, opacity, ophthalmic, operculum, opinion, operator.
_POSTOP = r"post ?op(?!t\b|ti(?!r)|p(\b|[ho])|en(\b|ed|ing)|ac(\b|i)|aque|hthal|er[ck]|inion|erat(or\b|eur))"
_AFTER = re.compile(
    rf"{_POSTOP}|\bpost ?{_EXTENT}{_OPERATION}|{_SINCE_OPERATION}"
    r"|\bn (op\b|resekt|kranio(to|pla)|kraniekt|exstirp)|\b(post|apres) ?(neuro)?chirurg(?!\w* cardi)"
    r"|\bresection cavity|\bresektionsh|\b(op|resection|resektions) ?[ck]ontrol|\bresidual tumou?r"
)
_BEFORE = re.compile(rf"{_PREOP}|\b{_UNTIL}\b.{{0,20}}?{_OPERATION}")


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
