"""Brain masks as tools draw them, and intensities as the network gets them."""

from __future__ import annotations

import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.randomness import Randomness

CLIP = (-5.0, 8.0)
"""Limits of normalised intensities; exported bundles state them as their ``clip``."""
_LEAST_DEVIATION = 1e-4
_FOREGROUND = 0.15
"""Brightness that separates a head from air, where the brightest CSF is about 1."""
_BULGING = 0.35
"""Share of masks that take in some of what lies beside the brain: venous sinuses, orbit, muscle."""


def imperfect_mask(brain_distance_mm: Tensor, tumour: Tensor, random: Randomness) -> Tensor:
    """A brain mask that is too wide or too tight, here and there; it never cuts the tumour.

    Parameters
    ----------
    brain_distance_mm : Tensor of float32, shape (slices, rows, columns)
    tumour : Tensor of bool, shape (slices, rows, columns)
    """
    margin_mm = random.uniform(3.5, 8) if random.chance(0.08) else random.uniform(-0.5, 3)
    reach_mm = margin_mm + random.uniform(0, 1.2) * random.field(25)[0]
    if random.chance(_BULGING):
        bulges = (random.field(random.uniform(18, 40))[0] - random.uniform(0.2, 1.2)).clamp(min=0)
        reach_mm = reach_mm + random.uniform(3, 14) * bulges
    mask = brain_distance_mm < reach_mm
    if random.chance(0.15):
        bites = (brain_distance_mm > -random.uniform(1, 5)) & (random.field(30)[0] > 1.4)
        mask = mask & ~bites
    return mask | tumour


def normalise(images: Tensor, mask: Tensor, random: Randomness) -> Tensor:
    """Zero mean and unit variance inside `mask`, not quite exactly, zero outside, held within :data:`CLIP`."""
    normalised = torch.zeros_like(images)
    for channel, image in enumerate(images):
        inside = image[mask]
        scaled = (image - inside.mean()) / (inside.std() + _LEAST_DEVIATION)
        jittered = scaled * random.uniform(0.9, 1.1) + random.normal(0, 0.05)
        normalised[channel] = torch.where(mask, jittered.clamp(*CLIP), 0.0)
    return normalised


def foreground(images: Tensor) -> Tensor:
    """Everything that is not air, for images with skull."""
    return images.amax(0) > _FOREGROUND
