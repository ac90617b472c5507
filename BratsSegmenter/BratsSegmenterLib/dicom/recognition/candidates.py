"""What recognition answers: candidates with reasons, and the proposal that the user confirms or overrides."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from BratsSegmenterLib.domain import Sequence, Series


@dataclass(frozen=True, eq=False)
class Candidate:
    """A series that may be a sequence.

    Attributes
    ----------
    series : Series
    sequence : Sequence
    confidence : float
        0 to 1.
    reasons : tuple of str
        Why, in plain words.
    contradiction : str
        What speaks against it; empty when nothing does.
    """

    series: Series
    sequence: Sequence
    confidence: float
    reasons: tuple[str, ...]
    contradiction: str = ""


@dataclass(frozen=True, eq=False)
class Recognition:
    """What was found in a study; nothing in it is final before the user agreed.

    Attributes
    ----------
    found : mapping of Sequence to Candidate
        The proposal. A sequence that is missing has no key.
    alternatives : mapping of Sequence to tuple of Candidate
        Other series for the same sequence, best first.
    excluded : tuple of (Series, str)
        Series that are none of the four, and why.
    overrulable : frozenset of str
        Keys of those excluded that may be chosen all the same: only their name speaks against them, they are
        reformatted or opposed-phase images, or nothing is known of them.
    warnings : tuple of str
        Contradictions, equally good candidates, gaps and anatomical series that cannot be loaded, as sentences.
    """

    found: Mapping[Sequence, Candidate]
    alternatives: Mapping[Sequence, tuple[Candidate, ...]] = field(default_factory=dict)
    excluded: tuple[tuple[Series, str], ...] = ()
    overrulable: frozenset[str] = frozenset()
    warnings: tuple[str, ...] = ()
