"""Sentences about what goes on beyond the images that it is drawn on, and so was not measured there."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import RC, WT, Segmentation
from BratsSegmenterLib.geometry import bounding_box
from BratsSegmenterLib.sentence_form import SentenceForm

_PLACES = (("first slice", "last slice"), ("edge of the images", "edge of the images"), ("edge of the images",) * 2)
"""What the two ends of an array's axes are called: slices, rows, columns."""
_LEAST_OF_ALL = 0.1
"""Share of a whole that a piece of it must hold: its own end would change the volume by less."""
_LEAST_AT_END = 0.25
"""Share of a piece's largest cross-section that must lie at the end of the images. Where the section of a ball is so
small, 1 % of the ball is left to come: it ends there, as a brain does at the vertex or in images cropped to it."""
CUT_OFF = SentenceForm("The {} reaches the {} of {}: neither its volume nor the interval counts what lies beyond.")
_ANY_CONTACT = np.ones((3, 3, 3), bool)


def cut_off_findings(segmentation: Segmentation, reference: str) -> tuple[str, ...]:
    """A sentence for a tumour and for a cavity that goes on where the images end, which makes their volumes doubtful.

    Parameters
    ----------
    segmentation : Segmentation
    reference : str
        Name of the sequence that it is drawn on.
    """
    return tuple(
        CUT_OFF.of(region.name.lower(), ends, reference)
        for region in (WT, RC)
        if (ends := _ends_reached(segmentation.mask(region)))
    )


def brain_cut_off_findings(brain: NDArray[np.bool_], reference: str) -> tuple[str, ...]:
    """A sentence where the brain goes on beyond the images; another lesion may lie there.

    Parameters
    ----------
    brain : ndarray of bool, shape (slices, rows, columns)
        On the grid of the reference.
    reference : str
        Name of the sequence.
    """
    ends = _ends_reached(brain)
    return (f"The brain goes on beyond the {ends} of {reference}: what lies there was not looked at.",) if ends else ()


def _ends_reached(mask: NDArray[np.bool_]) -> str:
    """The ends of the array at which much of the mask lies, as words; empty where there are none."""
    if not mask.any():
        return ""
    box = bounding_box(mask)
    pieces, _count = ndimage.label(mask[box], structure=_ANY_CONTACT)
    sizes = np.bincount(pieces.ravel())
    sizes[0] = 0
    reached: list[str] = []
    for number in np.flatnonzero(sizes >= _LEAST_OF_ALL * sizes.sum()):
        piece = pieces == number
        for axis, places in enumerate(_PLACES):
            sections = np.count_nonzero(piece, axis=tuple({0, 1, 2} - {axis}))
            at_ends = (box[axis].start == 0, box[axis].stop == mask.shape[axis])
            for is_at_end, place, section in zip(at_ends, places, sections[[0, -1]], strict=True):
                if is_at_end and section >= _LEAST_AT_END * sections.max():
                    reached.append(place)
    return " and the ".join(dict.fromkeys(reached))
