"""Whether two studies under one Patient ID are of one patient: hospitals that share an archive give the same numbers.

A birth date stays for life. A name does not: it is married, cut short, typed by hand, and written in several orders,
spellings and scripts; two names differ only where nothing that can be compared is alike.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from difflib import SequenceMatcher

from BratsSegmenterLib.archive.listing import StudySummary
from BratsSegmenterLib.archive.patient import Patient

_PARTICLES = frozenset(
    ("al", "bin", "da", "de", "del", "den", "der", "di", "dos", "du", "el", "la", "le", "van", "von")
)
_NAMES_PROPER = 3  # family, given and middle name; what follows are titles (DICOM PS3.5 6.2.1.1)
_ALIKE = 0.75  # of the letters, as in Ahmed and Ahmad


def patient_of(study: StudySummary) -> Patient:
    """The patient whom a study names as it is listed."""
    return Patient(
        patient_id=study.patient_id,
        name=study.patient_name,
        issuer=study.issuer_of_patient_id,
        birth_date=study.birth_date,
    )


def contradiction(one: Patient, other: Patient) -> str:
    """What speaks against the two being one, who have the same ID, as a clause; empty when nothing does.

    An issuer that is called otherwise is outweighed by the same birth date with a name alike: hospitals merge, and
    systems are renamed.
    """
    if _contradict(_digits(one.birth_date), _digits(other.birth_date)):
        return "the birth dates differ"
    are_alike = _names_are_alike(one.name, other.name)
    if are_alike is False:
        return "the names differ"
    if _issuers_differ(one, other) and not (_share_birth_date(one, other) and are_alike):
        return "the patient IDs come from different issuers"
    return ""


def why_not_proven(one: Patient, other: Patient) -> str:
    """Why the two may not be taken for one where images depend on it, as a clause; empty when they may.

    Besides the ID, the birth date must say so or, where it is not known of both, the name word for word; two names that
    are empty, or initials alone, say nothing.
    """
    if not one.patient_id or one.patient_id != other.patient_id:
        return "the patient IDs differ or are not known"
    if _issuers_differ(one, other):
        return "the patient IDs come from different issuers"
    against = contradiction(one, other)
    if against or _share_birth_date(one, other) or _names_agree(one.name, other.name):
        return against
    return "the birth date is not known of both, and the names do not agree word for word"


def _contradict(one: str, other: str) -> bool:
    """Whether both say something, and not only one of them more than the other, a day beside a year."""
    return bool(one and other) and not (one.startswith(other) or other.startswith(one))


def _issuers_differ(one: Patient, other: Patient) -> bool:
    return bool(one.issuer and other.issuer) and one.issuer.casefold() != other.issuer.casefold()


def _share_birth_date(one: Patient, other: Patient) -> bool:
    return _digits(one.birth_date) == _digits(other.birth_date) != ""


def _digits(day: str) -> str:
    """A date without the points that it had in the old form of DA."""
    return re.sub(r"\D", "", day)


def _names_are_alike(one: str, other: str) -> bool | None:
    """Whether any words of the same script are alike; None where there are none to compare."""
    pairs = [
        (word, counterpart)
        for word in filter(_is_telling, _words(one))
        for counterpart in filter(_is_telling, _words(other))
        if _script(word) == _script(counterpart)
    ]
    return any(_are_alike(*pair) for pair in pairs) if pairs else None


def _are_alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other).ratio() >= _ALIKE


def _names_agree(one: str, other: str) -> bool:
    """Whether the words are the same in any order; one name may lack some, but not all but one.

    Initials and particles must agree too, but count for none: J. is as good for John as for Jane.
    """
    fewer, more = sorted((set(_words(one)), set(_words(other))), key=len)
    telling = sum(map(_is_telling, fewer))
    return telling > 0 if fewer == more else telling > 1 and fewer < more


def _words(name: str) -> Iterator[str]:
    """The words of all component groups, without case and accents."""
    for group in name.split("="):
        proper = " ".join(group.split("^")[:_NAMES_PROPER])
        decomposed = unicodedata.normalize("NFKD", proper.casefold())
        yield from "".join(map(_in_word, decomposed)).split()


def _in_word(character: str) -> str:
    """A letter, or a vowel sign that stands within a word; nothing for an accent, a blank for what parts words."""
    if unicodedata.combining(character):
        return ""
    return character if unicodedata.category(character)[0] in "LM" else " "


def _is_telling(word: str) -> bool:
    """Whether it is more than a particle or an initial."""
    is_initial = len(word) == 1 and _script(word) in ("LATIN", "CYRILLIC", "GREEK")
    return word not in _PARTICLES and not is_initial


def _script(word: str) -> str:
    """The script of the first letter, as Unicode names it: ``LATIN``, ``CJK``."""
    return unicodedata.name(word[0], "").partition(" ")[0]
