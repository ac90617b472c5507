"""The way back: a label map becomes DICOM objects of its study, is checked, and is stored where the study came from."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Archive, DamagedInstanceError, Outbox, Receipt, Transaction, patient_in
from BratsSegmenterLib.delivery.held_study import HeldStudy
from BratsSegmenterLib.delivery.statement import Statement
from BratsSegmenterLib.dicom import ObjectKind, Provenance, Verified, WrittenObject
from BratsSegmenterLib.domain import Measurements
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.versions import EarlierResult, earlier_results

_MOST_INSTANCES = 20  # a series with more is no result of ours: it is left in the archive


@dataclass(frozen=True)
class Exported:
    """Objects that were written and found to say exactly what the label map says."""

    study_uid: str
    verified: tuple[Verified, ...]
    measurements: Measurements
    reviewer: str
    version: int

    @property
    def objects(self) -> tuple[WrittenObject, ...]:
        """The objects."""
        return tuple(one.written for one in self.verified)


def export_objects(
    statement: Statement, folder: Path, progress: Progress, earlier: tuple[EarlierResult, ...] = ()
) -> Exported:
    """Write the objects, then read each back by a second path and compare.

    Parameters
    ----------
    statement : Statement
    folder : Path
        Where the objects go; what an earlier export left there is replaced.
    progress : Progress
    earlier : tuple of EarlierResult
        What the study carries already; the new objects count on from it and refer to it.

    Raises
    ------
    ExportError
        The label map lies in another grid than the reference, or an object would not say what the user sees.
    """
    statement = _on_grid(statement)
    reference, segmentation = statement.reference, statement.segmentation
    dicom.require_on_grid(reference, segmentation)
    measurements = measure(segmentation, statement.intervals_ml)
    provenance = statement.provenance(earlier)
    with progress.stage("export"):
        objects = tuple(_write(statement, measurements, provenance, folder))
    with progress.stage("check"):
        known_uids = [one.sop_instance_uid for one in provenance.predecessors]
        known_uids += (frame.sop_instance_uid for series in statement.others for frame in series.frames)
        verified = dicom.verify_objects(
            objects,
            reference,
            segmentation,
            measurements,
            provenance,
            known_uids,
            statement.contouring,
            statement.images,
        )
    reviewer = statement.signature.reviewer
    return Exported(reference.series.study_uid, verified, measurements, reviewer, provenance.version)


def _write(
    statement: Statement, measurements: Measurements, provenance: Provenance, folder: Path
) -> Iterator[WrittenObject]:
    reference, segmentation, kinds = statement.reference, statement.segmentation, statement.written_kinds
    shutil.rmtree(folder, ignore_errors=True)
    seg = None
    if ObjectKind.RTSTRUCT in kinds:
        yield dicom.write_rtstruct(
            folder / "rtstruct.dcm", reference, segmentation, provenance, contouring=statement.contouring
        )
    if ObjectKind.SEG in kinds:
        seg = dicom.write_seg(folder / "seg.dcm", reference, segmentation, provenance)
        yield seg
    if ObjectKind.SR in kinds:
        yield dicom.write_measurement_report(
            folder / "sr.dcm", reference, measurements, seg, provenance, statement.others
        )
    if ObjectKind.KEY_IMAGE in kinds:
        yield from dicom.write_key_images(folder, reference, segmentation, measurements, provenance, statement.images)


def results_in_archive(
    archive: Archive, study_uid: str, patient_id: str, folder: Path, progress: Progress
) -> tuple[EarlierResult, ...]:
    """The results that the study carries in the archive at this moment; their objects come to `folder`.

    What names another Patient ID than `patient_id` counts for none.

    Raises
    ------
    ArchiveError
    """
    modalities = {kind.value for kind in ObjectKind}
    small = [
        series.series_uid
        for series in HeldStudy(archive, study_uid, progress).series()
        if series.modality in modalities and (series.instance_count or 0) <= _MOST_INSTANCES
    ]
    if not small:
        return ()
    fetched = archive.fetch(study_uid, folder, small, progress)
    return earlier_results(dicom.result_objects(file for file in fetched.files if _may_be_of(patient_id, file)))


def _may_be_of(patient_id: str, file: Path) -> bool:
    """Whether an object does not name another Patient ID, as a scan judges what lies beside the images."""
    try:
        return not patient_id or patient_in(file).patient_id in ("", patient_id)
    except DamagedInstanceError:
        return False


def store_objects(
    exported: Exported, archive: Archive, outbox: Outbox, progress: Progress, replaced: Iterable[Transaction] = ()
) -> tuple[Transaction, Receipt]:
    """Store the objects in their study as one transaction, each proved to have arrived by reading it back.

    The undelivered transactions that it replaces are delivered no more.

    Raises
    ------
    ArchiveError
        They did not all arrive; they stay in the outbox and nothing is sent twice.
    """
    with progress.stage("push"):
        paths = [written.path for written in exported.objects]
        transaction = outbox.add(paths, exported.study_uid, archive.profile, exported.reviewer, replaced)
        return transaction, outbox.deliver_one(transaction, archive, progress)


def _on_grid(statement: Statement) -> Statement:
    """With the label map on the reference's own grid, which its file may keep a little squarer."""
    reference, segmentation = statement.reference, statement.segmentation
    if not reference.geometry.is_kept_as(segmentation.geometry):
        raise ExportError(
            f"The label map does not lie in the grid of {reference.series.label}, the reference.",
            "Export the segments with the reference series as their geometry.",
        )
    return replace(statement, segmentation=replace(segmentation, geometry=reference.geometry))
