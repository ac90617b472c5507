"""Texts that are cut to the room there is for them."""

from __future__ import annotations


def end_elided(text: str, longest: int) -> str:
    """The beginning of a text, in at most so many characters."""
    return text if len(text) <= longest else f"{text[: longest - 1].rstrip()}…"


def middle_elided(text: str, longest: int) -> str:
    """Beginning and end of a text, in at most so many characters: of a name and an ID both tell who is meant."""
    if len(text) <= longest:
        return text
    tail = longest // 2
    return f"{text[: longest - tail - 1].rstrip()}…{text[-tail:].lstrip()}"
