"""What tumour looks like in this very patient: a network's answer, corrected by the tissue that it is sure of.

A network learns what tumours look like in general. Where it doubts, the patient's own images know more: tissue near its
outline that looks like the tumour that it is sure of is rather tumour, and tissue that looks like the surroundings is
rather not. The two are told apart by Fisher's linear discriminant (Fisher 1936, doi:10.1111/j.1469-1809.1936.tb02137.x)
over the intensities of all sequences, their squares and their products.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.special import expit, logit

from BratsSegmenterLib.domain import ET, TC, WT, Region
from BratsSegmenterLib.geometry import bounding_box

_SURE = 0.7
"""Least probability of what the tissue is learnt from; that it is not tumour, as well."""
_WEIGHT = 0.5
"""Of the tissue's evidence beside the network's, both as log odds. Not 1: neighbouring voxels are no independent
witnesses, and the network has seen their intensities, too."""
_LIMIT = 3.0
"""Of a voxel's evidence: a log likelihood ratio."""
_SMOOTHING_MM = 1.0
"""Standard deviation, of intensities and of evidence."""
_SURROUNDINGS_MM = 20.0
"""How far around the whole tumour the tissue is learnt that it is told from."""
_REACH_MM = 8.0
"""How far from its outline the whole tumour is changed."""
_RIM_MM = 2.0
"""What counts as the whole tumour around its outline where the regions inside are told apart."""
_PASSES = 2
"""For the whole tumour: the second learns from the outline that the first has moved."""
_LEAST_TUMOUR_MM3 = 400.0
_LEAST_SURE_MM3 = 200.0


def corrected_by_appearance(
    probabilities: NDArray[np.float32],
    regions: tuple[Region, ...],
    images: NDArray[np.float32],
    mask: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
) -> NDArray[np.float32]:
    """Probabilities with those of WT, TC and ET corrected by what each looks like in these images.

    WT is told from the brain around it, TC and ET from the rest of WT. What is smaller than 400 mm3, and what the
    network is nowhere sure of, stays as it is; so do TC and ET of a model that does not find WT.

    Parameters
    ----------
    probabilities : ndarray of float32, shape (regions, k, j, i)
    regions : tuple of Region
        Of the first axis.
    images : ndarray of float32, shape (sequences, k, j, i)
        In any scale; a sequence of zeros was not acquired.
    mask : ndarray of bool, shape (k, j, i)
        The brain; nothing outside is changed.
    spacing_mm : tuple of float
        Of (k, j, i).
    """
    corrected = probabilities.copy()
    if WT not in regions:
        return corrected
    channel = {region: index for index, region in enumerate(regions)}
    box = _box((probabilities[channel[WT]] > 0.5) & mask, _SURROUNDINGS_MM, spacing_mm)
    if box is None:
        return corrected
    brain, whole = mask[box], probabilities[channel[WT]][box]
    features = _features(images[(slice(None), *box)], brain, spacing_mm)
    inside = brain & (_distance_mm(whole, spacing_mm) <= _RIM_MM)
    for region in {TC, ET} & channel.keys():
        answer = probabilities[channel[region]][box]
        corrected[channel[region]][box] = _corrected(answer, features, inside, inside, spacing_mm)
    for _ in range(_PASSES):
        distance_mm = _distance_mm(whole, spacing_mm)
        learnt, changed = brain & (distance_mm < _SURROUNDINGS_MM), brain & (distance_mm < _REACH_MM)
        whole = _corrected(whole, features, learnt, changed, spacing_mm)
    corrected[channel[WT]][box] = whole
    return corrected


def _box(
    whole: NDArray[np.bool_], margin_mm: float, spacing_mm: tuple[float, float, float]
) -> tuple[slice, slice, slice] | None:
    """The tumour's bounding box and a margin around it; None where there is no tumour."""
    if not whole.any():
        return None
    margins = (int(margin_mm / spacing) for spacing in spacing_mm)
    k, j, i = (slice(max(0, s.start - m), s.stop + m) for s, m in zip(bounding_box(whole), margins, strict=True))
    return k, j, i


def _features(
    images: NDArray[np.float32], mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float]
) -> NDArray[np.float32]:
    """Smoothed intensities of the acquired sequences, (features, k, j, i); what lies outside the mask adds nothing."""
    sigma = [_SMOOTHING_MM / spacing for spacing in spacing_mm]
    inside = ndimage.gaussian_filter(mask.astype(np.float32), sigma) + 1e-3
    acquired = [image for image in images if image.any()]
    return np.stack([ndimage.gaussian_filter(image * mask, sigma) / inside for image in acquired])


def _distance_mm(probability: NDArray[np.float32], spacing_mm: tuple[float, float, float]) -> NDArray[np.float64]:
    """Of every voxel from the region."""
    return ndimage.distance_transform_edt(probability <= 0.5, sampling=spacing_mm)


def _corrected(
    answer: NDArray[np.float32],
    features: NDArray[np.float32],
    learnt: NDArray[np.bool_],
    changed: NDArray[np.bool_],
    spacing_mm: tuple[float, float, float],
) -> NDArray[np.float32]:
    """The probability of a region where it may change; as it was where there is too little to learn from."""
    voxel_mm3 = float(np.prod(spacing_mm))
    probability = answer[learnt]
    is_region, is_other = probability > _SURE, probability < 1 - _SURE
    if (probability > 0.5).sum() * voxel_mm3 < _LEAST_TUMOUR_MM3:
        return answer
    if min(is_region.sum(), is_other.sum()) * voxel_mm3 < _LEAST_SURE_MM3:
        return answer
    ratio = _log_likelihood_ratio(_with_products(features[:, learnt].T), is_region, is_other)
    evidence = np.zeros_like(answer)
    evidence[learnt] = np.clip(ratio, -_LIMIT, _LIMIT)
    evidence = ndimage.gaussian_filter(evidence, [_SMOOTHING_MM / spacing for spacing in spacing_mm])
    odds = logit(np.clip(answer[changed], 1e-4, 1 - 1e-4)) + _WEIGHT * evidence[changed]
    corrected = answer.copy()
    corrected[changed] = expit(odds)
    return _without_new_pieces(corrected, answer)


def _without_new_pieces(corrected: NDArray[np.float32], answer: NDArray[np.float32]) -> NDArray[np.float32]:
    """The correction moves outlines; a piece that the network saw nowhere is tissue that happens to look alike."""
    pieces, _count = ndimage.label(corrected > 0.5, np.ones((3, 3, 3)))
    seen = np.unique(pieces[answer > 0.5])
    is_new = (pieces > 0) & ~np.isin(pieces, seen)
    return np.where(is_new, answer, corrected)


def _with_products(intensities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Standardised columns, their squares and their products with each other; shape (voxels, features)."""
    standard = (intensities - intensities.mean(axis=0)) / (intensities.std(axis=0) + 1e-6)
    one, other = np.triu_indices(standard.shape[1])
    return np.hstack((standard, standard[:, one] * standard[:, other]))


def _log_likelihood_ratio(
    features: NDArray[np.float32], is_region: NDArray[np.bool_], is_other: NDArray[np.bool_]
) -> NDArray[np.float32]:
    """Of every row, under two normal distributions that share the mean of the two samples' covariances."""
    samples = [features[which].astype(np.float64) for which in (is_region, is_other)]
    region, other = (sample.mean(axis=0) for sample in samples)
    covariance = np.mean([np.cov(sample, rowvar=False, bias=True) for sample in samples], axis=0)
    direction = np.linalg.solve(covariance + 1e-3 * np.eye(len(covariance)), region - other)
    return features @ direction.astype(np.float32) - np.float32((region + other) @ direction / 2)
