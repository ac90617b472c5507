"""Which studies of a folder are of one patient, without saying of whom."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.ledger import Pseudonyms

KEY_FILE = "patients.key"
_DIGITS = 12


def patient_names(folder: Path, patient_ids: Iterable[str], say: Callable[[str], None]) -> dict[str, str]:
    """A pseudonym for each Patient ID, the same whenever it is asked for in this folder; none for an empty ID.

    Parameters
    ----------
    folder : Path
        Of the studies; it keeps the key.
    patient_ids : iterable of str
    say : callable
        Told why there are no pseudonyms, where the key was damaged.
    """
    pseudonyms = Pseudonyms(folder / KEY_FILE)
    try:
        pseudonyms.create_key()
        return {one: _name(pseudonyms.patient(one)) for one in set(patient_ids)}
    except LearningError as error:
        say(str(error))
        return {}


def _name(pseudonym: str) -> str:
    """Short, and with a letter in front: twelve digits, or an e among them, are a number to a spreadsheet."""
    return f"P{pseudonym[:_DIGITS]}" if pseudonym else ""
