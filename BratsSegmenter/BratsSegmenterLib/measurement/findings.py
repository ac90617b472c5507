"""Sentences about a segmentation that a radiologist should doubt: empty, tiny, off the brain, implausibly large."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import ET, RC, WT, Region, Segmentation
from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.sentence_form import SentenceForm

TINY_ML = 0.1
LARGE_SHARE = 0.5
OUTSIDE_ML = 0.1
EDGE_SHARE = 0.25
MOVED_MM, OTHERS_MOVED_MM = 10.0, 3.0

_FACES = ndimage.generate_binary_structure(3, 1)

_EMPTY = SentenceForm("The model found no tumour. Look at the images and at the quality page before you believe it.")
_TINY = SentenceForm("The {} is tiny, {:.2f} mL: it may be a vessel or noise.")
_OUTSIDE = SentenceForm("{:.1f} mL of the tumour lie outside the brain mask. Look at the mask on the quality page.")
_AT_THE_EDGE = SentenceForm(
    "{:.0f} % of the tumour's surface touches the edge of the brain mask: parts of it may be skull or vessels, or the "
    "mask may cut the tumour off."
)
_LARGE = SentenceForm("The tumour takes {:.0f} % of the brain mask, which is implausible.")
_NO_CAVITY = SentenceForm(
    "The operation was confirmed, but the model drew no resection cavity. Where you see one, draw it by hand."
)
DRAWN_FINDINGS = (_EMPTY, _TINY, _OUTSIDE, _AT_THE_EDGE, _LARGE, _NO_CAVITY)
"""What is said of a drawing, and no longer holds of another one."""


def quality_findings(segmentation: Segmentation, brain: NDArray[np.bool_] | None = None) -> tuple[str, ...]:
    """What makes a segmentation doubtful, one sentence each; none when nothing does.

    Parameters
    ----------
    segmentation : Segmentation
    brain : ndarray of bool, shape of the label map, optional
        The brain mask in the same grid; without it nothing is said about the brain.
    """
    tumour = segmentation.mask(WT)
    if not tumour.any():
        return () if segmentation.mask(RC).any() else (_EMPTY.of(),)
    voxel_ml = segmentation.geometry.voxel_volume_ml
    found = _tiny(WT, segmentation, voxel_ml) or _tiny(ET, segmentation, voxel_ml)
    if brain is None or not brain.any():
        return found
    return (*found, *_outside(tumour, brain, voxel_ml), *_at_the_edge(tumour, brain), *_large(tumour, brain))


def cavity_findings(segmentation: Segmentation) -> tuple[str, ...]:
    """A sentence where a patient was operated on and no resection cavity was drawn."""
    return () if segmentation.mask(RC).any() else (_NO_CAVITY.of(),)


def registration_findings(moved_mm: Mapping[str, float]) -> tuple[str, ...]:
    """A sentence where one sequence was moved far and all others were not: a patient seldom moves for one alone.

    Parameters
    ----------
    moved_mm : mapping of str to float
        Name of each sequence to the distance that it was moved in the middle of the brain; 0 for the reference.
    """
    if not moved_mm:
        return ()
    *others, (farthest, distance_mm) = sorted(moved_mm.items(), key=lambda item: item[1])
    if distance_mm < MOVED_MM or any(other_mm > OTHERS_MOVED_MM for _name, other_mm in others):
        return ()
    return (
        f"{farthest} alone was moved far, by {distance_mm:.0f} mm: the patient moved, or the registration went astray. "
        "Look at its checkerboard on the quality page.",
    )


def _tiny(region: Region, segmentation: Segmentation, voxel_ml: float) -> tuple[str, ...]:
    volume_ml = np.count_nonzero(segmentation.mask(region)) * voxel_ml
    if not 0 < volume_ml < TINY_ML:
        return ()
    return (_TINY.of(region.name.lower(), volume_ml),)


def _outside(tumour: NDArray[np.bool_], brain: NDArray[np.bool_], voxel_ml: float) -> tuple[str, ...]:
    outside_ml = np.count_nonzero(tumour & ~brain) * voxel_ml
    if outside_ml < OUTSIDE_ML:
        return ()
    return (_OUTSIDE.of(outside_ml),)


def _at_the_edge(tumour: NDArray[np.bool_], brain: NDArray[np.bool_]) -> tuple[str, ...]:
    """Whether much of the tumour's surface, counted in voxels around it, is no brain."""
    box = tuple(slice(max(part.start - 1, 0), part.stop + 1) for part in bounding_box(tumour))
    around = ndimage.binary_dilation(tumour[box], _FACES) & ~tumour[box]
    share = float(np.mean(~brain[box][around]))
    return () if share < EDGE_SHARE else (_AT_THE_EDGE.of(100 * share),)


def _large(tumour: NDArray[np.bool_], brain: NDArray[np.bool_]) -> tuple[str, ...]:
    share = np.count_nonzero(tumour) / np.count_nonzero(brain)
    return () if share <= LARGE_SHARE else (_LARGE.of(100 * share),)
