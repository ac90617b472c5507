"""The PACS: profiles, search, fetch, store, outbox and the embedded archive.

Profiles, credentials and what is listed can be used where no network library may be loaded; everything else is imported
when it is first asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from BratsSegmenterLib.archive.check import Check
from BratsSegmenterLib.archive.credentials import Credentials, CredentialStore
from BratsSegmenterLib.archive.listing import InstanceSummary, SeriesSummary, StudyQuery, StudySummary
from BratsSegmenterLib.archive.profile import Authentication, Profile, SettingNames, url_in_one_form
from BratsSegmenterLib.archive.profile_store import ProfileStore
from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.archive.attempt import Delivery
    from BratsSegmenterLib.archive.client import Archive
    from BratsSegmenterLib.archive.failures import (
        LoginRefusedError,
        NotFoundError,
        NotStoredError,
        StoreRefusedError,
        StudyChangedError,
        TemporaryArchiveError,
    )
    from BratsSegmenterLib.archive.instance_file import DamagedInstanceError
    from BratsSegmenterLib.archive.kept_files import count_missing, keep_stored
    from BratsSegmenterLib.archive.outbox import Outbox
    from BratsSegmenterLib.archive.patient import Patient, patient_in
    from BratsSegmenterLib.archive.receipt import Receipt
    from BratsSegmenterLib.archive.same_patient import contradiction, patient_of, why_not_proven
    from BratsSegmenterLib.archive.store import StoredObject
    from BratsSegmenterLib.archive.transaction import Transaction, TransactionState

__all__ = [
    "Archive",
    "Authentication",
    "Check",
    "CredentialStore",
    "Credentials",
    "DamagedInstanceError",
    "Delivery",
    "InstanceSummary",
    "LoginRefusedError",
    "NotFoundError",
    "NotStoredError",
    "Outbox",
    "Patient",
    "Profile",
    "ProfileStore",
    "Receipt",
    "SeriesSummary",
    "SettingNames",
    "StoreRefusedError",
    "StoredObject",
    "StudyChangedError",
    "StudyQuery",
    "StudySummary",
    "TemporaryArchiveError",
    "Transaction",
    "TransactionState",
    "contradiction",
    "count_missing",
    "keep_stored",
    "patient_in",
    "patient_of",
    "url_in_one_form",
    "why_not_proven",
]

_LOADED_WHEN_USED = {
    "Archive": "client",
    "DamagedInstanceError": "instance_file",
    "Delivery": "attempt",
    "LoginRefusedError": "failures",
    "NotFoundError": "failures",
    "NotStoredError": "failures",
    "Outbox": "outbox",
    "Patient": "patient",
    "Receipt": "receipt",
    "StoreRefusedError": "failures",
    "StoredObject": "store",
    "StudyChangedError": "failures",
    "TemporaryArchiveError": "failures",
    "Transaction": "transaction",
    "TransactionState": "transaction",
    "contradiction": "same_patient",
    "count_missing": "kept_files",
    "keep_stored": "kept_files",
    "patient_in": "patient",
    "patient_of": "same_patient",
    "why_not_proven": "same_patient",
}

__getattr__ = lazy_names(__name__, _LOADED_WHEN_USED)
