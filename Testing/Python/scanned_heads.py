"""Heads of the generator as a scanner gives them; for tests and benchmarks."""

from __future__ import annotations

from dataclasses import replace

import torch

from BratsSegmenterLib.learning.synthesis import SyntheticCase

_FAINTEST = 0.05
"""Brightness of the darkest voxel of a head: bone is about as dark as the air around it."""


def as_scanned(case: SyntheticCase) -> SyntheticCase:
    """The case with images in arbitrary units: air is 0, all else is brighter."""
    darkest = case.images.amin((1, 2, 3), keepdim=True)
    return replace(case, images=torch.where(case.images != 0, case.images - darkest + _FAINTEST, 0.0))
