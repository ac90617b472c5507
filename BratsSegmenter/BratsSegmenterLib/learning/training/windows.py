"""A part of a case: what a network sees of a grid that is too fine to be held at once."""

from __future__ import annotations

import warnings

import numpy as np
import torch
from monai.transforms import RandCropByPosNegLabel

from BratsSegmenterLib.learning.training.cases import TrainingCase


def random_window(case: TrainingCase, sides: tuple[int, int, int], random: np.random.Generator) -> TrainingCase:
    """A window of `case` around a voxel that is as often tumour as not, where there is any (RandCropByPosNegLabel).

    Parameters
    ----------
    sides : tuple of int
        Slices, rows, columns; none longer than the case's.
    """
    crop = RandCropByPosNegLabel(sides, pos=1, neg=1, num_samples=1)
    crop.set_random_state(int(random.integers(2**31)))
    together = torch.cat([case.images.float(), case.labels[None].float(), case.brain[None].float()])
    with warnings.catch_warnings(action="ignore", category=UserWarning):  # MONAI warns of every healthy head
        part = torch.as_tensor(crop(together, label=case.labels[None])[0])
    return TrainingCase(part[:-2], part[-2].to(case.labels.dtype), part[-1] > 0, case.present)
