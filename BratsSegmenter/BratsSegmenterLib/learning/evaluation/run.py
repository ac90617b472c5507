"""Runs a model over labelled cases, with the code that segments in use, and scores what comes out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import RC, Case, PreprocessingSteps, Region, Sequence, Series, Volume
from BratsSegmenterLib.errors import BratsSegmenterError, LearningError
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase
from BratsSegmenterLib.learning.evaluation.challenge import prepared_from_challenge
from BratsSegmenterLib.learning.evaluation.degradations import Degradation, degraded
from BratsSegmenterLib.learning.evaluation.gaps import sequence_gaps
from BratsSegmenterLib.learning.evaluation.layouts import find_labelled_cases, with_label_four_settled
from BratsSegmenterLib.learning.evaluation.metrics import RegionScores, region_scores
from BratsSegmenterLib.learning.evaluation.nnunet import LabelledFiles
from BratsSegmenterLib.learning.evaluation.trust import Claim, claims
from BratsSegmenterLib.preprocessing import PreparedCase, preprocess
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import (
    Bundle,
    Drawn,
    InferenceSettings,
    Postprocessing,
    brain_finder,
    draw,
    load_calibration,
)
from BratsSegmenterLib.two_passes import segment_prepared


@dataclass(frozen=True)
class Protocol:
    """What is done to each case.

    Attributes
    ----------
    steps : PreprocessingSteps or None
        Of the pre-processing; None for images that are registered and stripped of the skull already, as the
        challenges give them.
    without : tuple of Sequence
        Sequences that are withheld from the model.
    device : str
    inference : InferenceSettings
    postprocessing : Postprocessing or None
        None for the rules of the bundle.
    degradation : Degradation or None
        How the images are made worse before they are pre-processed; asks for `steps`.
    is_postoperative : bool
        The patients were operated on before: only then is a resection cavity looked for, and scored.
    """

    steps: PreprocessingSteps | None = None
    without: tuple[Sequence, ...] = ()
    device: str = "auto"
    inference: InferenceSettings = field(default_factory=InferenceSettings)
    postprocessing: Postprocessing | None = None
    degradation: Degradation | None = None
    is_postoperative: bool = False


@dataclass(frozen=True)
class CaseResult:
    """Scores of one case by region key, what was said on the way, what the calibration claimed, and whose it is.

    Regions that the model does not measure in the case have no scores; `images` are those that it was given.
    """

    name: str
    scores: Mapping[str, RegionScores]
    findings: tuple[str, ...] = ()
    claims: Mapping[str, Claim] = field(default_factory=dict)
    patient: str = ""
    images: tuple[Sequence, ...] = ()

    @property
    def mean_dice(self) -> float:
        """Over its regions."""
        return float(np.mean([scores.dice for scores in self.scores.values()]))


@dataclass(frozen=True)
class SetAside:
    """A case that could not be evaluated, and why."""

    name: str
    reason: str


@dataclass(frozen=True)
class Evaluation:
    """Results of all cases, the cases that could not be used, and what was assumed about them."""

    bundle: str
    version: str
    regions: tuple[Region, ...]
    cases: tuple[CaseResult, ...]
    set_aside: tuple[SetAside, ...] = ()
    notes: tuple[str, ...] = ()

    def values(self, region: Region, measure: str) -> list[float]:
        """One measure of one region over the cases in which it is measured, for example ``values(ET, "dice")``."""
        return [getattr(case.scores[region.key], measure) for case in self.cases if region.key in case.scores]

    @property
    def not_measured(self) -> tuple[str, ...]:
        """Keys of the regions that the model measured in no case, for want of a sequence."""
        return tuple(region.key for region in self.regions if not self.values(region, "dice"))


Listener = Callable[[LabelledCase, NDArray[np.uint8], CaseResult], None]


def evaluate(
    folder: Path,
    bundle: Bundle,
    protocol: Protocol | None = None,
    progress: Progress | None = None,
    listener: Listener | None = None,
) -> Evaluation:
    """Segment and score every case in a folder, with the sequences that it has, as far as the model does with those.

    Parameters
    ----------
    folder : Path
        In BraTS' or nnU-Net's layout, as :mod:`BratsSegmenterLib.learning.evaluation.cases` and
        :mod:`BratsSegmenterLib.learning.evaluation.nnunet` describe them.
    bundle : Bundle
    protocol : Protocol, optional
    progress : Progress, optional
    listener : callable, optional
        Called after each case with the case, the predicted labels and the result; draws the pictures.

    Raises
    ------
    LearningError
        There is no case, or none that can be used, or none has a sequence beside images whose names are not understood.
    Cancelled
    """
    protocol, progress = protocol or Protocol(), progress or Progress()
    found, calibration = find_labelled_cases(folder), load_calibration(bundle)
    regions = scored_regions(bundle, protocol)
    results: list[CaseResult] = []
    empty, with_cavity = 0, 0
    set_aside: list[SetAside] = []
    with progress.stage("labels"):
        found, meaning_of_four = with_label_four_settled(found, progress)
    taken = [sequence for sequence in bundle.specification.sequences if sequence not in protocol.without]
    gaps = sequence_gaps([case.files for case in found], taken)
    with progress.stage("evaluate"):
        for number, labelled in enumerate(found):
            progress.update(number / len(found), labelled.name)
            try:
                case, drawn, blind = _segmented(labelled, bundle, protocol, progress)
                measured = _measured(case, regions, blind)
            except BratsSegmenterError as error:
                set_aside.append(SetAside(labelled.name, str(error)))
                continue
            claimed = claims(
                calibration.confidence(drawn.evidence),
                drawn.labels,
                case.labels,
                case.labels_geometry.voxel_volume_ml,
            )
            scores = _scores(case, drawn.labels, measured)
            images = tuple(case.images)
            result = CaseResult(labelled.name, scores, drawn.findings, claimed, labelled.files.patient, images)
            results.append(result)
            empty += not drawn.labels.any()
            with_cavity += bool((case.labels == RC.label).any())
            if listener is not None:
                listener(case, drawn.labels, result)
    if not results:
        reasons = " ".join(case.reason for case in set_aside)
        raise LearningError(f"None of the {len(found)} cases could be evaluated. {reasons}")
    notes = [*((meaning_of_four,) if meaning_of_four else ()), *gaps]
    if empty:
        notes.append(f"In {empty} of {len(results)} cases nothing is drawn, after post-processing.")
    if with_cavity and not protocol.is_postoperative:
        notes.append(
            f"{with_cavity} of {len(results)} cases hold a resection cavity, which is looked for and scored only when "
            "they are said to be of operated patients (--postoperative)."
        )
    return Evaluation(
        bundle.name, bundle.specification.version, regions, tuple(results), tuple(set_aside), tuple(notes)
    )


def scored_regions(bundle: Bundle, protocol: Protocol) -> tuple[Region, ...]:
    """The regions of the model's outputs; before an operation there is no cavity."""
    return tuple(region for region in bundle.specification.outputs if protocol.is_postoperative or region is not RC)


def _segmented(
    labelled: LabelledFiles, bundle: Bundle, protocol: Protocol, progress: Progress
) -> tuple[LabelledCase, Drawn, Collection[str]]:
    """The case, what the model draws in the grid of the truth, with all that was said, and what it does not measure."""
    case = labelled.read(_sequences(labelled, bundle, protocol))
    if protocol.steps is None:
        prepared = prepared_from_challenge(case)
    else:
        prepared = _preprocessed(case, bundle, protocol, progress)
    prepared, predicted = segment_prepared(
        prepared, bundle, protocol.device, protocol.inference, progress, protocol.is_postoperative
    )
    probabilities, voxel_ml = prepared.to_reference_grid(predicted.probabilities), case.labels_geometry.voxel_volume_ml
    rules = protocol.postprocessing or bundle.specification.postprocessing
    drawn = draw(probabilities, predicted, voxel_ml, rules)
    findings = (*prepared.findings, *predicted.findings, *predicted.not_measured.values(), *drawn.findings)
    return case, replace(drawn, findings=findings), predicted.not_measured.keys()


def _sequences(labelled: LabelledFiles, bundle: Bundle, protocol: Protocol) -> tuple[Sequence, ...]:
    """Those to read: what is there, as in use, and what the model does not do without."""
    needed = () if bundle.specification.tolerates_missing else bundle.specification.sequences
    wanted = {*labelled.files.images, *needed} - {*protocol.without}
    if labelled.files.images and not wanted:
        raise LearningError(f"The case '{labelled.name}' has no image but those that are withheld.")
    return tuple(sequence for sequence in Sequence if sequence in wanted)


def _measured(case: LabelledCase, regions: Items[Region], blind: Collection[str]) -> list[Region]:
    measured = [region for region in regions if region.key not in blind]
    if not measured:
        have = ", ".join(sequence.value for sequence in case.images)
        raise LearningError(f"The case '{case.name}' has only {have}, with which no region is measured.")
    return measured


def _scores(case: LabelledCase, labels: NDArray[np.uint8], regions: Items[Region]) -> dict[str, RegionScores]:
    spacing_mm = case.labels_geometry.spacing_mm[::-1]
    return {
        region.key: region_scores(np.isin(labels, region.labels), np.isin(case.labels, region.labels), spacing_mm)
        for region in regions
    }


def _preprocessed(case: LabelledCase, bundle: Bundle, protocol: Protocol, progress: Progress) -> PreparedCase:
    """Pre-processed as a study in use; what is found is judged in the grid of the truth."""
    from BratsSegmenterLib.dicom import reference_sequence

    reference = reference_sequence(case.images)
    if not case.geometries[reference].is_close(case.labels_geometry, tolerance_mm=0.1):
        raise LearningError(
            f"The labels of the case '{case.name}' do not lie in the grid of its {reference.value} image.",
            "Repair the case or leave it out.",
        )
    shown = degraded(case, protocol.degradation) if protocol.degradation else case
    find_brain = brain_finder(bundle, protocol.device, protocol.is_postoperative)
    prepared = preprocess(_as_study(shown, reference), protocol.steps, progress, find_brain)
    return replace(prepared, reference_geometry=case.labels_geometry)


def _as_study(case: LabelledCase, reference: Sequence) -> Case:
    """The images as if they had come from an archive."""
    volumes = {
        sequence: Volume(array, case.geometries[sequence], (), _series(case.name, sequence))
        for sequence, array in case.images.items()
    }
    return Case(volumes, reference)


def _series(name: str, sequence: Sequence) -> Series:
    """A series for an image that has none; no frame of reference, so that registration trusts nothing."""
    from pydicom import Dataset

    return Series(f"{name}/{sequence.value}", "", "", "MR", sequence.value, None, "", (), Dataset())
