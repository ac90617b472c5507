"""The folder of a ledger: corrections go in, nothing is ever changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from BratsSegmenterLib import __version__
from BratsSegmenterLib.domain import Segmentation
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.ledger.chain import Chain
from BratsSegmenterLib.ledger.corrections import Correction, LedgerEntry, decode_mask, encode_mask, region_changes
from BratsSegmenterLib.ledger.pseudonyms import Pseudonyms
from BratsSegmenterLib.records import from_json, to_json

_LOCK_WAIT_S = 10.0


class Ledger:
    """Corrections in a folder, for as many processes as want to add to it.

    Parameters
    ----------
    folder : Path
        On a local disk; made with the first correction.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._masks = folder / "masks"
        self._chain = Chain(folder)
        self._pseudonyms = Pseudonyms(folder / "pseudonym.key")
        self._lock = FileLock(folder / ".lock", timeout=_LOCK_WAIT_S)

    def append(self, correction: Correction) -> LedgerEntry:
        """Enter a correction; when it returns, not even a power loss takes it away.

        Raises
        ------
        LearningError
            The ledger is not in order, its key is gone, or the disk refused. Nothing was added.
        """
        regions = region_changes(correction.before, correction.after)
        masks = [encode_mask(segmentation) for segmentation in (correction.before, correction.after)]
        with self._alone(make=True):
            if not self._chain.read():
                self._pseudonyms.create_key()
            self._remove_unfinished()
            before, after = (self._keep_mask(content) for content in masks)
            values = {
                "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
                "study": self._pseudonyms.study(correction.study_uid),
                "reviewer": self._pseudonyms.person(correction.reviewer),
                "minutes_spent": float(correction.minutes_spent),
                "starts_from_ai": correction.starts_from_ai,
                "algorithm": to_json(correction.before.algorithm),
                "software_version": __version__,
                "before_mask": before,
                "after_mask": after,
                "regions": to_json(regions),
            }
            return from_json(LedgerEntry, self._chain.append(values))

    def entries(self) -> tuple[LedgerEntry, ...]:
        """All corrections, oldest first.

        Raises
        ------
        LearningError
            There is no ledger, or an entry is not what was written; the first such entry is named.
        """
        with self._alone():
            return tuple(from_json(LedgerEntry, link) for link in self._chain.read())

    def pseudonym(self, study_uid: str) -> str:
        """What the entries call a study.

        Raises
        ------
        LearningError
            The ledger's key is gone.
        """
        return self._pseudonyms.study(study_uid)

    def patient_pseudonym(self, patient_id: str) -> str:
        """What a patient is called who must not be named, always the same; empty where the ID is.

        Raises
        ------
        LearningError
            The ledger's key is gone.
        """
        return self._pseudonyms.patient(patient_id)

    def corrected(self, entry: LedgerEntry) -> Segmentation:
        """The label map as the person left it, in the grid of the series that it was drawn on.

        Raises
        ------
        LearningError
            The mask is missing, or not what was written.
        """
        with self._alone():
            return decode_mask(self._mask(entry.number, entry.after_mask), entry.algorithm)

    def verify(self) -> int:
        """Prove that every entry and every mask is what was written, and count the entries.

        Raises
        ------
        LearningError
            Names the first entry that is broken, and what of it.
        """
        entries = self.entries()
        for entry in entries:
            self._mask(entry.number, entry.before_mask)
            self._mask(entry.number, entry.after_mask)
        return len(entries)

    def mend(self) -> Path | None:
        """Set the beginning of an entry whose writing was interrupted aside, and say where; None where there is none.

        Raises
        ------
        LearningError
        """
        with self._alone():
            return self._chain.set_torn_line_aside()

    def _keep_mask(self, content: bytes) -> str:
        name = hashlib.sha256(content).hexdigest()
        write_atomically(self._masks / f"{name}.npz", content)
        return name

    def _remove_unfinished(self) -> None:
        """What a killed process began to write under another name."""
        for unfinished in (*self._folder.glob(".partial-*"), *self._masks.glob(".partial-*")):
            unfinished.unlink()

    def _mask(self, number: int, name: str) -> bytes:
        """The bytes of an entry's mask, proved to be what was written."""
        path = self._masks / f"{name}.npz"
        if not path.exists():
            raise LearningError(f"Entry {number}: its mask {path.name} is missing.", "Bring it back from a backup.")
        content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != name:
            raise LearningError(f"Entry {number}: its mask {path.name} was changed.", "Bring it back from a backup.")
        return content

    @contextmanager
    def _alone(self, make: bool = False) -> Iterator[None]:
        """No other process is at work in the folder meanwhile."""
        try:
            if make:
                self._folder.mkdir(parents=True, exist_ok=True)
            elif not self._folder.is_dir():
                raise LearningError(f"There is no ledger at {self._folder}.", "Check the path.")
            with self._lock:
                yield
        except Timeout as error:
            raise LearningError(
                "Another process is writing to the ledger.", "Try again when it has finished.", str(error)
            ) from error
        except OSError as error:
            raise LearningError(
                f"The ledger at {self._folder} cannot be used.",
                "Check the free space and the rights of its folder.",
                error.strerror or type(error).__name__,
            ) from error
