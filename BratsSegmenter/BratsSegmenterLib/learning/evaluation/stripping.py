"""Images that still show the skull, or a background that is not zero, where a bare brain is awaited."""

from __future__ import annotations

import numpy as np

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase

_GREATEST_ML = 2600.0
"""What no brain fills and no adult's head fits into; swollen synthetic brains come to 2,270 mL."""
_GREATEST_SHARE = 0.9
"""Of an image; a bare brain in the tightest box fills half of it."""


def refuse_what_is_no_brain(case: LabelledCase, advice: str) -> None:
    """Make sure that what is not zero can be a brain.

    Parameters
    ----------
    case : LabelledCase
    advice : str
        What to do besides, as a sentence.

    Raises
    ------
    LearningError
        An image of the case is not stripped of the skull, or not zero around the brain.
    """
    for sequence, image in case.images.items():
        filled = np.count_nonzero(image)
        volume_ml = filled * case.geometries[sequence].voxel_volume_ml
        if filled > _GREATEST_SHARE * image.size:
            shown = "is not zero around the brain"
        elif volume_ml > _GREATEST_ML:
            shown = f"shows more than the brain: {volume_ml:.0f} mL are not zero"
        else:
            continue
        raise LearningError(
            f"The {sequence.value} image of the case '{case.name}' {shown}.",
            f"Strip the skull, with HD-BET or SynthStrip for instance, and set what is no brain to zero. {advice}",
        )
