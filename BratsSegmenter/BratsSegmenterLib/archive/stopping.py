"""A delivery that its user stops: nothing of it goes out later, unless a part of it has arrived."""

from __future__ import annotations

import time

from BratsSegmenterLib.archive.client import Archive
from BratsSegmenterLib.archive.failures import explaining_files
from BratsSegmenterLib.archive.transaction import Transaction, TransactionState
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.progress import Progress

_LOOK_S = 2.5  # a worker ends itself five seconds after it was asked to
_NOTHING = "The sending was stopped: nothing of it is in the PACS, and nothing of it goes there later."
_A_PART = "The sending was stopped when a part of it was in the PACS already: the next one of this study completes it."
_UNKNOWN = (
    "The sending was stopped. Whether a part of it is in the PACS could not be asked: the next one of this study looks,"
    " and completes it or drops it."
)


def stopped(transaction: Transaction, archive: Archive) -> Cancelled:
    """Note that its user stopped a delivery; what to raise, which says what of it the archive holds.

    It is noted before the archive is asked, because the program may be ended over that.

    Raises
    ------
    ArchiveError
        The disk would not take the note.
    """
    _note(transaction, None)
    until = time.monotonic() + _LOOK_S
    try:
        has_part = _has_arrived_in_part(transaction, archive, Progress(is_cancelled=lambda: time.monotonic() > until))
    except (ArchiveError, Cancelled):
        return Cancelled(_UNKNOWN)
    _note(transaction, has_part)
    return Cancelled(_A_PART if has_part else _NOTHING)


def is_to_be_completed(transaction: Transaction, archive: Archive, progress: Progress) -> bool:
    """Whether a part of a stopped delivery has arrived by now; the answer is noted.

    Raises
    ------
    ArchiveError
    Cancelled
    """
    has_part = _has_arrived_in_part(transaction, archive, progress)
    if has_part != transaction.has_part:
        _note(transaction, has_part)
    return has_part


def _note(transaction: Transaction, has_part: bool | None) -> None:
    with explaining_files():
        current = Transaction.read(transaction.folder)
        current.note(TransactionState.STOPPED, current.attempts, current.problem, has_part)


def _has_arrived_in_part(transaction: Transaction, archive: Archive, progress: Progress) -> bool:
    """Whether the archive lists an object of a transaction, or all."""
    own = {one.sop_instance_uid for one in transaction.objects}
    return any(
        instance.sop_instance_uid in own
        for series_uid in {one.series_uid for one in transaction.objects}
        for instance in archive.find_instances(transaction.study_uid, series_uid, progress)
    )
