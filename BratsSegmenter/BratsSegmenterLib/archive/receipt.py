"""The proof that a transaction arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from BratsSegmenterLib.archive.store import StoredObject


@dataclass(frozen=True)
class Receipt:
    """What an archive was proved to hold, read back and equal.

    Attributes
    ----------
    transaction_id, study_uid, profile_name, url : str
    author : str
        Who sent it; empty when nobody said.
    queued_at, delivered_at : str
        ISO 8601, UTC.
    attempts : int
        Deliveries tried, this one included.
    objects : tuple of StoredObject
        UIDs, SHA-256, size and time of each object.
    """

    transaction_id: str
    study_uid: str
    profile_name: str
    url: str
    author: str
    queued_at: str
    delivered_at: str
    attempts: int
    objects: tuple[StoredObject, ...]


def now() -> str:
    """The time as receipts write it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds")
