"""The way back: a label map becomes DICOM objects of its study, is checked, and is stored where the study came from."""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import __version__, dicom
from BratsSegmenterLib.archive import Archive, DamagedInstanceError, Outbox, Receipt, Transaction, patient_in
from BratsSegmenterLib.delivery.held_study import HeldStudy
from BratsSegmenterLib.dicom import (
    EXACT,
    Authorship,
    Contouring,
    ObjectKind,
    Provenance,
    Verified,
    WrittenObject,
    written_kinds,
)
from BratsSegmenterLib.domain import Measurements, Segmentation, Sequence, Series, Volume
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.versions import EarlierResult, earlier_results, next_version, predecessors

PROGRAM = f"BratsSegmenter {__version__}"
_MOST_INSTANCES = 20  # a series with more is no result of ours: it is left in the archive
_FIRST_SERIES_NUMBER, _SERIES_NUMBERS_A_VERSION = 900, 10


@dataclass(frozen=True)
class Signature:
    """What a person did with the result: corrected it, reviewed it under a name, approved it as final."""

    edited: bool = False
    reviewer: str = ""
    approved: bool = False

    @property
    def authorship(self) -> Authorship:
        """Ours alone, or changed by a person."""
        return Authorship.EDITED if self.edited else Authorship.AI


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
    reference: Volume,
    segmentation: Segmentation,
    images: Mapping[Sequence, NDArray[np.float32]],
    kinds: Collection[ObjectKind],
    signature: Signature,
    folder: Path,
    progress: Progress,
    earlier: tuple[EarlierResult, ...] = (),
    contouring: Contouring = EXACT,
    intervals_ml: Mapping[str, tuple[float, float]] | None = None,
    notes: tuple[str, ...] = (),
    others: tuple[Series, ...] = (),
) -> Exported:
    """Write the objects, then read each back by a second path and compare.

    Parameters
    ----------
    reference : Volume
        In whose slices the result is drawn.
    segmentation : Segmentation
        What the user sees.
    images : mapping of Sequence to ndarray of float32, shape (slices, rows, columns)
        On the reference's grid, for the key images.
    kinds : collection of ObjectKind
        An SR refers to the segments of a SEG, so the SEG always goes with it.
    signature : Signature
    folder : Path
        Where the objects go; what an earlier export left there is replaced.
    progress : Progress
    earlier : tuple of EarlierResult
        What the study carries already; the new objects count on from it and refer to it.
    contouring : Contouring
        What the structure set draws, and how.
    intervals_ml : mapping of str to (float, float), optional
        By region key, of the volumes that are the model's own; the SR states them.
    notes : tuple of str
        What whoever reads the result must know; RTSTRUCT, SEG and SR carry it.
    others : tuple of Series
        The study's further series that the result was drawn with; the SR lists their images.

    Raises
    ------
    ExportError
        The label map lies in another grid than the reference, or an object would not say what the user sees.
    """
    segmentation = _on_grid_of(reference, segmentation)
    dicom.require_on_grid(reference, segmentation)
    measurements = measure(segmentation, intervals_ml)
    provenance = _provenance(segmentation, signature, earlier, notes)
    result = _Result(reference, segmentation, measurements, provenance, images, contouring, others)
    with progress.stage("export"):
        objects = tuple(result.write(written_kinds(kinds, segmentation.is_blank), folder))
    with progress.stage("check"):
        known_uids = [reference.sop_instance_uid for reference in provenance.predecessors]
        known_uids += (frame.sop_instance_uid for series in others for frame in series.frames)
        verified = dicom.verify_objects(
            objects, reference, segmentation, measurements, provenance, known_uids, contouring, images
        )
    return Exported(reference.series.study_uid, verified, measurements, signature.reviewer, provenance.version)


def require_sayable(kinds: Collection[ObjectKind], segmentation: Segmentation, signature: Signature) -> None:
    """Raise :class:`ExportError` where nothing is drawn, and nobody says so by name, or not in a report.

    It is asked once, before the archive is.
    """
    if ObjectKind.SR not in kinds:
        dicom.require_drawn(segmentation)
    if segmentation.is_blank and not signature.reviewer:
        raise ExportError(
            "Nothing is drawn, and no program can answer for that.",
            "Enter the name of the reviewer who does, or draw at least one region.",
        )


@dataclass(frozen=True, eq=False)
class _Result:
    """Everything that the objects of one export are made of."""

    reference: Volume
    segmentation: Segmentation
    measurements: Measurements
    provenance: Provenance
    images: Mapping[Sequence, NDArray[np.float32]] = field(repr=False)
    contouring: Contouring
    others: tuple[Series, ...]

    def write(self, kinds: Collection[ObjectKind], folder: Path) -> Iterator[WrittenObject]:
        shutil.rmtree(folder, ignore_errors=True)
        seg = None
        if ObjectKind.RTSTRUCT in kinds:
            yield dicom.write_rtstruct(
                folder / "rtstruct.dcm",
                self.reference,
                self.segmentation,
                self.provenance,
                contouring=self.contouring,
            )
        if ObjectKind.SEG in kinds:
            seg = dicom.write_seg(folder / "seg.dcm", self.reference, self.segmentation, self.provenance)
            yield seg
        if ObjectKind.SR in kinds:
            yield dicom.write_measurement_report(
                folder / "sr.dcm", self.reference, self.measurements, seg, self.provenance, self.others
            )
        if ObjectKind.KEY_IMAGE in kinds:
            yield from dicom.write_key_images(
                folder, self.reference, self.segmentation, self.measurements, self.provenance, self.images
            )


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


def says_the_same(
    result: EarlierResult,
    reference: Volume,
    segmentation: Segmentation,
    images: Mapping[Sequence, NDArray[np.float32]],
    kinds: Collection[ObjectKind],
    signature: Signature,
    contouring: Contouring = EXACT,
) -> bool:
    """Whether `result` says voxel for voxel what is to be sent, and measured as much, of the same people and model.

    Of `kinds` it need not have all; its structure set has to be drawn alike where one is to be sent. Key images alone
    hold neither voxels nor who drew and approved them: the same pictures say the same.
    """
    if ObjectKind.RTSTRUCT in kinds and result.contouring not in (None, contouring.drawn(segmentation)):
        return False
    model, drawn_by = segmentation.algorithm, result.algorithm
    if (drawn_by.name, drawn_by.version, result.reviewer) != (model.name, model.version, signature.reviewer):
        return False
    try:
        if result.regions is None:
            if segmentation.is_blank:
                return False  # no picture is of nothing
            pages = [one.path for one in result.objects if one.kind is ObjectKind.KEY_IMAGE]
            provenance = _provenance(segmentation, signature, (), ())
            return dicom.show_the_same(pages, reference, segmentation, measure(segmentation), provenance, images)
        if result.authorship not in (None, signature.authorship) or result.is_approved != signature.approved:
            return False
        if dicom.stated_as_unmeasured(dicom.stated_notes(result.objects)).keys() != segmentation.not_measured.keys():
            return False
        stored, _ = dicom.read_regions(result.regions, reference)
    except SeriesError:
        # Drawn on another series, or damaged: whatever it says, it is not this result.
        return False
    return np.array_equal(stored.labels, segmentation.labels)


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


def _on_grid_of(reference: Volume, segmentation: Segmentation) -> Segmentation:
    """The label map with the reference's own grid, which its file may keep a little squarer."""
    if not reference.geometry.is_kept_as(segmentation.geometry):
        raise ExportError(
            f"The label map does not lie in the grid of {reference.series.label}, the reference.",
            "Export the segments with the reference series as their geometry.",
        )
    return replace(segmentation, geometry=reference.geometry)


def _provenance(
    segmentation: Segmentation, signature: Signature, earlier: tuple[EarlierResult, ...], notes: tuple[str, ...]
) -> Provenance:
    now = datetime.now()
    version = next_version(earlier)
    return Provenance(
        software_version=PROGRAM,
        algorithm=segmentation.algorithm,
        authorship=signature.authorship,
        content_time=now,
        reviewer=signature.reviewer,
        approved_at=now if signature.approved else None,
        predecessors=predecessors(earlier),
        series_number=_FIRST_SERIES_NUMBER + _SERIES_NUMBERS_A_VERSION * (version - 1),
        version=version,
        notes=notes,
    )
