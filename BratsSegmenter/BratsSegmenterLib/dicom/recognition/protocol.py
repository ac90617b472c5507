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
_NEITHER_FLAIR_NOR_T2 = (
    "Without FLAIR and without T2: "
    "oedema and whole tumour will not be measured, only enhancing tumour and necrotic core."
)


def missing_notes(found: Collection[Sequence]) -> tuple[str, ...]:
    """Sentences about what will not be measured, or less well, without the missing sequences.

    T1c with FLAIR gives the full result; T1c alone enhancing tumour and necrosis; FLAIR or T2 alone the
    whole tumour, drawn as oedema.
    """
    return tuple(missing_note(sequence, found) for sequence in _NOTES if sequence not in found)


def missing_note(lost: Sequence, found: Collection[Sequence]) -> str:
    """The sentence about one sequence that is missing, where those of `found` are there."""
    if lost is Sequence.FLAIR and Sequence.T2 not in found:
        return _NEITHER_FLAIR_NOR_T2
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
