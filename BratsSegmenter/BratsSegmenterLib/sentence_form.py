"""Sentences of one form: made where something is found, and known again where somebody reads them."""

from __future__ import annotations

import re
from dataclasses import dataclass

_BETWEEN_SENTENCES = re.compile(r"(?<=\.) (?=[A-Z0-9])")
_PLACE = re.compile(r"\{[^}]*\}")


def sentences(text: str) -> tuple[str, ...]:
    """The sentences of a text, as far as a full stop before a capital or a number tells them."""
    return tuple(_BETWEEN_SENTENCES.split(text))


@dataclass(frozen=True)
class SentenceForm:
    """One or two sentences with places for what differs.

    Attributes
    ----------
    text : str
        With the places as `str.format` has them.
    """

    text: str

    def of(self, *words: object) -> str:
        """The sentences with these words in their places."""
        return self.text.format(*words)

    def is_of(self, said: str) -> bool:
        """Whether `said` has this form, or that of one of its sentences."""
        return any(_pattern(form).fullmatch(said) for form in (self.text, *sentences(self.text)))


def _pattern(form: str) -> re.Pattern[str]:
    return re.compile(".+".join(re.escape(part) for part in _PLACE.split(form)))
