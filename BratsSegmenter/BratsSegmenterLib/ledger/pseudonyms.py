"""Names that tell nobody who is meant, but always mean the same: keyed hashes."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from pathlib import Path

from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import LearningError

_KEY_BYTES = 32


class Pseudonyms:
    """HMAC-SHA256 (RFC 2104) under a key that never leaves its file.

    Without the key nobody can try out all the names or UIDs that might be meant.

    Parameters
    ----------
    path : Path
        Of the key, as hexadecimal digits, readable for its owner only.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def create_key(self) -> None:
        """Make a key where there is none."""
        if not self._path.exists():
            with whole_file(self._path) as partial:
                partial.touch(mode=0o600)
                partial.write_text(secrets.token_hex(_KEY_BYTES), encoding="ascii")

    def study(self, study_uid: str) -> str:
        """The pseudonym of a study."""
        return self._of("study", study_uid)

    def patient(self, patient_id: str) -> str:
        """The pseudonym of the patient with an ID; empty where there is none."""
        return self._of("patient", patient_id.strip()) if patient_id.strip() else ""

    def person(self, name: str) -> str:
        """The pseudonym of a person, blind to case; empty for nobody."""
        return self._of("person", name.strip().casefold()) if name.strip() else ""

    def _of(self, what: str, name: str) -> str:
        return hmac.digest(self._key(), f"{what}:{name}".encode(), hashlib.sha256).hex()

    def _key(self) -> bytes:
        try:
            key = bytes.fromhex(self._path.read_text(encoding="ascii"))
        except (OSError, ValueError) as error:
            raise LearningError(
                f"The key of the pseudonyms, {self._path.name}, is missing or damaged.",
                "Bring it back from a backup; with another key the same patient and study would get another name.",
                type(error).__name__,
            ) from error
        if len(key) != _KEY_BYTES:
            raise LearningError(
                f"The key of the pseudonyms, {self._path.name}, is too short.", "Bring it back from a backup."
            )
        return key
