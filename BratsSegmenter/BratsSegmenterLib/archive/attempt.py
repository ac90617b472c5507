"""One attempt to deliver a transaction: whether it is due, and how it went."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.archive.client import Archive
from BratsSegmenterLib.archive.failures import OtherContentError, StoreRefusedError, explaining_files
from BratsSegmenterLib.archive.patient import Patient
from BratsSegmenterLib.archive.receipt import Receipt, now
from BratsSegmenterLib.archive.stopping import is_to_be_completed
from BratsSegmenterLib.archive.transaction import Transaction, TransactionState
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress


@dataclass(frozen=True)
class Delivery:
    """How the delivery of one transaction went: with a receipt, or with the error that kept it back."""

    transaction: Transaction
    receipt: Receipt | None = None
    error: ArchiveError | None = None


def is_due(transaction: Transaction, archive: Archive, progress: Progress) -> bool:
    """Whether it waits, or was stopped when a part of it had arrived.

    Raises
    ------
    ArchiveError
        The archive cannot be asked for that part.
    Cancelled
    """
    if transaction.state is TransactionState.STOPPED:
        return is_to_be_completed(transaction, archive, progress)
    return transaction.state is TransactionState.WAITING


def attempt(transaction: Transaction, archive: Archive, progress: Progress, patient: Patient | None = None) -> Delivery:
    """Deliver a transaction, and write down how that went.

    Parameters
    ----------
    transaction : Transaction
    archive : Archive
    progress : Progress
    patient : Patient, optional
        Whose the objects have to be.

    Raises
    ------
    Cancelled
    ArchiveError
        The disk would not take what is to be written down.
    """
    attempts = transaction.attempts + 1
    with explaining_files():
        transaction = transaction.note(TransactionState.WAITING, attempts, transaction.problem)
    try:
        transaction.require_intact()
        if patient is not None:
            transaction.require_patient(patient)
        stored = archive.store(transaction.files, transaction.study_uid, progress)
    except ArchiveError as error:
        state = TransactionState.REFUSED if isinstance(error, StoreRefusedError) else TransactionState.WAITING
        with explaining_files():
            transaction = transaction.note(state, attempts, str(error), is_altered=isinstance(error, OtherContentError))
        return Delivery(transaction, error=error)
    receipt = Receipt(
        transaction_id=transaction.id,
        study_uid=transaction.study_uid,
        profile_name=transaction.profile_name,
        url=archive.profile.url,
        author=transaction.author,
        queued_at=transaction.queued_at,
        delivered_at=now(),
        attempts=attempts,
        objects=stored,
    )
    return Delivery(transaction.finish(receipt), receipt)
