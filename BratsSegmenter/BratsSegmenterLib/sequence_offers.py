"""What another study of the same patient can lend to one that lacks a sequence."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from BratsSegmenterLib.archive import StudySummary

WITHIN_DAYS = 30
"""How far apart the two studies may be unless something else is asked for."""


@dataclass(frozen=True)
class SequenceOffer:
    """A sequence that a study lacks and another study of the same patient seems to have; nothing of it was fetched.

    Attributes
    ----------
    sequence : str
        "T1", "T1c", "T2" or "FLAIR".
    study : StudySummary
        The other study.
    days_later : int
        Than the study that lacks it; negative where it is earlier.
    description : str
        Series Description. It can hold a patient's name: show it, never log it.
    series_uids : tuple of str
        The series that may be it, judged by their names; one of them where the headers could be read.
    files : tuple of Path
        The files of the whole other study, where it lies on this computer.
    """

    sequence: str
    study: StudySummary
    days_later: int
    description: str = field(repr=False)
    series_uids: tuple[str, ...]
    files: tuple[Path, ...] = ()


def apart(days_later: int) -> str:
    """How far one study is from another, to follow its date: ``9 days earlier``."""
    if days_later == 0:
        return "the same day"
    days = abs(days_later)
    return f"{days} day{'' if days == 1 else 's'} {'later' if days_later > 0 else 'earlier'}"
