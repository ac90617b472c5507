"""The user's profiles, kept in one JSON file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from BratsSegmenterLib.archive.profile import Profile
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ArchiveError

_Entry = dict[str, Any]


class ProfileStore:
    """The user's profiles in one JSON file.

    An entry that today's rules refuse, because an older version or a person wrote it, hides no other one: it is passed
    over, stays in the file, and is replaced or removed by its name.

    Parameters
    ----------
    path : Path
        Made at the first save.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def profiles(self) -> tuple[Profile, ...]:
        """All profiles that can be used, in the order they were first saved.

        Raises
        ------
        ArchiveError
            The file is not readable as profiles.
        """
        return tuple(one for one in self._read() if isinstance(one, Profile))

    def refused(self) -> tuple[ArchiveError, ...]:
        """Why each of the others cannot be used.

        Raises
        ------
        ArchiveError
            The file is not readable as profiles.
        """
        return tuple(one for one in self._read() if isinstance(one, ArchiveError))

    def profile(self, name: str) -> Profile:
        """The profile called `name`.

        Raises
        ------
        ArchiveError
            There is none, or it cannot be used.
        """
        for entry in self._entries():
            if entry.get("name") == name:
                return self._profile(entry)
        raise ArchiveError(f"There is no PACS profile called '{name}'.", "Choose another profile or make this one.")

    def save(self, profile: Profile) -> None:
        """Add the profile, or replace the one of the same name in its place."""
        entries, new = self._entries(), profile.to_json()
        is_known = any(entry.get("name") == profile.name for entry in entries)
        kept = [new if entry.get("name") == profile.name else entry for entry in entries]
        self._write(kept if is_known else [*kept, new])

    def remove(self, name: str) -> None:
        """Forget the profile called `name`, if there is one."""
        self._write([entry for entry in self._entries() if entry.get("name") != name])

    def _read(self) -> list[Profile | ArchiveError]:
        read: list[Profile | ArchiveError] = []
        for entry in self._entries():
            try:
                read.append(self._profile(entry))
            except ArchiveError as error:
                read.append(error)
        return read

    def _profile(self, entry: _Entry) -> Profile:
        try:
            return Profile.from_json(entry)
        except ArchiveError as error:
            advice = f"Until then it is left out; correct it in {self._path}, or enter it anew under its name."
            raise ArchiveError(error.what, f"{error.advice} {advice}", error.cause) from error

    def _entries(self) -> list[_Entry]:
        """What stands in the file, whether it can be used or not."""
        if not self._path.exists():
            return []
        try:
            return [dict(entry.items()) for entry in json.loads(self._path.read_text(encoding="utf-8"))["profiles"]]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArchiveError(
                f"The file with the PACS profiles, {self._path}, is damaged.",
                "Repair or remove it and enter the profiles again.",
                type(error).__name__,
            ) from error

    def _write(self, entries: Sequence[_Entry]) -> None:
        text = json.dumps({"profiles": entries}, indent=2, ensure_ascii=False)
        write_atomically(self._path, text.encode())
