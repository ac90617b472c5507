"""What earlier sendings of a study left in its outbox: delivered first; what fails is tried again, or replaced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread

from BratsSegmenterLib.archive import (
    Delivery,
    NotStoredError,
    Outbox,
    Profile,
    Receipt,
    StoreRefusedError,
    Transaction,
)
from BratsSegmenterLib.delivery.destination import Destination
from BratsSegmenterLib.delivery.statement import PROGRAM
from BratsSegmenterLib.dicom import result_objects
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.versions import EarlierResult, earlier_results, next_version


@dataclass(frozen=True, eq=False)
class LeftOver:
    """The outbox of a study after everything that waited for its archive was tried.

    Attributes
    ----------
    outbox : Outbox
    destination : Destination
    deliveries : tuple of Delivery
        How that went.
    """

    outbox: Outbox
    destination: Destination
    deliveries: tuple[Delivery, ...]

    @classmethod
    def deliver(cls, outbox: Outbox, destination: Destination, progress: Progress) -> LeftOver:
        """Deliver what waits. What the archive will not take keeps nothing back.

        Raises
        ------
        ArchiveError
            The archive cannot be reached or lets nobody in: no other object would arrive either.
        """
        with progress.stage("deliver what waits"):
            deliveries = outbox.deliver(destination.archive, progress, destination.patient)
        for delivery in deliveries:
            if delivery.error is not None and not isinstance(delivery.error, (NotStoredError, StoreRefusedError)):
                raise delivery.error
        return cls(outbox, destination, deliveries)

    @property
    def arrived(self) -> tuple[tuple[Transaction, Receipt], ...]:
        """What was delivered, with its receipts."""
        return tuple((one.transaction, one.receipt) for one in self.deliveries if one.receipt is not None)

    @property
    def notes(self) -> tuple[str, ...]:
        """What was not, as sentences for the user."""
        return tuple(
            f"What had waited was not delivered: {one.error.what}" for one in self.deliveries if one.error is not None
        )

    def delivered_first(self, earlier: tuple[EarlierResult, ...]) -> tuple[str, ...]:
        """Which of the results that the archive holds now had waited, as sentences for the user."""
        uids = {stored.sop_instance_uid for _transaction, receipt in self.arrived for stored in receipt.objects}
        return tuple(
            f"Version {result.version}, whose sending was interrupted, was delivered first."
            for result in earlier
            if any(one.reference.sop_instance_uid in uids for one in result.objects)
        )

    @property
    def undelivered(self) -> tuple[Transaction, ...]:
        """What still lies there for the archive, refused or not."""
        profile = self.destination.archive.profile
        return tuple(one for one in self.outbox.undelivered() if one.is_for(profile))

    def holding(
        self, is_wanted: Callable[[EarlierResult], bool], earlier: tuple[EarlierResult, ...]
    ) -> tuple[Transaction, EarlierResult] | None:
        """The wanted result where it lies undelivered: making it anew would double what of it has arrived.

        What the archive holds with other content is passed over: under its UIDs it never arrives. Only the newest
        version counts, or the one to come; and only what this very program wrote: another release may write what the
        archive takes.

        Parameters
        ----------
        is_wanted : callable
        earlier : tuple of EarlierResult
            What the study carries in the archive.
        """
        for transaction in self.undelivered:
            is_fit = not transaction.is_altered and transaction.is_fit(self.destination.patient)
            if not is_fit or not _is_ours(transaction.files[0]):
                continue
            for result in earlier_results(result_objects(transaction.files)):
                is_of_newest = bool(earlier) and earlier[-1].made_at == result.made_at
                if (is_of_newest or result.version == next_version(earlier)) and is_wanted(result):
                    return transaction, result
        return None

    def deliver_again(self, transaction: Transaction, progress: Progress) -> tuple[Transaction, Receipt]:
        """Deliver what was refused some time ago.

        Raises
        ------
        ArchiveError
            It does not arrive now either; what failed a moment ago is not even tried.
        """
        for delivery in self.deliveries:
            if delivery.error is not None and delivery.transaction.id == transaction.id:
                raise delivery.error
        with progress.stage("push"):
            return transaction, self.outbox.deliver_one(transaction, self.destination.archive, progress)

    def give_up_rest_of(self, result: EarlierResult) -> tuple[str, ...]:
        """Never deliver what has not arrived of a result that says without it what is wanted.

        Returns
        -------
        tuple of str
            What becomes of it, as sentences for the user.
        """
        notes = []
        for transaction in self.undelivered:
            if _is_of(transaction, result):
                transaction.give_up()
                notes.append(
                    transaction.problem
                    if transaction.is_altered
                    else f"What had not arrived of version {result.version} is not sent any more."
                )
        return tuple(notes)


def is_part_of(outbox: Outbox, result: EarlierResult) -> bool:
    """Whether a result of the archive is what arrived of one that still lies undelivered here."""
    return any(_is_of(transaction, result) for transaction in outbox.undelivered())


def give_up(outbox: Outbox, profile: Profile) -> None:
    """Never deliver what still lies there for an archive and nobody signed: another result stands in its place."""
    for transaction in outbox.undelivered():
        if transaction.is_for(profile) and not transaction.author:
            transaction.give_up()


def _is_of(transaction: Transaction, result: EarlierResult) -> bool:
    """Whether a result of the archive is what arrived of a transaction."""
    queued = {one.sop_instance_uid for one in transaction.objects}
    return any(one.reference.sop_instance_uid in queued for one in result.objects)


def _is_ours(file: Path) -> bool:
    """Whether this release of the program wrote an object; Software Versions (0018,1020) begins with it."""
    versions = dcmread(file, stop_before_pixels=True, specific_tags=["SoftwareVersions"]).get("SoftwareVersions")
    return PROGRAM in ([versions] if isinstance(versions, str) else versions or [])
