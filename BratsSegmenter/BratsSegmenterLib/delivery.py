"""The way back: a label map becomes DICOM objects of its study, is checked, and is stored where the study came from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from BratsSegmenterLib import __version__, dicom
from BratsSegmenterLib.archive import Archive, Outbox, Receipt, Transaction
from BratsSegmenterLib.dicom import Authorship, ObjectKind, Provenance, WrittenObject
from BratsSegmenterLib.domain import Case, Measurements, Segmentation
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.progress import Progress


@dataclass(frozen=True)
class Signature:
    """What a person did with the result: corrected it, reviewed it under a name, approved it as final."""

    edited: bool = False
    reviewer: str = ""
    approved: bool = False


@dataclass(frozen=True)
class Exported:
    """Objects that were written and found to say exactly what the label map says."""

    study_uid: str
    objects: tuple[WrittenObject, ...]
    measurements: Measurements
    reviewer: str


def export_objects(
    case: Case,
    segmentation: Segmentation,
    kinds: Iterable[ObjectKind],
    signature: Signature,
    folder: Path,
    progress: Progress,
) -> Exported:
    """Write the objects, then read each back by a second path and compare.

    Raises
    ------
    ExportError
        The label map lies in another grid than the reference, or an object would not say what the user sees.
    """
    reference = case.reference_volume
    if not segmentation.geometry.is_close(reference.geometry):
        raise ExportError(
            f"The label map does not lie in the grid of the {case.reference.value} series.",
            "Export the segments with the reference series as their geometry.",
        )
    measurements = measure(segmentation)
    with progress.stage("export"):
        objects = dicom.write_objects(
            folder, kinds, case, segmentation, measurements, _provenance(segmentation, signature)
        )
    with progress.stage("check"):
        dicom.verify_objects(objects, reference, segmentation, measurements)
    return Exported(reference.series.study_uid, objects, measurements, signature.reviewer)


def store_objects(
    exported: Exported, archive: Archive, outbox: Outbox, progress: Progress
) -> tuple[Transaction, Receipt]:
    """Store the objects in their study as one transaction, each proved to have arrived by reading it back.

    Raises
    ------
    ArchiveError
        They did not all arrive; they stay in the outbox and nothing is sent twice.
    """
    with progress.stage("push"):
        paths = [written.path for written in exported.objects]
        transaction = outbox.add(paths, exported.study_uid, archive.profile.name, exported.reviewer)
        return transaction, outbox.deliver_one(transaction, archive, progress)


def _provenance(segmentation: Segmentation, signature: Signature) -> Provenance:
    now = datetime.now()
    return Provenance(
        software_version=f"BratsSegmenter {__version__}",
        algorithm=segmentation.algorithm,
        authorship=Authorship.EDITED if signature.edited else Authorship.AI,
        content_time=now,
        reviewer=signature.reviewer,
        approved_at=now if signature.approved else None,
    )
