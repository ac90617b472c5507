"""Learns from synthetic cases, whose truth is known, how far a bundle's model may be trusted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass, replace
from itertools import count as count_from
from itertools import islice
from math import ceil, sqrt
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import INTERVAL_COVERAGE, RC, REGIONS, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.learning.evaluation.trust import Trust, claims, trust
from BratsSegmenterLib.learning.synthesis import Anatomy, SynthesisSettings, SyntheticCase, case_geometry, synthesise
from BratsSegmenterLib.measurement import dice
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import (
    POSTOPERATIVE,
    Bundle,
    Calibration,
    Evidence,
    RegionCalibration,
    draw,
    outward_step,
    pushed_outwards,
    segment,
)

FEWEST_CASES = 19
"""The fewest of which bounds on both sides can be promised to hold nine in ten others; see :func:`fit_steps`."""
_OPERATED_ON = 0.9
"""Share of the heads with a cavity among those of a bundle for studies after an operation."""
_SEED = 2**30
"""Away from the seeds of training and validation, so that no case was trained on."""


@dataclass(frozen=True, eq=False)
class SegmentedSynthetic:
    """A synthetic case as the model segmented it.

    Attributes
    ----------
    labels, truth : ndarray of uint8, shape (slices, rows, columns)
    voxel_ml : float
    evidence : mapping of str to Evidence
        By region key.
    """

    labels: NDArray[np.uint8]
    truth: NDArray[np.uint8]
    voxel_ml: float
    evidence: Mapping[str, Evidence]


@dataclass(frozen=True, eq=False)
class _Prepared:
    """A synthetic case as pre-processing would hand it over."""

    images: NDArray[np.float32]
    present: tuple[Sequence, ...]
    mask: NDArray[np.bool_]
    geometry: Geometry


def synthesis_settings(bundle: Bundle) -> SynthesisSettings:
    """Cases as the bundle's network meets them in use.

    On its grid, without skull, none healthy, with cavities only if the network knows them, most with one if it is for
    studies after an operation; sequences are missing now and then, if it does without.
    """
    usual, spacing_mm = SynthesisSettings(), bundle.specification.spacing_mm
    slices, rows, columns = (round(side * usual.spacing_mm / spacing_mm) for side in usual.shape)
    usually = _OPERATED_ON if bundle.name.endswith(POSTOPERATIVE) else usual.resected
    resected = usually if RC in bundle.specification.outputs else 0.0
    return replace(
        usual, shape=(slices, rows, columns), spacing_mm=spacing_mm, with_skull=0.0, healthy=0.0, resected=resected
    )


def calibrate(
    bundle: Bundle,
    anatomies: Items[Anatomy],
    settings: SynthesisSettings,
    cases: int,
    held_out: int,
    device: str = "auto",
    progress: Progress | None = None,
) -> tuple[Calibration, dict[str, Trust]]:
    """Fit a calibration on fresh synthetic cases and check it on others.

    Parameters
    ----------
    bundle : Bundle
    anatomies : sequence of Anatomy
        Prepared for ``settings.spacing_mm``.
    settings : SynthesisSettings
        Of the cases; see :func:`synthesis_settings`.
    cases, held_out : int
        How many to fit on, and how many to check on.
    device : str
        Of the model.
    progress : Progress, optional

    Returns
    -------
    Calibration
    dict of str to Trust
        Of the held-out cases, by region key.

    Raises
    ------
    LearningError
        As of :func:`refuse_to_calibrate`, or the model found no region in enough cases.
    Cancelled
    """
    refuse_to_calibrate(bundle, cases, held_out)
    progress = progress or Progress()
    with progress.stage("segment synthetic cases"):
        segmented = list(segmented_synthetic(bundle, anatomies, settings, cases + held_out, device, progress))
    regions = fit_regions(segmented[:cases])
    if not regions:
        raise LearningError(
            f"The model found no region in {FEWEST_CASES} of the synthetic cases.",
            "Calibrate with more cases, or train the model further.",
        )
    found = check(Calibration(bundle.weights_sha256, INTERVAL_COVERAGE, cases, held_out, regions), segmented[cases:])
    checked = {
        key: replace(region, held_out_coverage=found[key].coverage if key in found else 0.0)
        for key, region in regions.items()
    }
    return Calibration(bundle.weights_sha256, INTERVAL_COVERAGE, cases, held_out, checked), found


def refuse_to_calibrate(bundle: Bundle, cases: int, held_out: int) -> None:
    """Say what stands against a calibration, which is known before anything is made.

    Raises
    ------
    LearningError
        The model segments no tumour, or there are too few cases.
    """
    if not bundle.specification.outputs:
        raise LearningError(
            f"The model '{bundle.name}' finds the brain, no tumour, so there are no volumes to calibrate.",
            "Choose another model.",
        )
    if cases < FEWEST_CASES or held_out < 1:
        raise LearningError(
            f"{cases} cases to fit on and {held_out} to check on are too few for a calibration.",
            f"Give at least {FEWEST_CASES} and 1.",
        )


def fit_regions(cases: Items[SegmentedSynthetic]) -> dict[str, RegionCalibration]:
    """Calibrations of the regions that the model drew in enough cases, by key; not checked on any others yet."""
    fitted = {}
    for key, region in REGIONS.items():
        evidence, true_ml, true_dice = [], [], []
        for case in cases:
            if key in case.evidence:
                true, drawn = (np.isin(labels, region.labels) for labels in (case.truth, case.labels))
                evidence.append(case.evidence[key])
                true_ml.append(np.count_nonzero(true) * case.voxel_ml)
                true_dice.append(dice(drawn, true))
        soft = [one.soft_dice for one in evidence]
        if len(soft) - soft.count(None) >= FEWEST_CASES:
            slope, offset = _line([(s, d) for s, d in zip(soft, true_dice, strict=True) if s is not None])
            fitted[key] = RegionCalibration(*fit_steps(evidence, true_ml), slope, offset, 0.0)
    return fitted


def check(calibration: Calibration, cases: Items[SegmentedSynthetic]) -> dict[str, Trust]:
    """How the calibration does on cases it was not fitted on, by region key."""
    return trust(
        claims(calibration.confidence(case.evidence), case.labels, case.truth, case.voxel_ml) for case in cases
    )


def fit_steps(evidence: Items[Evidence], true_ml: Items[float]) -> tuple[float, float]:
    """The steps below and above that hold the truth in the wanted share of cases, a finite sample allowed for.

    A bound that m of n cases miss is missed by another one with a probability of (m + 1) / (n + 1) (Angelopoulos and
    Bates 2021, arXiv:2107.07511, section 1), so two bounds may together be missed by two cases fewer than
    (n + 1) * (1 - coverage). None, one, two, three or four quarters of these are missed below and the rest above,
    whichever brings the square roots of the bounds closest to each other in the mean; in mL, lower bounds would be
    given up for the sake of upper ones. There is no finer choice, because each is a little too narrow for other cases:
    what this one costs, about half a percent, is not allowed for.
    """
    roots = np.sqrt([(one.sure_ml, one.possible_ml, true) for one, true in zip(evidence, true_ml, strict=True)])
    sure, possible, true = roots.T / [outward_step(one) for one in evidence]
    below, above = (np.sort(needed.clip(min=0))[::-1].tolist() for needed in (sure - true, true - possible))
    exchangeable = len(evidence) + 1
    missed = max(0, exchangeable - ceil(exchangeable * INTERVAL_COVERAGE) - 2)
    missed_below = [round(missed * quarters / 4) for quarters in range(5)]
    steps = [(below[few], above[missed - few]) for few in missed_below]
    return min(steps, key=lambda pair: _mean_width_of_roots(evidence, *pair))


def _mean_width_of_roots(evidence: Items[Evidence], below: float, above: float) -> float:
    intervals = (pushed_outwards(one, below, above) for one in evidence)
    return fmean(sqrt(upper) - sqrt(lower) for lower, upper in intervals)


def _line(pairs: Items[tuple[float, float]]) -> tuple[float, float]:
    """Slope and offset of true over soft Dice by least squares; level where that would fall."""
    soft, true = np.array(pairs).T
    if np.ptp(soft) > 0:
        slope, offset = np.polyfit(soft, true, 1)
        if slope > 0:
            return float(slope), float(offset)
    return 0.0, float(true.mean())


def segmented_synthetic(
    bundle: Bundle,
    anatomies: Items[Anatomy],
    settings: SynthesisSettings,
    count: int,
    device: str,
    progress: Progress,
) -> Iterator[SegmentedSynthetic]:
    """Fresh synthetic cases, segmented as the pipeline segments a study.

    Parameters
    ----------
    bundle, anatomies, settings, device, progress
        As of :func:`calibrate`.
    count : int
        Of the cases; always the same ones, in the same order.

    Raises
    ------
    Cancelled
    """
    for number, case in enumerate(islice(_measurable(bundle, anatomies, settings), count)):
        progress.update(number / count)
        yield _segment(bundle, case, device)


def _measurable(bundle: Bundle, anatomies: Items[Anatomy], settings: SynthesisSettings) -> Iterator[SyntheticCase]:
    """Endless cases; those without the sequences of any region are passed over, as the pipeline refuses them.

    It refuses every missing sequence of a model that needs all, so none is missing then.
    """
    if not bundle.specification.tolerates_missing:
        settings = replace(settings, missing_sequence=0.0)
    outputs = {region.key for region in bundle.specification.outputs}
    for number in count_from(0):
        case = synthesise(anatomies, settings, (_SEED, number))
        if outputs - set(bundle.specification.not_measured(case.present)):
            yield case


def _segment(bundle: Bundle, case: SyntheticCase, device: str) -> SegmentedSynthetic:
    geometry, images = case_geometry(case), case.images.numpy()
    prepared = _Prepared(images, case.present, np.any(images != 0, axis=0), geometry)
    found = segment(prepared, bundle, device)
    voxel_ml = geometry.voxel_volume_ml
    drawn = draw(found.probabilities, found, voxel_ml, bundle.specification.postprocessing)
    return SegmentedSynthetic(drawn.labels, case.labels.numpy(), voxel_ml, drawn.evidence)
