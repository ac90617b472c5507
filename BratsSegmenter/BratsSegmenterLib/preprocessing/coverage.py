"""How much of the brain each sequence shows."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.preprocessing.notes import Notes

_SMALLEST_SHARE = 0.02
_DOUBTFUL_SHARE = 0.25
_VOXELS_PER_ML = 1000.0  # of the standard 1 mm grid


def note_coverage(acquired: Mapping[Sequence, NDArray[np.bool_]], mask: NDArray[np.bool_], notes: Notes) -> None:
    """Name each sequence that leaves out more than 2 % of the brain; more than a quarter makes the result doubtful.

    Parameters
    ----------
    acquired : mapping of Sequence to ndarray of bool, shape (k, j, i)
        Where each sequence was acquired, on the standard 1 mm grid.
    mask : ndarray of bool, shape (k, j, i)
        The brain.
    notes : Notes
    """
    brain_voxels = int(np.count_nonzero(mask))
    for sequence, is_acquired in acquired.items():
        left_out = int(np.count_nonzero(mask & ~is_acquired))
        share = left_out / brain_voxels
        if share > _SMALLEST_SHARE:
            sentence = (
                f"{sequence.value} does not show {left_out / _VOXELS_PER_ML:.0f} mL of the brain ({share:.0%}): "
                "what lies there could not be judged by it."
            )
            notes.add(sentence, is_doubt=share > _DOUBTFUL_SHARE)
