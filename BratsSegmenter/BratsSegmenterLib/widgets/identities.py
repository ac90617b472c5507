"""Who the patients are, as the panel says it: by name and ID, or by a short pseudonym when others look on."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from textwrap import shorten

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.widgets.eliding import end_elided, middle_elided
from BratsSegmenterLib.widgets.preferences import QtSettings
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.translation import tr as _

_LONGEST_DESCRIPTION = 80
_LONGEST_HEADING, _LONGEST_PATIENT_IN_HEADING = 46, 24
_UNNAMED = _("unnamed study")
_DIGITS = 8  # with four, two of some hundred patients would probably share one
_HIDDEN, _KEY = "BratsSegmenter/hideIdentities", "BratsSegmenter/pseudonymKey"


class Identities:
    """Names of patients for every part of the panel; whether they are hidden is remembered.

    Parameters
    ----------
    settings : QtSettings
        Keeps the switch, and a random key without which nobody can try out whom a pseudonym means.

    Attributes
    ----------
    changed : Signal
        Emitted without arguments after the switch was turned.
    """

    def __init__(self, settings: QtSettings) -> None:
        self._settings = settings
        self.changed = Signal()
        if not settings.value(_KEY, ""):
            settings.setValue(_KEY, secrets.token_hex(16))

    @property
    def are_hidden(self) -> bool:
        """Whether pseudonyms are shown."""
        return str(self._settings.value(_HIDDEN, False)).lower() == "true"  # an INI file keeps text

    def hide(self, hidden: bool) -> None:
        """Show pseudonyms from now on, or names again."""
        self._settings.setValue(_HIDDEN, hidden)
        self.changed.emit()

    def patient(self, study: StudySummary) -> str:
        """Name and ID of a study's patient, or the pseudonym; empty when the study names nobody."""
        known = study.patient_id or study.patient_name
        if self.are_hidden and known:
            return self.pseudonym(known)
        return " · ".join(filter(None, (readable_name(study.patient_name), study.patient_id)))

    def title(self, study: StudySummary) -> str:
        """Date, patient and description of a study in a line; without what is not known.

        The date comes first: where the line is cut short, two studies of one patient must not look alike.
        """
        description = shorten(study.description, _LONGEST_DESCRIPTION, placeholder="…")
        return ", ".join(filter(None, (readable_day(study.study_date), self.patient(study), description))) or _UNNAMED

    def heading(self, study: StudySummary) -> str:
        """The title for a heading, which is not broken into lines: Slicer's module panel grows as wide as it is."""
        patient = middle_elided(self.patient(study), _LONGEST_PATIENT_IN_HEADING)
        begun = ", ".join(filter(None, (readable_day(study.study_date), patient)))
        description = end_elided(study.description, _LONGEST_HEADING - len(begun))
        return ", ".join(filter(None, (begun, description))) or _UNNAMED

    def pseudonym(self, known: str) -> str:
        """What stands for a Patient ID, or for a name where there is none; the same on this computer always."""
        key = str(self._settings.value(_KEY, "")).encode()
        return _("Patient {code}").format(code=hmac.digest(key, known.encode(), hashlib.sha256).hex()[:_DIGITS].upper())


def readable_name(person_name: str) -> str:
    """A DICOM person name (PS3.5 6.2.1.1) as people write it: family name, comma, given name."""
    alphabetic = person_name.split("=")[0]
    family, _, given = alphabetic.partition("^")
    return ", ".join(filter(None, (family, " ".join(given.replace("^", " ").split()))))


def readable_day(day: str) -> str:
    """A DICOM date (PS3.5 6.2) as YYYY-MM-DD; anything else as it is."""
    return f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else day
