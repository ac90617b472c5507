"""What a series' name says: weighting, contrast agent, or that it is no anatomical series at all.

Names are free text of hospitals and vendors in several languages. They are read after the numbers and count less.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum

from BratsSegmenterLib.dicom.recognition import agent_words, vocabulary
from BratsSegmenterLib.domain import Sequence


class Weighting(Enum):
    """What an anatomical MR image shows, contrast agent aside."""

    T1 = "T1"
    T2 = "T2"
    FLAIR = "FLAIR"


@dataclass(frozen=True)
class NameReading:
    """What was read from a name.

    Attributes
    ----------
    weighting : Weighting or None
    exclusion : str
        What the name says the series is instead of T1, T2 or FLAIR; empty when nothing.
    contrast : bool or None
        With (True) or without (False) contrast agent; None when the name does not say.
    """

    weighting: Weighting | None
    exclusion: str
    contrast: bool | None


def read_name(*texts: str) -> NameReading:
    """Read series description, protocol name and the like as one name, whose first parts count most for contrast.

    Examples
    --------
    >>> read_name("AX T1 FLAIR +C")
    NameReading(weighting=<Weighting.T1: 'T1'>, exclusion='', contrast=True)
    """
    # The bar keeps words of different attributes apart: "T2" and "*tse2d" are no "T2*".
    plain = [_plain(text) for text in texts]
    name = " | ".join(plain)
    return NameReading(_weighting(name), _exclusion(name), _contrast_said_first(plain))


def names_another_part(protocol: str) -> bool:
    """Whether the Protocol Name (0018,1030) of an examination tells that another part of the body is seen, no head."""
    plain = _plain(protocol)
    other_part = dict(vocabulary.EXCLUSIONS)[vocabulary.OTHER_PART]
    return other_part.search(plain) is not None and vocabulary.HEAD.search(plain) is None


def sequence_named(description: str) -> Sequence | None:
    """The sequence that a series' name alone says it is; None when it names none of them, or something else too."""
    reading = read_name(description)
    if reading.weighting is None or reading.exclusion:
        return None
    if reading.weighting is Weighting.T1 and reading.contrast:
        return Sequence.T1C
    return Sequence(reading.weighting.value)


def is_contrast_agent(agent: str) -> bool:
    """Whether Contrast/Bolus Agent (0018,0010) names an agent: some sites type "NO" or "PRE" into it."""
    plain = _plain(agent)
    return bool(plain) and not agent_words.NO_AGENT.fullmatch(plain) and _contrast(plain) is not False


def announces_contrast(study_description: str) -> bool:
    """Whether a study's description says that an agent is given in it: "W/WO CONTRAST", "mit KM"."""
    plain = _plain(study_description)
    return agent_words.WITH_AND_WITHOUT.search(plain) is not None or _contrast(plain) is True


def _plain(text: str) -> str:
    # Letters of full width become plain ones, and an accent one with its letter; the dot of a Turkish I goes.
    text = unicodedata.normalize("NFKC", text).lower().replace("\u0307", "")
    # "w/wo" is both and tells nothing about one series; "w/o" and "-c" are without.
    text = re.sub(r"\bw ?/? ?(and|&|/)? ?w/?o\b", "wwo", text)
    text = re.sub(r"(?<=[\s_])-(c|gd|gad|km)\b|\bw/?o\b", " without ", text)
    # So are "C-" and, at the end, "GD-"; a hyphen between words is only that: "gd -axial", "c-spine".
    text = re.sub(
        r"(?<![a-z0-9+])(c-(?![^\s_])|(c|ce|gd|gado?|k|km|iv) ?\(-\)|(ce|gd|gado?|k|km|iv) ?-$)", " without ", text
    )
    return " ".join(re.sub(r"[_\-./,;:()\[\]<>|]", " ", text).split())


def _weighting(name: str) -> Weighting | None:
    t2 = vocabulary.T2.search(name)
    # "T1 FLAIR" is a T1 image with an inversion pulse; "T2 FLAIR" and plain "FLAIR" are FLAIR.
    if vocabulary.FLAIR.search(name) and (t2 or not vocabulary.T1_ITSELF.search(name)):
        return Weighting.FLAIR
    if vocabulary.T1.search(name):
        return Weighting.T1
    return Weighting.T2 if t2 else None


def _exclusion(name: str) -> str:
    return next((meaning for meaning, pattern in vocabulary.EXCLUSIONS if pattern.search(name)), "")


def _contrast_said_first(texts: Iterable[str]) -> bool | None:
    """What the first text says that says anything; of one series "with and without contrast" says nothing."""
    of_one_series = (agent_words.WITH_AND_WITHOUT_AGENT.sub(" ", text) for text in texts)
    return next((said for text in of_one_series if (said := _contrast(text)) is not None), None)


def _contrast(name: str) -> bool | None:
    if agent_words.WITHOUT_CONTRAST.search(name):
        return False
    return True if agent_words.WITH_CONTRAST.search(name) else None
