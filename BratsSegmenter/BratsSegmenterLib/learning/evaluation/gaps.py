"""Sequences that labelled cases lack: a network never meets what is there under a name that nobody understood."""

from __future__ import annotations

import re
from collections.abc import Iterable
from collections.abc import Sequence as Items
from pathlib import Path

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation.cases import CaseFiles
from BratsSegmenterLib.learning.evaluation.roles import SEQUENCE_NAMES

_LIKE_A_SEQUENCE = re.compile(r"t1|t2|flair|mprage|spgr|gad|contrast|post|^\d{4}\.", re.IGNORECASE)
"""The last is a channel of nnU-Net, in a file with another ending than dataset.json says."""
_NAMED = 5


def sequence_gaps(cases: Items[CaseFiles], sequences: Iterable[Sequence] = tuple(Sequence)) -> tuple[str, ...]:
    """A sentence for each of the sequences that not all labelled cases have.

    Raises
    ------
    LearningError
        No case has a sequence, and beside the others lie images with names like a sequence's.
    """
    labelled = [case for case in cases if case.labels]
    sentences = []
    for sequence in sequences:
        lacking = [case for case in labelled if sequence not in case.images]
        if not lacking:
            continue
        have = "has" if len(lacking) == 1 else "have"
        sentence = f"{len(lacking)} of {len(labelled)} cases {have} no {sequence.value} image"
        names = sorted({_ending(file) for case in lacking for file in case.strangers})
        if names:
            sentence += f"; files not understood: {_listed(names)}"
        if len(lacking) == len(labelled) and any(map(_LIKE_A_SEQUENCE.search, names)):
            known = ", ".join(name for name, meant in SEQUENCE_NAMES.items() if meant is sequence)
            raise LearningError(
                f"{sentence}.", f"Rename those of {sequence.value} (known endings: {known}), or move them elsewhere."
            )
        sentences.append(f"{sentence}.")
    return tuple(sentences)


def _ending(file: Path) -> str:
    """What a name has in common with those of other cases: what stands before may be a patient's."""
    return re.split("[_-]", file.name)[-1]


def _listed(names: Items[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
