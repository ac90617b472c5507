"""One sending: what to call it, whether the study says it already, and what came of it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace

from BratsSegmenterLib.archive import Archive, Outbox, Receipt, Transaction, keep_stored
from BratsSegmenterLib.delivery.destination import Destination
from BratsSegmenterLib.delivery.left_over import LeftOver, give_up, is_part_of
from BratsSegmenterLib.delivery.objects import Exported, export_objects, results_in_archive, store_objects
from BratsSegmenterLib.delivery.statement import Statement
from BratsSegmenterLib.job_results import SendResult, SentObject
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.versions import EarlierResult, newest_with


@dataclass(frozen=True, eq=False)
class Sending:
    """What one person wants to send of one study.

    Attributes
    ----------
    folder : JobFolder
    statement : Statement
    progress : Progress
    only_first : bool
        Store nothing where the study carries another result already. What lies undelivered of one that nobody signed
        is then given up, unless the other is the part of it that arrived.
    """

    folder: JobFolder
    statement: Statement
    progress: Progress
    only_first: bool = False

    def write(self, earlier: tuple[EarlierResult, ...]) -> SendResult:
        """Write and check the objects as the version after `earlier`; nothing leaves this machine."""
        written = _written(self._export(earlier))
        said = self._said_in(earlier)
        if said is None:
            return replace(written, notes=self._about_kinds)
        says = f"Version {said.version} of the study says exactly this already."
        return replace(written, notes=(says, *self._about_kinds))

    def store(self, archive: Archive) -> SendResult:
        """Write, check and store the objects, unless the study in the archive says the same already.

        Nothing is stored unless the archive still holds the study as the result was drawn on it. What an interrupted
        sending left in the outbox is delivered first, so that a repetition finds it there. What of it the archive will
        not take is replaced by what is sent now, or by what says that already: it keeps no later result back, and never
        arrives after one.

        Raises
        ------
        StudyChangedError
            It does not.
        ArchiveError
        ExportError
        """
        outbox = Outbox(self.folder.outbox)
        fetched_to = self.folder.dicom if self.folder.is_fetched else None
        destination = Destination(archive, self.statement.reference, fetched_to, self.progress, self.statement.others)
        with self.progress.stage("look for the images"):
            notes = destination.check()
        earlier = self._results(destination)
        if self._gives_way(earlier) and not is_part_of(outbox, earlier[-1]):
            return _given_way(earlier[-1], archive, outbox)
        left_over = LeftOver.deliver(outbox, destination, self.progress)
        if left_over.deliveries:
            earlier = self._results(destination)
        notes = (*left_over.notes, *notes)
        held = left_over.holding(self._is_this_whole, earlier)
        if held is not None:
            transaction, result = held
            arrived = left_over.deliver_again(transaction, self.progress)
            return self._nothing_new(result, archive, (arrived,), (*left_over.delivered_first(earlier), *notes))
        said = self._said_in(earlier)
        if said is not None:
            others = tuple(one for one in earlier if one is not said)
            notes = (*left_over.delivered_first(others), *left_over.give_up_rest_of(said), *notes)
            return self._nothing_new(said, archive, left_over.arrived, notes)
        notes = (*left_over.delivered_first(earlier), *notes)
        if self._gives_way(earlier):
            return _given_way(earlier[-1], archive, outbox)
        exported = self._export(earlier)
        transaction, receipt = store_objects(exported, archive, outbox, self.progress, left_over.undelivered)
        self._keep(exported)
        return replace(
            _written(exported),
            pushed=tuple(stored.sop_instance_uid for stored in receipt.objects),
            receipt=transaction.receipt_path,
            archive=receipt.profile_name,
            archive_url=receipt.url,
            delivered_at=receipt.delivered_at,
            notes=(*notes, *self._about_kinds),
        )

    @property
    def _about_kinds(self) -> tuple[str, ...]:
        """That kinds which were asked for cannot be written, as a sentence for the user."""
        if self.statement.kinds <= self.statement.written_kinds:
            return ()
        return ("Nothing is drawn: the measurement report, which says so, was written alone.",)

    def _results(self, destination: Destination) -> tuple[EarlierResult, ...]:
        study_uid, patient_id = self.statement.reference.series.study_uid, destination.patient.patient_id
        with self.progress.stage("look for results"):
            return results_in_archive(destination.archive, study_uid, patient_id, self.folder.dicom, self.progress)

    def _gives_way(self, earlier: tuple[EarlierResult, ...]) -> bool:
        return self.only_first and bool(earlier) and self._said_in(earlier) is None

    def _said_in(self, earlier: tuple[EarlierResult, ...]) -> EarlierResult | None:
        return newest_with(self.statement.written_kinds, earlier, self.statement.is_made_by)

    def _is_this_whole(self, result: EarlierResult) -> bool:
        return set(result.kinds) == self.statement.written_kinds and self.statement.is_made_by(result)

    def _export(self, earlier: tuple[EarlierResult, ...]) -> Exported:
        return export_objects(self.statement, self.folder.objects, self.progress, earlier)

    def _keep(self, stored: Exported) -> None:
        """With the study, so that what is written next counts on it before the archive is asked again."""
        with suppress(OSError):  # the next sending fetches what is not here
            for one in stored.objects:
                keep_stored(one.path, one.series_uid, one.sop_instance_uid, self.folder.dicom)

    def _nothing_new(
        self,
        newest: EarlierResult,
        archive: Archive,
        arrived: tuple[tuple[Transaction, Receipt], ...],
        notes: tuple[str, ...],
    ) -> SendResult:
        receipts = [receipt for _transaction, receipt in arrived]
        says = f"Version {newest.version} in the archive says exactly this already"
        return SendResult(
            objects=(),
            pushed=tuple(stored.sop_instance_uid for receipt in receipts for stored in receipt.objects),
            receipt=arrived[-1][0].receipt_path if arrived else None,
            volumes_ml=measure(self.statement.segmentation).volumes_ml,
            version=newest.version,
            archive=archive.profile.name,
            archive_url=archive.profile.url,
            delivered_at=receipts[-1].delivered_at if receipts else "",
            notes=(f"{says}: what had waited was delivered." if receipts else f"{says}; nothing was sent.", *notes),
        )


def _given_way(newest: EarlierResult, archive: Archive, outbox: Outbox) -> SendResult:
    if not is_part_of(outbox, newest):
        give_up(outbox, archive.profile)
    return SendResult(
        objects=(),
        pushed=(),
        receipt=None,
        version=newest.version,
        archive=archive.profile.name,
        archive_url=archive.profile.url,
        gave_way=True,
    )


def _written(exported: Exported) -> SendResult:
    return SendResult(
        objects=tuple(
            SentObject(one.written.kind.name, one.written.path, one.written.sop_instance_uid, one.sentence)
            for one in exported.verified
        ),
        pushed=(),
        receipt=None,
        volumes_ml=exported.measurements.volumes_ml,
        version=exported.version,
    )
