"""The files of the embedded archive: kept under hashed names, whole or not at all, never overwritten."""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.multival import MultiValue

from BratsSegmenterLib.archive.embedded.index import KEYWORDS, Index
from BratsSegmenterLib.archive.instance_file import (
    DamagedInstanceError,
    InstanceIdentity,
    file_name,
    inspect,
    sha256_of,
)
from BratsSegmenterLib.durable import flush_file, flush_folder
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.unreadable import UNREADABLE

PROCESSING_FAILURE = 0x0110
DUPLICATE_INSTANCE = 0x0111
OUT_OF_RESOURCES = 0xA700
NOT_OF_THIS_STUDY = 0xA900
CANNOT_UNDERSTAND = 0xC000
_RECEIVING = "receiving-"
_INDEX = "index.sqlite"


@dataclass(frozen=True)
class Outcome:
    """What became of one object: who it is, as far as known, and why it was refused (PS3.18 annex I), if it was."""

    identity: InstanceIdentity | None
    failure_reason: int | None = None


@dataclass(frozen=True)
class _Accepted:
    values: Mapping[str, str]
    sha256: str
    incoming: Path
    name: str


class Storage:
    """Instances on disk with their index.

    Parameters
    ----------
    folder : Path
        Made when missing.

    Raises
    ------
    ArchiveError
        The folder holds something else.
    """

    def __init__(self, folder: Path) -> None:
        self.index = _open_index(folder)
        self._objects = folder / "objects"
        self._incoming = folder / "incoming"
        for made in (self._objects, self._incoming):
            made.mkdir(exist_ok=True)
        for unfinished in self._incoming.glob(f"{_RECEIVING}*"):
            unfinished.unlink()

    def close(self) -> None:
        """Let go of the files."""
        self.index.close()

    def paths(self, identifiers: Mapping[str, str]) -> list[Path]:
        """Files of the instances with these UIDs by keyword."""
        return [self._objects / name[:2] / name for name in self.index.files(identifiers)]

    def new_incoming(self) -> Path:
        """An empty file to receive an object in, for :meth:`add`; what is left of it goes at the next start."""
        handle, name = tempfile.mkstemp(prefix=_RECEIVING, dir=self._incoming)
        os.close(handle)
        return Path(name)

    def add(self, received: Iterable[Path], study_uid: str) -> list[Outcome]:
        """Take files of :meth:`new_incoming` into the archive, all in one commit.

        An object that is stored already is accepted when its bytes are the same and refused when they are not.

        Parameters
        ----------
        received : iterable of Path
        study_uid : str
            Objects of other studies are refused; empty for any.
        """
        outcomes: list[Outcome] = []
        accepted: dict[str, _Accepted] = {}
        for path in received:
            outcome, new = self._examine(path, study_uid, accepted)
            outcomes.append(outcome)
            if new is not None:
                accepted[new.values["SOPInstanceUID"]] = new
            else:
                path.unlink()
        self._commit([*accepted.values()])
        return outcomes

    def _examine(
        self, path: Path, study_uid: str, accepted: Mapping[str, _Accepted]
    ) -> tuple[Outcome, _Accepted | None]:
        try:
            identity = inspect(path)
            values = _values(path)
        except (DamagedInstanceError, *UNREADABLE):
            return Outcome(None, CANNOT_UNDERSTAND), None
        if study_uid and identity.study_uid != study_uid:
            return Outcome(identity, NOT_OF_THIS_STUDY), None
        digest = sha256_of(path)
        uid = identity.sop_instance_uid
        known = accepted[uid].sha256 if uid in accepted else self.index.sha256(uid)
        if known is not None:
            return Outcome(identity, None if known == digest else DUPLICATE_INSTANCE), None
        return Outcome(identity), _Accepted(values, digest, path, file_name(uid))

    def _commit(self, accepted: Sequence[_Accepted]) -> None:
        folders = set()
        for one in accepted:
            folder = self._objects / one.name[:2]
            folder.mkdir(exist_ok=True)
            flush_file(one.incoming)
            os.replace(one.incoming, folder / one.name)
            folders.add(folder)
        for folder in (*folders, self._objects):
            flush_folder(folder)
        self.index.add((one.values, one.sha256, one.name) for one in accepted)


def _open_index(folder: Path) -> Index:
    """The first file in a folder of ours, so that one without it is somebody else's."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / _INDEX).is_file() and any(folder.iterdir()):
        raise ArchiveError(
            f"The folder {folder} holds other files than those of this archive.", "Name a new or an empty folder."
        )
    try:
        return Index(folder / _INDEX)
    except sqlite3.DatabaseError as error:
        raise ArchiveError(
            f"The index of the archive in {folder} cannot be opened: {error}.",
            "End the program that works on it, or name a new folder.",
        ) from error


def _values(path: Path) -> dict[str, str]:
    dataset = dcmread(path, specific_tags=[*KEYWORDS, "SpecificCharacterSet"], stop_before_pixels=True)
    return {keyword: _text(dataset, keyword) for keyword in KEYWORDS}


def _text(dataset: Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    if isinstance(value, MultiValue):
        return "\\".join(map(str, value))
    return "" if value is None else str(value)
