"""One transaction of the outbox on disk: its objects, what became of it, its receipt."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from enum import Enum
from pathlib import Path
from typing import Any

from BratsSegmenterLib.archive.failures import StoreRefusedError
from BratsSegmenterLib.archive.instance_file import sha256_of
from BratsSegmenterLib.archive.patient import Patient, patient_in
from BratsSegmenterLib.archive.profile import Profile, url_in_one_form
from BratsSegmenterLib.archive.receipt import Receipt
from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.records import from_json, to_json

MANIFEST = "manifest.json"
_PROGRESS = "progress.json"
_RECEIPT = "receipt.json"


class TransactionState(Enum):
    """Where it is: waiting, stopped by its user, dropped, refused for good, replaced by a later one, or delivered.

    What was stopped before anything arrived is dropped by a clean-up: its objects are gone.
    """

    WAITING = "waiting"
    STOPPED = "stopped"
    DROPPED = "dropped"
    REFUSED = "refused"
    REPLACED = "replaced"
    DELIVERED = "delivered"


@dataclass(frozen=True)
class QueuedObject:
    """One DICOM file of a transaction, named inside its folder."""

    file_name: str
    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str
    sha256: str


@dataclass(frozen=True)
class Transaction:
    """Objects that belong together for the user: all arrive, or she sees which did not.

    Attributes
    ----------
    folder : Path
        Holds its files; its name is the transaction's id.
    study_uid, profile_name, author : str
    url : str
        Address of the archive that it is meant for; empty when an older version queued it and it was not delivered.
    stow_prefix : str or None
        The path below that address to which it is stored: several archives may share the address. None when an older
        version queued it.
    queued_at : str
        ISO 8601, UTC.
    objects : tuple of QueuedObject
    replaces : tuple of str
        Ids of the transactions in whose place it is sent; empty in what an older version queued.
    state : TransactionState
    attempts : int
        Deliveries tried so far.
    problem : str
        Why the last one failed, as a sentence; empty when none did.
    has_part : bool or None
        Whether the archive held an object of it after its user stopped it; None where that is not known.
    is_altered : bool
        Whether the archive holds an object of it with other content than was sent: it never arrives as it is.
    """

    folder: Path
    study_uid: str
    profile_name: str
    author: str
    queued_at: str
    objects: tuple[QueuedObject, ...]
    url: str = ""
    stow_prefix: str | None = None
    replaces: tuple[str, ...] = ()
    state: TransactionState = TransactionState.WAITING
    attempts: int = 0
    problem: str = ""
    has_part: bool | None = None
    is_altered: bool = False

    @property
    def id(self) -> str:
        """Unique in the outbox; sorts by time."""
        return self.folder.name

    @property
    def files(self) -> tuple[Path, ...]:
        """The queued files; gone once they are sent no more."""
        return tuple(self.folder / one.file_name for one in self.objects)

    @property
    def is_void(self) -> bool:
        """Whether its user stopped it before anything arrived: nobody waits for it."""
        return self.state is TransactionState.STOPPED and self.has_part is False

    @classmethod
    def read(cls, folder: Path) -> Transaction:
        """What `folder` says.

        Raises
        ------
        ArchiveError
            It is damaged.
        """
        try:
            manifest = _read_json(folder / MANIFEST)
            progress = _read_json(folder / _PROGRESS) if (folder / _PROGRESS).exists() else {}
            manifest["objects"] = tuple(QueuedObject(**one) for one in manifest["objects"])
            manifest["replaces"] = tuple(manifest.get("replaces", ()))
            state = TransactionState(progress.pop("state", TransactionState.WAITING.value))
            if (folder / _RECEIPT).exists():
                state = TransactionState.DELIVERED
                if "url" not in manifest:
                    manifest["url"] = _read_json(folder / _RECEIPT)["url"]
            manifest["url"] = url_in_one_form(manifest.get("url", ""))  # an older version kept it as it was typed
            return cls(folder=folder, state=state, **manifest, **progress)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            raise ArchiveError(
                f"The outbox folder {folder} is damaged.",
                "Look into it before you remove it: it may hold results that were not sent.",
                type(error).__name__,
            ) from error

    def write_manifest(self, folder: Path) -> None:
        """Write what never changes into `folder`."""
        manifest = {
            "study_uid": self.study_uid,
            "profile_name": self.profile_name,
            "url": self.url,
            "stow_prefix": self.stow_prefix,
            "author": self.author,
            "queued_at": self.queued_at,
            "replaces": self.replaces,
            "objects": [asdict(one) for one in self.objects],
        }
        _write_json(folder / MANIFEST, manifest)

    def is_for(self, profile: Profile) -> bool:
        """Whether it is meant for the archive of a profile: the one that is stored to there, whatever it is called."""
        if not self.url:
            return self.profile_name == profile.name
        if self.stow_prefix is None:
            return self.url == profile.url
        return _joined(self.url, self.stow_prefix) == _joined(profile.url, profile.stow_prefix)

    def note(
        self,
        state: TransactionState,
        attempts: int,
        problem: str,
        has_part: bool | None = None,
        is_altered: bool = False,
    ) -> Transaction:
        """Write down how a delivery went."""
        progress = {
            "state": state.value,
            "attempts": attempts,
            "problem": problem,
            "has_part": has_part,
            "is_altered": is_altered,
        }
        _write_json(self.folder / _PROGRESS, progress)
        return Transaction.read(self.folder)

    def give_up(self) -> None:
        """Never deliver it: something else stands in its place. Its objects, which name a patient, go at once."""
        self.note(TransactionState.REPLACED, self.attempts, self.problem).remove_objects()

    def require_intact(self) -> None:
        """Prove that the queued files are what was queued.

        Raises
        ------
        StoreRefusedError
            One is missing or changed; no further attempt will bring it back.
        """
        for one, path in zip(self.objects, self.files, strict=True):
            if not path.exists() or sha256_of(path) != one.sha256:
                raise StoreRefusedError(
                    f"The object {one.sop_instance_uid} in the outbox is missing or was changed on disk.",
                    "Send the result again; of what had waited nothing was sent.",
                )

    def require_patient(self, patient: Patient) -> None:
        """Prove that the queued files name the patient whose they have to be.

        Raises
        ------
        StoreRefusedError
            One names another.
        """
        if not all(patient_in(path).is_same_as(patient) for path in self.files):
            raise StoreRefusedError(
                "The objects in the outbox name another patient than the study in the PACS does, or write name or ID "
                "otherwise.",
                "None of them was sent. Send the result again, or export it again from the study as it is now.",
            )

    def is_fit(self, patient: Patient) -> bool:
        """Whether the queued files are what was queued and name a patient."""
        try:
            self.require_intact()
            self.require_patient(patient)
        except StoreRefusedError:
            return False
        return True

    def finish(self, receipt: Receipt) -> Transaction:
        """Keep the receipt, then let go of the objects: the archive holds them now.

        Raises
        ------
        ArchiveError
            The disk would not take the receipt.
        """
        try:
            _write_json(self.receipt_path, to_json(receipt))
        except OSError as error:
            raise ArchiveError(
                f"All objects arrived in the PACS '{receipt.profile_name}', but their receipt could not be written.",
                "Check free space and rights of the folder of studies; look into the PACS before you send again.",
                type(error).__name__,
            ) from error
        self.remove_objects()
        return Transaction.read(self.folder)

    def remove_objects(self) -> None:
        """Remove the queued files; one that another program holds goes at the next delivery or clean-up."""
        for path in self.files:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    @property
    def receipt_path(self) -> Path:
        """Where the receipt lies once delivered."""
        return self.folder / _RECEIPT

    def receipt(self) -> Receipt:
        """The receipt of a delivered transaction."""
        return from_json(Receipt, _read_json(self.receipt_path))


def _joined(url: str, prefix: str) -> str:
    return f"{url}/{prefix.strip('/')}".rstrip("/")


def _read_json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8"))


def _write_json(path: Path, values: Mapping[str, Any]) -> None:
    write_atomically(path, json.dumps(values, indent=2, ensure_ascii=False).encode())
