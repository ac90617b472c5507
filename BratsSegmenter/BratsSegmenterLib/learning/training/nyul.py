"""Learning the standard scale of every sequence from the cases that are trained on."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training.folders import FolderCases
from BratsSegmenterLib.segmentation import STANDARD_SCALE, StandardScale, own_landmarks


def learn_standard_scale(images: Iterable[tuple[NDArray, NDArray[np.bool_]]]) -> StandardScale:
    """Mean landmarks of some images of one sequence, each given with its mask (Nyul et al. 2000).

    Raises
    ------
    LearningError
        There is no image.
    InferenceError
        An image has one value everywhere in its mask.
    """
    least, greatest = STANDARD_SCALE
    mapped = []
    for image, mask in images:
        own = own_landmarks(image, mask)
        mapped.append(least + (own - own[0]) / (own[-1] - own[0]) * (greatest - least))
    if not mapped:
        raise LearningError(
            "There is no image to learn the standard scale from.", "Add cases, or leave the standard scale out."
        )
    return StandardScale(tuple(float(value) for value in np.mean(mapped, axis=0)))


def learn_standard_scales(cases: FolderCases) -> dict[Sequence, StandardScale]:
    """The scale of every sequence that at least one case has; each case is looked at once per sequence."""
    scales = {}
    for channel, sequence in enumerate(Sequence):
        with_it = [
            (case.images[channel].float().numpy(), case.brain.numpy())
            for case in (cases[number] for number in range(len(cases)))
            if sequence in case.present
        ]
        if with_it:
            scales[sequence] = learn_standard_scale(with_it)
    return scales
