"""Small changes at each use of a case, drawn from the step's own number so that an interrupted run repeats them."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.settings import CaseSettings

_COLUMNS = -1
_OFFSET_SD = 0.1


def augmented(case: TrainingCase, settings: CaseSettings, random: np.random.Generator) -> TrainingCase:
    """The case with other contrast, perhaps mirrored, perhaps with one sequence fewer."""
    images, labels, brain = case.images.float(), case.labels, case.brain
    if settings.mirror and random.random() < 0.5:
        images, labels, brain = (tensor.flip(_COLUMNS) for tensor in (images, labels, brain))
    images = _jittered(images, settings.intensity_jitter, random)
    present = case.present
    shares = np.array([settings.drop_shares[sequence.channel] for sequence in present])
    if len(present) > 1 and shares.any() and random.random() < settings.drop_sequence:
        dropped = present[int(random.choice(len(present), p=shares / shares.sum()))]
        present = tuple(sequence for sequence in present if sequence is not dropped)
        images[dropped.channel] = 0
    return TrainingCase(images, labels, brain, present)


def _jittered(images: Tensor, amount: float, random: np.random.Generator) -> Tensor:
    """Another gain and offset for each sequence; what is zero stays zero."""
    gain = images.new_tensor(random.uniform(1 - amount, 1 + amount, len(images))).view(-1, 1, 1, 1)
    offset = images.new_tensor(random.normal(0, _OFFSET_SD * bool(amount), len(images))).view(-1, 1, 1, 1)
    changed = images * gain + offset
    return torch.where(images != 0, changed, images)
