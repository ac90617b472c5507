"""Learning-rate schedule and moving average of the weights."""

from __future__ import annotations

import copy
import math

import torch
from torch import nn

from BratsSegmenterLib.learning.training.settings import OptimisationSettings


def learning_rate(step: int, settings: OptimisationSettings) -> float:
    """Linear warm-up, then cosine decay (Loshchilov and Hutter 2017, arXiv:1608.03983), for a step counted from 0."""
    warm = min(1.0, (step + 1) / max(1, settings.warmup_steps))
    cosine = 0.5 * (1 + math.cos(math.pi * min(step / settings.steps, 1.0)))
    return settings.learning_rate * warm * (settings.final_share + (1 - settings.final_share) * cosine)


class MovingAverage:
    """Exponential moving average of a network's weights; single moments of a run swing by several Dice points.

    Parameters
    ----------
    network : torch.nn.Module
        Whose weights are followed.
    decay : float
        Share of the old average that is kept at each step, less during the first steps.
    """

    def __init__(self, network: nn.Module, decay: float) -> None:
        self.network = copy.deepcopy(network).requires_grad_(False).eval()
        self._decay = decay

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """Take in the weights after a step counted from 0."""
        decay = min(self._decay, (1 + step) / (10 + step))
        for average, current in zip(self.network.state_dict().values(), network.state_dict().values(), strict=True):
            if average.is_floating_point():
                average.lerp_(current, 1 - decay)
            else:
                average.copy_(current)
