"""Regions that a study carries, ours or others', become the label map to work on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import Authorship, ObjectKind, Recognition, ResultObject, ScannedStudy
from BratsSegmenterLib.domain import Case, PreprocessingSteps, Sequence, Series
from BratsSegmenterLib.errors import PreprocessingError, SeriesError
from BratsSegmenterLib.measurement import cut_off_findings, measure
from BratsSegmenterLib.pipeline import SegmentedCase, brain_on_reference
from BratsSegmenterLib.preprocessing import BIAS_CORRECTION_OFF, REGISTRATION_OFF, PreparedCase, preprocess
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import about_images, carried_on
from BratsSegmenterLib.versions import earlier_results

_NOBODYS_CHOICE = (REGISTRATION_OFF, BIAS_CORRECTION_OFF)
"""Of steps that are left out of every taking up: the images are only shown, and what was drawn depends on neither."""


@dataclass(frozen=True, eq=False)
class ResumedCase:
    """A case whose segmentation was read from the study.

    Attributes
    ----------
    result : SegmentedCase
    authorship : Authorship
        Of the regions that were read.
    tolerated : tuple of str
        What was not as it should be, left out, or had to be decided.
    """

    result: SegmentedCase
    authorship: Authorship
    tolerated: tuple[str, ...]


def choose_regions(study: ScannedStudy, uid: str) -> ResultObject:
    """The structure set, SEG or blank report with that Series or SOP Instance UID.

    Without a UID the newest of ours, of one version the SEG; only where there is none, the newest of others.

    Raises
    ------
    SeriesError
        The study carries none.
    """
    regions = [one for one in dicom.result_objects(study.beside_the_images) if one.has_regions]
    if uid:
        regions = [one for one in regions if uid in (one.reference.series_uid, one.reference.sop_instance_uid)]
    if not regions:
        what = f"no structure set or segmentation {uid}" if uid else "neither a structure set nor a segmentation"
        raise SeriesError(f"The study carries {what}.", "Segment the study instead.")
    preferred = [one for one in regions if one.is_ours] or regions
    return dicom.oldest_first(sorted(preferred, key=lambda one: one.kind is ObjectKind.SEG))[-1]


def resume_case(
    study: ScannedStudy,
    recognition: Recognition,
    regions: ResultObject,
    steps: PreprocessingSteps,
    resample_gaps: bool,
    progress: Progress,
) -> ResumedCase:
    """Read the regions onto the series they were drawn on, and the other sequences for display.

    Raises
    ------
    SeriesError
        The regions are damaged, none of them is one of ours, or none lies on the series.
    """
    drawn_on = None if regions.is_blank else dicom.series_drawn_on(regions, study.series)
    reference = drawn_on or recognition.found[dicom.reference_sequence(recognition.found)].series
    role, remarks = _role(reference, recognition, is_known=drawn_on is not None or regions.is_blank)
    shown = {sequence: candidate.series for sequence, candidate in recognition.found.items()} | {role: reference}
    case = _case(shown, role, resample_gaps, progress)
    with progress.stage("read regions"):
        segmentation, tolerated = dicom.read_regions(regions, case.reference_volume)
    version, notes = _said_before(study, regions)
    segmentation = replace(
        segmentation, not_measured=dicom.stated_as_unmeasured(notes) | dict(segmentation.not_measured)
    )
    prepared, brain = _prepared(case, steps, progress)
    with progress.stage("measure"):
        measurements = measure(segmentation)
    carried = carried_on(version, notes)
    doubts = (*carried, *cut_off_findings(segmentation, case.reference.value))
    findings = (*doubts, *(finding for finding in prepared.findings if finding not in _NOBODYS_CHOICE))
    result = SegmentedCase(
        case,
        prepared,
        segmentation,
        measurements,
        findings,
        doubts,
        about_images(carried),
        prepared.routine,
        brain=brain,
    )
    return ResumedCase(result, regions.authorship or Authorship.EDITED, (*remarks, *tolerated))


def _said_before(study: ScannedStudy, regions: ResultObject) -> tuple[int, tuple[str, ...]]:
    """The version that the regions belong to, and what it says of itself; nothing of what others drew."""
    versions = earlier_results(dicom.result_objects(study.beside_the_images))
    own = next((version for version in versions if regions in version.objects), None)
    return (own.version, dicom.stated_notes(own.objects)) if own is not None else (0, ())


def _prepared(
    case: Case, steps: PreprocessingSteps, progress: Progress
) -> tuple[PreparedCase, NDArray[np.bool_] | None]:
    """The images for display, and the brain; regions that somebody drew are taken up where no brain is found, too."""
    try:
        prepared = preprocess(case, steps, progress)
    except PreprocessingError as error:
        if not steps.brain_mask:
            raise
        prepared = preprocess(case, replace(steps, brain_mask=False), progress)
        return replace(prepared, findings=(*prepared.findings, error.what)), None
    return prepared, brain_on_reference(prepared) if steps.brain_mask else None


def _role(reference: Series, recognition: Recognition, is_known: bool) -> tuple[Sequence, tuple[str, ...]]:
    """As which sequence the series is shown, and what is to be said about the choice; `is_known`: it is no guess."""
    remarks = []
    if not is_known:
        remarks.append(f"It names no series of this study; its coordinates were believed, on {reference.label}.")
    for sequence, candidate in recognition.found.items():
        if candidate.series.key == reference.key:
            return sequence, tuple(remarks)
    role = next(
        (sequence for sequence in (Sequence.T1C, Sequence.FLAIR) if sequence in recognition.found), Sequence.T1C
    )
    remarks.append(f"It was drawn on {reference.label}, which is shown in the place of {role.value}.")
    return role, tuple(remarks)


def _case(shown: Mapping[Sequence, Series], role: Sequence, resample_gaps: bool, progress: Progress) -> Case:
    with progress.stage("load"):
        volumes = {
            sequence: dicom.load_volume(series, resample_gaps=resample_gaps, progress=progress)
            for sequence, series in shown.items()
        }
    return Case(volumes, role)
