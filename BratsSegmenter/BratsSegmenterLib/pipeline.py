"""The whole way of a study: recognised, pre-processed, segmented, measured, written, checked and stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.dicom import Recognition, ScannedStudy
from BratsSegmenterLib.domain import Case, Measurements, PreprocessingSteps, Segmentation, Sequence, Series
from BratsSegmenterLib.errors import RecognitionError
from BratsSegmenterLib.measurement import (
    brain_cut_off_findings,
    cavity_findings,
    cut_off_findings,
    exchange_findings,
    measure,
    quality_findings,
    registration_findings,
)
from BratsSegmenterLib.preprocessing import PreparedCase, preprocess
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import DEFAULT_BUNDLE


@dataclass(frozen=True)
class Settings:
    """How a study is segmented.

    Attributes
    ----------
    bundle : str
        Name of a folder in models/, or a path. After an operation the bundle beside it whose name ends in
        "-postoperative" takes its place, where there is one.
    device : str
        "auto", "cuda", "mps" or "cpu".
    steps : PreprocessingSteps
        Which parts of the pre-processing run.
    is_postoperative : bool
        A person confirmed that the patient was operated on before: only then is a resection cavity looked for.
    """

    bundle: str = DEFAULT_BUNDLE
    device: str = "auto"
    steps: PreprocessingSteps = field(default_factory=PreprocessingSteps)
    is_postoperative: bool = False


@dataclass(frozen=True, eq=False)
class SegmentedCase:
    """A case with everything that was found out about it.

    Attributes
    ----------
    findings : tuple of str
        What the user should know, the doubts first.
    doubts : tuple of str
        Those of them that make the result itself doubtful.
    image_doubts : tuple of str
        Those of the doubts that are about the images: they stay, whatever a person draws.
    routine : tuple of str
        Those of the findings that tell of steps which went as they do in every study.
    expected_dice : mapping of str to float
        By region key, where it is calibrated.
    brain : ndarray of bool, shape (slices, rows, columns), or None
        The brain on the reference's own grid; None where its mask was switched off.
    """

    case: Case
    prepared: PreparedCase
    segmentation: Segmentation
    measurements: Measurements
    findings: tuple[str, ...]
    doubts: tuple[str, ...] = ()
    image_doubts: tuple[str, ...] = ()
    routine: tuple[str, ...] = ()
    expected_dice: Mapping[str, float] = field(default_factory=dict)
    brain: NDArray[np.bool_] | None = field(default=None, repr=False)


def scan_study(files: Path | tuple[Path, ...], progress: Progress) -> ScannedStudy:
    """Read the headers of a folder of DICOM files, or of the files given.

    Raises
    ------
    SeriesError
        The folder holds no study, or more than one.
    """
    with progress.stage("read headers"):
        study = dicom.scan(files, progress=progress)
        study.require_one_study()
    return study


def recognise(study: ScannedStudy, progress: Progress) -> Recognition:
    """Find T1, T1c, T2 and FLAIR among the series of a study."""
    with progress.stage("recognise"):
        return dicom.recognise(study.series)


def load_case(
    found: Mapping[Sequence, Series],
    resample_gaps: bool,
    progress: Progress,
    borrowed: Mapping[Sequence, str] | None = None,
    keep_blank: bool = False,
) -> Case:
    """Read the exact volumes of the series taken as sequences.

    Parameters
    ----------
    found : mapping of Sequence to Series
    resample_gaps : bool
        The user agreed that missing slices are interpolated.
    progress : Progress
    borrowed : mapping of Sequence to str, optional
        Those of another study, each with the sentence that says so: none of them becomes the reference.
    keep_blank : bool
        Blank slices stay as they are, for what was drawn on them already.

    Raises
    ------
    RecognitionError
        No series was taken at all, or none of the study itself that a result could be drawn on.
    SeriesError
        A series is not one regular volume; the sentence names series and slice.
    """
    if not found:
        raise RecognitionError(
            "None of the series was recognised as T1, T1c, T2 or FLAIR.",
            "Choose the series by hand, or pick another study.",
        )
    with progress.stage("load"):
        volumes = {
            sequence: dicom.load_volume(series, resample_gaps, progress, keep_blank)
            for sequence, series in found.items()
        }
    borrowed = borrowed or {}
    own = set(found) - set(borrowed)
    return Case(volumes, dicom.reference_sequence(own), (*borrowed.values(), *dicom.missing_notes(found)))


def segment_case(case: Case, settings: Settings, progress: Progress) -> SegmentedCase:
    """Pre-process, segment and measure one case; the result lies in the reference's own grid."""
    # torch takes seconds to load; searching and recognising do without it.
    from BratsSegmenterLib.segmentation import (
        brain_finder,
        draw,
        load_bundle_for,
        load_calibration,
        stand_in_finding,
        uncertainty,
    )
    from BratsSegmenterLib.two_passes import segment_prepared

    bundle = load_bundle_for(settings.bundle, settings.is_postoperative)
    calibration = load_calibration(bundle)
    find_brain = brain_finder(bundle, settings.device, settings.is_postoperative)
    prepared = preprocess(case, settings.steps, progress, find_brain)
    prepared, found = segment_prepared(
        prepared, bundle, settings.device, progress=progress, is_postoperative=settings.is_postoperative
    )
    with progress.stage("to the reference's slices"):
        probabilities = prepared.to_reference_grid(found.probabilities)
        geometry = case.reference_volume.geometry
        drawn = draw(probabilities, found, geometry.voxel_volume_ml, bundle.specification.postprocessing)
        segmentation = Segmentation(
            drawn.labels,
            geometry,
            replace(bundle.algorithm, brain_model=prepared.brain_model),
            found.not_measured,
            uncertainty(probabilities),
        )
    with progress.stage("measure"):
        confidence = calibration.confidence(drawn.evidence)
        measurements = measure(segmentation, confidence.intervals_ml)
    brain = brain_on_reference(prepared) if settings.steps.brain_mask else None
    image_doubts = _image_doubts(prepared, settings.steps)
    drawn_doubts = _drawn_doubts(segmentation, brain, case.reference, settings.is_postoperative)
    doubts = (*image_doubts, *drawn_doubts, *drawn.doubts)
    cut_off = () if brain is None else brain_cut_off_findings(brain, case.reference.value)
    stand_in = stand_in_finding(settings.bundle, bundle)
    told = (*case.notes, *prepared.findings, *cut_off, *stand_in, *found.findings, *drawn.findings)
    findings = (*doubts, *(finding for finding in told if finding not in doubts))
    routine = (*prepared.routine, *(finding for finding in drawn.findings if finding not in doubts))
    return SegmentedCase(
        case,
        prepared,
        segmentation,
        measurements,
        findings,
        doubts,
        image_doubts,
        routine,
        confidence.expected_dice,
        brain,
    )


def brain_on_reference(prepared: PreparedCase) -> NDArray[np.bool_]:
    """The mask of pre-processing on the reference's own grid, shape (slices, rows, columns)."""
    return prepared.to_reference_grid(prepared.mask[np.newaxis].astype(np.float32))[0] >= 0.5


def _image_doubts(prepared: PreparedCase, steps: PreprocessingSteps) -> tuple[str, ...]:
    """What makes any result of the images doubtful; of what they show only where there is a mask of the brain."""
    moved_mm = {sequence.value: distance_mm for sequence, distance_mm in prepared.moved_mm.items()}
    images = {sequence: prepared.images[sequence.channel] for sequence in prepared.present}
    shown = np.logical_and.reduce([prepared.brain_shown_by(sequence) for sequence in prepared.present])
    exchanged = exchange_findings(images, shown) if steps.brain_mask else ()
    return (*prepared.doubts, *registration_findings(moved_mm), *exchanged)


def _drawn_doubts(
    segmentation: Segmentation, brain: NDArray[np.bool_] | None, reference: Sequence, is_postoperative: bool
) -> tuple[str, ...]:
    """What is doubtful about what was drawn; nothing about the brain where there is no mask of it."""
    missing = cavity_findings(segmentation) if is_postoperative else ()
    cut_off = cut_off_findings(segmentation, reference.value)
    return (*quality_findings(segmentation, brain), *cut_off, *missing)
