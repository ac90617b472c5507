"""What whoever reads a result must know of it, in sentences that its objects carry into the archive."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from BratsSegmenterLib.dicom import SlicePlanes
from BratsSegmenterLib.domain import Segmentation, Sequence, Series, Volume
from BratsSegmenterLib.measurement import cut_off_findings, millilitres
from BratsSegmenterLib.study.drawn_result import DrawnResult
from BratsSegmenterLib.study.job_folder import ResultRecord

_CARRIED_ON = re.compile(r"Version \d+ said: ")


def carried_on(version: int, notes: Iterable[str]) -> tuple[str, ...]:
    """What a version said, as what holds of any that goes on from it; what it had carried on itself stays as it is."""
    return tuple(note if _CARRIED_ON.match(note) else f"Version {version} said: {note}" for note in notes)


def result_notes(
    record: ResultRecord,
    drawn: DrawnResult,
    reference: Volume,
    drawn_with: Mapping[Sequence, Series],
    is_reviewed: bool,
) -> tuple[str, ...]:
    """Interpolated slices, regions that were not measured, what lies beyond the images, and the doubts that still hold.

    Doubts about the images hold whatever is drawn; so does what an earlier version said, which is left out where it is
    said anew. Doubts about what the model drew are put to a person: they hold until she has changed or reviewed it.

    Parameters
    ----------
    record : ResultRecord
        Of the result as it was kept.
    drawn : DrawnResult
        What is sent.
    reference : Volume
        On whose slices it is drawn.
    drawn_with : mapping of Sequence to Series
        The reference among them.
    is_reviewed : bool
        A person puts her name to it.
    """
    segmentation = drawn.segmentation
    unanswered = () if drawn.is_changed or is_reviewed else record.doubts
    notes = (
        *_about_gaps(record, segmentation, reference, drawn_with),
        *segmentation.not_measured.values(),
        *cut_off_findings(segmentation, record.reference),
        *record.image_doubts,
        *unanswered,
    )
    return tuple(note for note in dict.fromkeys(notes) if not _is_said_anew(note, notes))


def _is_said_anew(note: str, notes: Collection[str]) -> bool:
    carried = _CARRIED_ON.match(note)
    return carried is not None and note[carried.end() :] in notes


def _about_gaps(
    record: ResultRecord, segmentation: Segmentation, reference: Volume, drawn_with: Mapping[Sequence, Series]
) -> tuple[str, ...]:
    others = tuple(
        f"Slices of {sequence.value} were interpolated: they are missing, show nothing or lie unevenly."
        for sequence, series in drawn_with.items()
        if sequence.value != record.reference and _has_interpolated_slices(record, sequence, series)
    )
    return (*_about_interpolated_slices(segmentation, reference, record.reference), *others)


def _has_interpolated_slices(record: ResultRecord, sequence: Sequence, series: Series) -> bool:
    if record.interpolated is None:
        return bool(series.gap)
    return sequence.value in record.interpolated


def _about_interpolated_slices(segmentation: Segmentation, reference: Volume, name: str) -> tuple[str, ...]:
    is_interpolated = ~SlicePlanes(reference).has_image
    if not is_interpolated.any():
        return ()
    voxels = np.count_nonzero(segmentation.labels, axis=(1, 2))
    invented_ml, drawn_ml = (
        millilitres(int(count) * segmentation.geometry.voxel_volume_ml)
        for count in (voxels[is_interpolated].sum(), voxels.sum())
    )
    return (
        f"{np.count_nonzero(is_interpolated)} of {len(voxels)} slices of {name} have no image and were interpolated: "
        f"{invented_ml} of the {drawn_ml} mL drawn lie on them.",
    )
