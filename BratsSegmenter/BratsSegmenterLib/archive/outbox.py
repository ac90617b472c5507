"""What is on its way to an archive: kept on disk until it is proved to have arrived, exactly once."""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from BratsSegmenterLib.archive.attempt import Delivery, attempt, is_due
from BratsSegmenterLib.archive.client import Archive
from BratsSegmenterLib.archive.failures import explaining_files
from BratsSegmenterLib.archive.instance_file import inspect_own, sha256_of
from BratsSegmenterLib.archive.patient import Patient
from BratsSegmenterLib.archive.profile import Profile
from BratsSegmenterLib.archive.receipt import Receipt, now
from BratsSegmenterLib.archive.stopping import stopped
from BratsSegmenterLib.archive.transaction import QueuedObject, Transaction, TransactionState
from BratsSegmenterLib.durable import flush_file, flush_folder
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.lock_files import LockFile, LockIsHeldError
from BratsSegmenterLib.progress import Progress

_STAGING = ".staging-"
_LOCK_WAIT_S = 3.0
_UNDELIVERED = (TransactionState.WAITING, TransactionState.STOPPED, TransactionState.REFUSED)


class Outbox:
    """A queue of transactions in a folder.

    A transaction appears whole or not at all. An object keeps its bytes and UIDs from the moment it is queued, and the
    archive is asked for it before each sending; so a crash at any point, of us or of the archive, leaves every object
    in the archive once.

    Parameters
    ----------
    folder : Path
        On a local disk; made when missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._adding = LockFile(folder / ".adding.lock", _LOCK_WAIT_S)
        self._delivering = LockFile(folder / ".delivering.lock", _LOCK_WAIT_S)

    def transactions(self) -> tuple[Transaction, ...]:
        """All transactions, oldest first, delivered ones included."""
        folders = sorted(path for path in self._folder.iterdir() if path.is_dir() and path.name[0] != ".")
        transactions = tuple(Transaction.read(folder) for folder in folders)
        # A crash may come between queueing what replaces others and noting it with them.
        replaced = {name for transaction in transactions for name in transaction.replaces}
        return tuple(
            replace(one, state=TransactionState.REPLACED) if one.id in replaced and one.state in _UNDELIVERED else one
            for one in transactions
        )

    def undelivered(self) -> tuple[Transaction, ...]:
        """What waits, for whatever archive, was stopped or was refused; oldest first."""
        return tuple(transaction for transaction in self.transactions() if transaction.state in _UNDELIVERED)

    def awaited(self) -> tuple[Transaction, ...]:
        """What of :meth:`undelivered` must not be lost: all but what was stopped before anything of it arrived."""
        return tuple(transaction for transaction in self.undelivered() if not transaction.is_void)

    def clear(self) -> None:
        """Drop what was stopped before anything of it arrived, and remove every object that is sent no more.

        What is awaited stays, and all manifests and receipts do.

        Raises
        ------
        ArchiveError
            Another process is working on this outbox.
        """
        with _held(self._adding), _held(self._delivering), explaining_files():
            self._remove_unfinished()
            for transaction in self.transactions():
                if transaction.is_void:
                    transaction = transaction.note(
                        TransactionState.DROPPED, transaction.attempts, transaction.problem, transaction.has_part
                    )
                if transaction.state not in _UNDELIVERED:
                    transaction.remove_objects()

    def add(
        self,
        files: Sequence[Path],
        study_uid: str,
        profile: Profile,
        author: str = "",
        replaced: Iterable[Transaction] = (),
    ) -> Transaction:
        """Queue objects as one transaction. When it returns, not even a power loss takes them away.

        Parameters
        ----------
        files : sequence of Path
            DICOM files; they are copied.
        study_uid : str
            The study that all of them belong to.
        profile : Profile
            Of the archive they are meant for.
        author : str
            Who sends them, for the receipt.
        replaced : iterable of Transaction
            Undelivered ones in whose place they are sent: they are delivered no more, and their objects go when these
            have arrived.

        Returns
        -------
        Transaction
            The one in which exactly these objects wait already, if there is one; one that was stopped or refused is
            queued again. What was delivered before is queued anew, as somebody may have deleted it in the archive
            since, and so is what was replaced or dropped; delivering it sends what the archive does not list.

        Raises
        ------
        ArchiveError
            A file is no DICOM object of this study, or changes an object that was queued before without a new UID.
        """
        with explaining_files():
            objects = tuple(_describe(path, number, study_uid) for number, path in enumerate(files, start=1))
        if not objects:
            raise ArchiveError("There is nothing to send.", "Choose at least one kind of object.")
        with _held(self._adding), explaining_files():
            self._remove_unfinished()
            known = self._holding_the_same(objects, profile)
            if known is not None:
                waits = known.state is TransactionState.WAITING
                return known if waits else known.note(TransactionState.WAITING, known.attempts, "")
            replaced = tuple(replaced)
            folder = self._folder / f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{secrets.token_hex(3)}"
            transaction = Transaction(
                folder=folder,
                study_uid=study_uid,
                profile_name=profile.name,
                author=author,
                queued_at=now(),
                objects=objects,
                url=profile.url,
                stow_prefix=profile.stow_prefix,
                replaces=tuple(one.id for one in replaced),
            )
            self._publish(transaction, files)
            for one in replaced:
                one.note(TransactionState.REPLACED, one.attempts, one.problem)
        return transaction

    def deliver(
        self, archive: Archive, progress: Progress | None = None, patient: Patient | None = None
    ) -> tuple[Delivery, ...]:
        """Deliver everything that waits for `archive`; a failure does not keep the others back.

        What its user stopped is completed where a part of it has arrived, and is left otherwise.

        Parameters
        ----------
        archive : Archive
        progress : Progress, optional
        patient : Patient, optional
            Whose the objects have to be; what names another patient is refused.

        Raises
        ------
        Cancelled
            What was not delivered waits for the next time.
        ArchiveError
            Another process is delivering from this outbox.
        """
        progress = progress or Progress()
        with _held(self._delivering):
            deliveries = tuple(
                attempt(transaction, archive, progress, patient)
                for transaction in self.transactions()
                if transaction.is_for(archive.profile) and is_due(transaction, archive, progress)
            )
            self._let_go()
        return deliveries

    def deliver_one(
        self,
        transaction: Transaction,
        archive: Archive,
        progress: Progress | None = None,
        patient: Patient | None = None,
    ) -> Receipt:
        """Deliver one transaction, as :meth:`deliver`; the receipt of an earlier delivery when it has arrived already.

        Raises
        ------
        ArchiveError
            It did not arrive whole. It stays in the outbox, its state and problem say why.
        Cancelled
            It goes out later only if a part of it has arrived; the sentence says so.
        """
        with _held(self._delivering):
            current = Transaction.read(transaction.folder)
            if current.state is TransactionState.DELIVERED:
                return current.receipt()
            try:
                delivery = attempt(current, archive, progress or Progress(), patient)
            except Cancelled:
                raise stopped(current, archive) from None
            self._let_go()
        if delivery.receipt is None:
            raise delivery.error or ArchiveError("The objects did not arrive.")
        return delivery.receipt

    def _publish(self, transaction: Transaction, files: Iterable[Path]) -> None:
        staging = Path(tempfile.mkdtemp(prefix=_STAGING, dir=self._folder))
        try:
            for one, source in zip(transaction.objects, files, strict=True):
                shutil.copyfile(source, staging / one.file_name)
                flush_file(staging / one.file_name)
            transaction.write_manifest(staging)
            os.rename(staging, transaction.folder)
        except BaseException:
            shutil.rmtree(staging, ignore_errors=True)
            raise
        flush_folder(self._folder)

    def _let_go(self) -> None:
        """Remove the objects of what has arrived, and of what was replaced by that."""
        replaced: set[str] = set()
        for transaction in reversed(self.transactions()):
            if transaction.state is TransactionState.DELIVERED or transaction.id in replaced:
                transaction.remove_objects()
                replaced.update(transaction.replaces)

    def _remove_unfinished(self) -> None:
        for staging in self._folder.glob(f"{_STAGING}*"):
            shutil.rmtree(staging)

    def _holding_the_same(self, objects: Sequence[QueuedObject], profile: Profile) -> Transaction | None:
        hashes = {one.sop_instance_uid: one.sha256 for one in objects}
        same = None
        for transaction in self.transactions():
            queued = {one.sop_instance_uid: one.sha256 for one in transaction.objects}
            changed = [uid for uid in hashes.keys() & queued.keys() if hashes[uid] != queued[uid]]
            if changed:
                raise ArchiveError(
                    f"The object {changed[0]} was queued before with other content.",
                    "Export it again: every change needs a new UID.",
                )
            if queued == hashes and transaction.state in _UNDELIVERED and transaction.is_for(profile):
                same = transaction
        return same


@contextmanager
def _held(lock: LockFile) -> Iterator[None]:
    """Hold a lock, with a sentence when it cannot be had."""
    try:
        lock.acquire()
    except LockIsHeldError:
        raise ArchiveError(
            "Another window or program is working on the outbox.", "Wait until it has finished, then send again."
        ) from None
    try:
        yield
    finally:
        lock.release()


def _describe(path: Path, number: int, study_uid: str) -> QueuedObject:
    identity = inspect_own(path)
    if identity.study_uid != study_uid:
        raise ArchiveError(
            f"The file {path.name} belongs to study {identity.study_uid}, not to {study_uid}.",
            "Nothing was queued; export again from the right study.",
        )
    return QueuedObject(
        f"{number:04d}.dcm", identity.series_uid, identity.sop_class_uid, identity.sop_instance_uid, sha256_of(path)
    )
