"""What the name of a file says it is: a sequence or the labels of a case, and of which years of BraTS."""

from __future__ import annotations

import re
from pathlib import Path

from BratsSegmenterLib.domain import Sequence

SEQUENCE_NAMES = {
    "t1": Sequence.T1,
    "t1n": Sequence.T1,
    "t1w": Sequence.T1,
    "t1c": Sequence.T1C,
    "t1ce": Sequence.T1C,
    "t1gd": Sequence.T1C,
    "t1post": Sequence.T1C,
    "t1wce": Sequence.T1C,
    "ct1": Sequence.T1C,
    "t2": Sequence.T2,
    "t2w": Sequence.T2,
    "flair": Sequence.FLAIR,
    "t2f": Sequence.FLAIR,
    "t2flair": Sequence.FLAIR,
}
"""What the challenges of all years, their users, the Medical Segmentation Decathlon and BIDS call the sequences."""
LABELS = "seg"
"""The role of the label map."""
_FILE = re.compile(r"(?:.*[_-])?([a-z0-9]+)\.nii(?:\.gz)?", re.IGNORECASE)
_CONTRAST_AGENT = re.compile(r"(?:.*_)?ce-[a-z0-9]+_", re.IGNORECASE)
"""BIDS names T1c by this entity alone: "sub-01_ce-gadolinium_T1w"."""
_CAVITY_WORDS = ("t1n", "t2w", "t2f")
_CAVITY_NAME = re.compile(r"(?:(?:BraTS-[a-z]+|synthetic)-\d{5}-\d{3}|[0-9a-f]{12}-[0-9a-f]{12})\b", re.IGNORECASE)
_PAEDIATRIC_NAME = re.compile(r"BraTS-PEDs?-", re.IGNORECASE)
_NO_CAVITY_NAME = re.compile(r"BraTS_?(?:20)?(?:1[2-9]|2[0-2])(?!\d)", re.IGNORECASE)


def role(file: Path) -> str:
    """The value of a :class:`Sequence`, or :data:`LABELS`.

    Empty for nothing of ours, and for hidden files, which systems leave behind.
    """
    word = _word(file)
    if word not in SEQUENCE_NAMES:
        return LABELS if word == LABELS else ""
    sequence = SEQUENCE_NAMES[word]
    if sequence is Sequence.T1 and _CONTRAST_AGENT.match(file.name):
        sequence = Sequence.T1C
    return sequence.value


def four_is_cavity(path: Path) -> bool | None:
    """Whether the name of a case's folder or file says that the label 4 is the resection cavity; None where it is mute.

    In the challenges that use these words and names of cases (2023 on: "BraTS-GLI-00005-100"), and in what
    ``synthesise`` and ``collect`` write, it is. In those of 2012 to 2022 ("BraTS2021_00005") it is enhancing tumour.
    """
    if _word(path) in _CAVITY_WORDS or _CAVITY_NAME.match(path.name):
        return True
    return False if _NO_CAVITY_NAME.match(path.name) else None


def is_paediatric(path: Path) -> bool:
    """Whether the name of a case's folder or file is of BraTS-PED, whose labels changed their meaning under one name.

    In 2023 they were 1 what does not enhance, 2 oedema and 3 enhancing tumour, as in all challenges that use such
    names; since 2024 they are 1 enhancing tumour, 2 non-enhancing tumour, 3 cysts and 4 oedema.
    """
    return bool(_PAEDIATRIC_NAME.match(path.name))


def _word(file: Path) -> str:
    match = None if file.name.startswith(".") else _FILE.fullmatch(file.name)
    return match.group(1).lower() if match else ""
