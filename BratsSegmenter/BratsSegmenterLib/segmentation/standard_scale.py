"""Intensity standardisation: every image of a sequence on one scale, by the landmarks of its histogram.

After Nyul, Udupa and Zhang 2000 (doi:10.1109/42.836373): the percentiles of each image are mapped, piecewise linearly,
onto their mean positions over the training images. What a scanner did to the brightness of tissue, as long as it kept
its order, is undone.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import InferenceError

PERCENTILES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.8)
STANDARD_SCALE = (-2.0, 4.0)
"""Least and greatest landmark: about where those of a z-scored image lie, so that such networks can be trained on."""


@dataclass(frozen=True)
class StandardScale:
    """The standard scale of one sequence.

    Attributes
    ----------
    landmarks : tuple of float
        Position of each of :data:`PERCENTILES` on the standard scale, growing from one end of :data:`STANDARD_SCALE` to
        the other.
    """

    landmarks: tuple[float, ...]

    def apply(self, image: NDArray, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The image on the standard scale; values above the last landmark go on at the last slope, zero outside.

        Raises
        ------
        InferenceError
            The image has one value everywhere in the mask.
        """
        own, standard = own_landmarks(image, mask), np.array(self.landmarks)
        distinct = np.concatenate([[True], np.diff(own) > 0])
        own, standard = own[distinct], standard[distinct]
        mapped = np.interp(image, own, standard)
        slope = (standard[-1] - standard[-2]) / (own[-1] - own[-2])
        mapped = np.where(image > own[-1], standard[-1] + (image - own[-1]) * slope, mapped)
        return np.where(mask, mapped, 0).astype(np.float32)


def on_standard_scales(
    images: NDArray, sequences: SequenceOf[Sequence], mask: NDArray[np.bool_], scales: Mapping[Sequence, StandardScale]
) -> NDArray[np.float32]:
    """Every image on the scale of its sequence; a sequence that was not acquired (all zero) stays as it is.

    Parameters
    ----------
    images : ndarray, shape (sequences, k, j, i)
    sequences : sequence of Sequence
        Of the first axis.
    mask : ndarray of bool, shape (k, j, i)
        The brain.
    scales : mapping of Sequence to StandardScale

    Raises
    ------
    InferenceError
        An image has one value everywhere in the mask.
    """
    scaled = np.array(images, np.float32)
    for channel, sequence in enumerate(sequences):
        if sequence in scales and scaled[channel].any():
            scaled[channel] = scales[sequence].apply(scaled[channel], mask)
    return scaled


def own_landmarks(image: NDArray, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The image's own landmarks: its :data:`PERCENTILES` in the mask.

    Raises
    ------
    InferenceError
        It has one value everywhere in the mask.
    """
    values = image[mask]
    if not values.size or values.min() == values.max():
        raise InferenceError(
            "An image has one value everywhere in the brain, so it has no histogram to standardise.",
            "Choose another series for that sequence, or leave the case out.",
        )
    return np.asarray(np.percentile(values, PERCENTILES), float)
