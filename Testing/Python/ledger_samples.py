"""Corrections of known content for tests of the ledger."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Algorithm, Segmentation
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.ledger import Correction

ALGORITHM = Algorithm("glioma-synthetic", "0.1", "ab" * 32)
GEOMETRY = Geometry((6, 12, 10), np.diag([1.0, 1.5, 2.0, 1.0]))
STUDY_UID = "1.2.826.0.1.3680043.8.498.4711"
REVIEWER = "Curie^Marie"


def labels(number: int | None = None) -> NDArray[np.uint8]:
    """What the model drew; with a number, one of several corrections of it: a column of ET added."""
    drawn = np.zeros(GEOMETRY.shape, np.uint8)
    drawn[1:5, 3:9, 2:7] = 3
    drawn[2:4, 5:7, 3:5] = 1
    if number is not None:
        drawn[1:5, 3:9, 7 + number % 3] = 3
    return drawn


def correction(number: int) -> Correction:
    """The correction with that number."""
    before, after = (Segmentation(drawn, GEOMETRY, ALGORITHM) for drawn in (labels(), labels(number)))
    return Correction(STUDY_UID, REVIEWER, 2.5, before, after)
