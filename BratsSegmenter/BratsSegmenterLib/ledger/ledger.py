"""The folder of a ledger: corrections go in, nothing is ever changed."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from BratsSegmenterLib import __version__
from BratsSegmenterLib.domain import Segmentation
from BratsSegmenterLib.durable import UNFINISHED, write_atomically
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.ledger.chain import Chain
from BratsSegmenterLib.ledger.corrections import Correction, LedgerEntry, decode_mask, encode_mask, region_changes
from BratsSegmenterLib.ledger.pseudonyms import Pseudonyms
from BratsSegmenterLib.lock_files import LockFile, LockIsHeldError
from BratsSegmenterLib.records import from_json, to_json

_LOCK_WAIT_S = 10.0
_UNWRITABLE = (errno.EROFS, errno.EACCES)


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
        self._lock = LockFile(folder / ".lock", _LOCK_WAIT_S)

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

    def enter(self, correction: Correction) -> LedgerEntry | None:
        """Append a correction unless the study's last entry says the same: whoever sends again need not know.

        One that changes nothing, because a person signed what the model drew, takes a correction back that is here.

        Returns
        -------
        LedgerEntry or None
            None where the same label map of the same reviewer is the study's last one, or there is nothing to take
            back.

        Raises
        ------
        LearningError
            As of :meth:`append`.
        """
        if correction.changes_nothing and not self._folder.is_dir():
            return None
        with self._alone(make=True):
            last = self._last_of(correction.study_uid)
            is_known = correction.changes_nothing if last is None else self._is_same(correction, last)
            return None if is_known else self.append(correction)

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

        Of a folder that was put back as a whole to how it was earlier it cannot tell; the hash of the last entry, kept
        elsewhere, can, and masks that no entry names are a sign (see :meth:`unnamed_masks`).

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

    def unnamed_masks(self) -> int:
        """How many masks no entry names: a crash leaves up to two, entries that were taken away leave theirs.

        Raises
        ------
        LearningError
            The ledger is not in order.
        """
        with self._alone():
            named = {name for entry in self.entries() for name in (entry.before_mask, entry.after_mask)}
            return len({path.stem for path in self._masks.glob("[!.]*.npz")} - named)

    def mend(self) -> Path | None:
        """Set the beginning of an entry whose writing was interrupted aside, and say where; None where there is none.

        Raises
        ------
        LearningError
        """
        with self._alone():
            return self._chain.set_torn_line_aside()

    def _last_of(self, study_uid: str) -> LedgerEntry | None:
        entries = self.entries()
        study = self.pseudonym(study_uid) if entries else ""  # there is no key before the first entry
        return next((entry for entry in reversed(entries) if entry.study == study), None)

    def _is_same(self, correction: Correction, entry: LedgerEntry) -> bool:
        after = _name(encode_mask(correction.after))
        return (after, self._pseudonyms.person(correction.reviewer)) == (entry.after_mask, entry.reviewer)

    def _keep_mask(self, content: bytes) -> str:
        name = _name(content)
        write_atomically(self._masks / f"{name}.npz", content)
        return name

    def _remove_unfinished(self) -> None:
        """What a killed process began to write under another name."""
        for unfinished in (*self._folder.glob(f"{UNFINISHED}*"), *self._masks.glob(f"{UNFINISHED}*")):
            unfinished.unlink()

    def _mask(self, number: int, name: str) -> bytes:
        """The bytes of an entry's mask, proved to be what was written."""
        path = self._masks / f"{name}.npz"
        if not path.exists():
            raise LearningError(f"Entry {number}: its mask {path.name} is missing.", "Bring it back from a backup.")
        content = path.read_bytes()
        if _name(content) != name:
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
            with self._locked(make):
                yield
        except LockIsHeldError as error:
            raise LearningError(
                "Another process is writing to the ledger.", "Try again when it has finished.", str(error)
            ) from error
        except OSError as error:
            raise LearningError(
                f"The ledger at {self._folder} cannot be used.",
                "Check the free space and the rights of its folder.",
                error.strerror or type(error).__name__,
            ) from error

    @contextmanager
    def _locked(self, to_write: bool) -> Iterator[None]:
        """A folder that takes no lock's file, on a read-only medium for example, can still be read."""
        try:
            self._lock.acquire()
        except OSError as error:
            if to_write or error.errno not in _UNWRITABLE:
                raise
        try:
            yield
        finally:
            self._lock.release()


def _name(mask: bytes) -> str:
    """SHA-256, by which the file of an encoded mask is named."""
    return hashlib.sha256(mask).hexdigest()
