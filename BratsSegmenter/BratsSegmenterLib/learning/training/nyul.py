"""Intensity standardisation: every image of a sequence on one scale, by the landmarks of its histogram.

After Nyul, Udupa and Zhang 2000 (doi:10.1109/42.836373): the percentiles of each image are mapped, piecewise linearly,
onto their mean positions over the training images.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.errors import LearningError

PERCENTILES = (0.0, 10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0, 99.8)
SCALE = (1.0, 4095.0)


@dataclass(frozen=True)
class NyulScale:
    """The standard scale of one sequence.

    Attributes
    ----------
    landmarks : tuple of float
        Position of each of :data:`PERCENTILES` on the standard scale, growing from 1 to 4095.
    """

    landmarks: tuple[float, ...]

    @classmethod
    def learn(cls, images: Iterable[tuple[NDArray, NDArray[np.bool_]]]) -> NyulScale:
        """Mean landmarks of some images, each given with its mask.

        Raises
        ------
        LearningError
            There is no image, or one whose values in the mask are all equal.
        """
        mapped = []
        for image, mask in images:
            own = _percentiles(image, mask)
            share = (own - own[0]) / (own[-1] - own[0])
            mapped.append(SCALE[0] + share * (SCALE[1] - SCALE[0]))
        if not mapped:
            raise LearningError("There is no image to learn the standard scale from.")
        return cls(tuple(float(value) for value in np.mean(mapped, axis=0)))

    def apply(self, image: NDArray, mask: NDArray[np.bool_]) -> NDArray[np.float32]:
        """The image on the standard scale; values above the last landmark go on at the last slope, zero outside.

        Raises
        ------
        LearningError
            The image has one value everywhere in the mask.
        """
        own, standard = _percentiles(image, mask), np.array(self.landmarks)
        distinct = np.concatenate([[True], np.diff(own) > 0])
        own, standard = own[distinct], standard[distinct]
        mapped = np.interp(image, own, standard)
        slope = (standard[-1] - standard[-2]) / (own[-1] - own[-2])
        mapped = np.where(image > own[-1], standard[-1] + (image - own[-1]) * slope, mapped)
        return np.where(mask, mapped, 0).astype(np.float32)


def _percentiles(image: NDArray, mask: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = image[mask]
    if not values.size or values.min() == values.max():
        raise LearningError("An image has one value everywhere in its mask, so it has no histogram to standardise.")
    return np.asarray(np.percentile(values, PERCENTILES), float)
