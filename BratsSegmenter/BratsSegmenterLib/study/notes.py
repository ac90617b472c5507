"""What whoever reads a result must know of it, in sentences that its objects carry into the archive."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

import numpy as np

from BratsSegmenterLib.dicom import SlicePlanes
from BratsSegmenterLib.domain import REGIONS, Segmentation, Sequence, Series, Volume
from BratsSegmenterLib.measurement import CUT_OFF, DRAWN_FINDINGS, cut_off_findings, millilitres
from BratsSegmenterLib.preprocessing import interpolated_note
from BratsSegmenterLib.segmentation import LITTLE_ENHANCEMENT
from BratsSegmenterLib.sentence_form import SentenceForm
from BratsSegmenterLib.study.drawn_result import DrawnResult
from BratsSegmenterLib.study.job_folder import ResultRecord

_CARRIED_ON = re.compile(r"^Version \d+ said: ")
_INTERPOLATED_SHARE = SentenceForm(
    "{} of {} slices of {} have no image and were interpolated: {} of the {} mL drawn lie on them."
)
_NOTHING_DRAWN = SentenceForm("Nothing is drawn: the reviewer saw none of the measured regions.")
_UNMEASURED = tuple(region.unmeasured for region in REGIONS.values())
_SAID_OF_EACH_DRAWING = (_NOTHING_DRAWN, _INTERPOLATED_SHARE, CUT_OFF, *_UNMEASURED)
_ANSWERED_BY_A_PERSON = (*DRAWN_FINDINGS, LITTLE_ENHANCEMENT)


def carried_on(version: int, notes: Iterable[str]) -> tuple[str, ...]:
    """What a version said and what holds of any that goes on from it, each note once.

    What it had carried on itself stays as it is. What is said of each drawing anew is left out.
    """
    goes_on: dict[str, str] = {}
    for note in notes:
        said = _as_first_said(note)
        if not _is_one_of(_SAID_OF_EACH_DRAWING, said):
            goes_on.setdefault(said, note if note != said else f"Version {version} said: {note}")
    return tuple(goes_on.values())


def about_images(carried: Iterable[str]) -> tuple[str, ...]:
    """Those of the notes carried on that hold whatever is drawn: all that is not known to be about a drawing."""
    return tuple(note for note in carried if not _is_one_of(_ANSWERED_BY_A_PERSON, _as_first_said(note)))


def _as_first_said(note: str) -> str:
    return _CARRIED_ON.sub("", note)


def _is_one_of(forms: Iterable[SentenceForm], said: str) -> bool:
    return any(form.is_of(said) for form in forms)


def result_notes(
    record: ResultRecord,
    drawn: DrawnResult,
    reference: Volume,
    drawn_with: Mapping[Sequence, Series],
    is_reviewed: bool,
) -> tuple[str, ...]:
    """What is not drawn or not measured, the doubts that still hold, what lies beyond the images, interpolated slices.

    What was not measured is the last that an object with little room leaves out: whoever takes up a result goes by what
    it says was not measured, and of any other region without voxels that it was looked for and not found.

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
        *([_NOTHING_DRAWN.of()] if segmentation.is_blank else []),
        *segmentation.not_measured.values(),
        *record.image_doubts,
        *unanswered,
        *cut_off_findings(segmentation, record.reference),
        *_about_gaps(record, segmentation, reference, drawn_with),
    )
    return tuple(note for note in dict.fromkeys(notes) if not _is_said_anew(note, notes))


def _is_said_anew(note: str, notes: Collection[str]) -> bool:
    said = _as_first_said(note)
    return said != note and said in notes


def _about_gaps(
    record: ResultRecord, segmentation: Segmentation, reference: Volume, drawn_with: Mapping[Sequence, Series]
) -> tuple[str, ...]:
    others = tuple(
        interpolated_note(sequence)
        for sequence, series in drawn_with.items()
        if sequence.value != record.reference and _has_interpolated_slices(record, sequence, series)
    )
    return (*about_interpolated_slices(segmentation, reference, record.reference), *others)


def _has_interpolated_slices(record: ResultRecord, sequence: Sequence, series: Series) -> bool:
    if record.interpolated is None:
        return bool(series.gap)
    return sequence.value in record.interpolated


def about_interpolated_slices(segmentation: Segmentation, reference: Volume, name: str) -> tuple[str, ...]:
    """How much of what is drawn lies on slices of the reference, called `name`, that are no images of the scanner."""
    is_interpolated = ~SlicePlanes(reference).has_image
    if not is_interpolated.any():
        return ()
    voxels = np.count_nonzero(segmentation.labels, axis=(1, 2))
    invented_ml, drawn_ml = (
        millilitres(int(count) * segmentation.geometry.voxel_volume_ml)
        for count in (voxels[is_interpolated].sum(), voxels.sum())
    )
    return (_INTERPOLATED_SHARE.of(np.count_nonzero(is_interpolated), len(voxels), name, invented_ml, drawn_ml),)
