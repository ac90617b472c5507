"""What a study with fewer than four sequences still allows to measure."""

from __future__ import annotations

from collections.abc import Collection

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import RecognitionError

_NOTES = {
    Sequence.T1C: (
        "Without T1c: enhancing tumour, necrotic core and oedema will not be measured, only the whole tumour, "
        "which is drawn as oedema."
    ),
    Sequence.FLAIR: "Without FLAIR: oedema and whole tumour are drawn from T2 and less certain.",
    Sequence.T1: "Without T1 before contrast: blood and other bright tissue may be counted as enhancing tumour.",
    Sequence.T2: "Without T2: the border between necrosis, cavity and oedema is less certain.",
}
_OF_OEDEMA = frozenset({Sequence.FLAIR, Sequence.T2})
_NEITHER_FLAIR_NOR_T2 = (
    "Without FLAIR and without T2: "
    "oedema and whole tumour will not be measured, only enhancing tumour and necrotic core."
)


def missing_notes(found: Collection[Sequence]) -> tuple[str, ...]:
    """Sentences about what will not be measured, or less well, without the missing sequences.

    T1c with FLAIR gives the full result; T1c alone enhancing tumour and necrosis; FLAIR or T2 alone the
    whole tumour, drawn as oedema.
    """
    notes = (missing_note(sequence, found) for sequence in _NOTES if sequence not in found)
    return tuple(dict.fromkeys(filter(None, notes)))


def missing_note(lost: Sequence, found: Collection[Sequence]) -> str:
    """The sentence about one sequence that is missing, where those of `found` are there.

    Empty where it costs nothing: what it would make surer is not measured with those that are there.
    """
    if lost in _OF_OEDEMA and _OF_OEDEMA.isdisjoint({*found} - {lost}):
        return _NEITHER_FLAIR_NOR_T2
    if lost in (Sequence.T1, Sequence.T2) and Sequence.T1C not in found:
        return ""
    return _NOTES[lost]


def reference_sequence(found: Collection[Sequence]) -> Sequence:
    """In whose grid the result is drawn: T1c, else FLAIR.

    Raises
    ------
    RecognitionError
        Neither of them is there: no tumour region could be measured.
    """
    for sequence in (Sequence.T1C, Sequence.FLAIR):
        if sequence in found:
            return sequence
    raise RecognitionError(
        "Neither T1 with contrast agent nor FLAIR was found, so no region of the tumour can be measured.",
        "If the study holds one of them, choose its series by hand.",
    )
