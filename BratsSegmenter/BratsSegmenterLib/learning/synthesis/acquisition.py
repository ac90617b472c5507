"""What scanner, patient and archive do to images: blur, thick slices, bias, noise, motion, clipping."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from BratsSegmenterLib.learning.synthesis.contrast import FLAIR, T1, T1C, T2
from BratsSegmenterLib.learning.synthesis.filters import blur
from BratsSegmenterLib.learning.synthesis.randomness import Randomness

_PLANES = {0: 0.70, 1: 0.15, 2: 0.15}
"""Axial, coronal and sagittal acquisitions: the array axis across the slices, and how often."""
_CORRECTED = 0.5
"""Share of studies whose bias fields were corrected (N4) before they reach the network, as pre-processing does."""
_LEFT_BY_CORRECTION = 0.3
"""What such a correction leaves of a bias field, as a share of its logarithm."""
_GAMMA = {T1: 0.0, T1C: 0.0, T2: 0.65, FLAIR: 0.0}
"""Mean logarithm of the exponent that makes the scale of a sequence: heavy T2 weighting sets fluid far above tissue."""
_THICK_T1 = 0.5
"""Share of studies whose T1 has thick slices even where the other sequences have none."""
_SLICE_SIGMA = 0.42
"""Standard deviation of a Gaussian that blurs like a slice profile of unit thickness."""


def acquire(images: Tensor, mask: Tensor, random: Randomness) -> Tensor:
    """The four images as four acquisitions would show them.

    Parameters
    ----------
    images : Tensor of float32, shape (4, slices, rows, columns)
    mask : Tensor of bool, shape (slices, rows, columns)
        The brain, whose brightest values clipping cuts off.
    """
    clean, thick_t1, clipped = random.chance(0.15), random.chance(_THICK_T1), random.chance(0.2)
    thick = 0.0 if clean else random.uniform(0, 1)
    noise = random.log_normal(0.012, 0.9, 0.001, 0.012 if clean else 0.08)
    bias = _LEFT_BY_CORRECTION if random.chance(_CORRECTED) else 1.0
    acquired = []
    for channel, image in enumerate(images):
        x = image.clamp(min=0).pow(math.exp(random.normal(_GAMMA[channel], 0.18)))
        x = _resolve(x, clean, random.chance(thick) or (channel == T1 and thick_t1), random)
        x = x * _bias_field(random) ** bias
        if not clean and random.chance(0.06):
            x = _move(x, random)
        x = (
            x
            + random.uniform(0.2, 1)
            * noise
            * random.field(1.0 if random.chance(0.6) else 1.7 * random.grid.spacing_mm)[0]
        )
        if clipped and random.chance(0.6):
            x = x.clamp(max=_quantile(x[mask], random.uniform(0.93, 0.998)))
        if not clean and random.chance(0.04):
            x = _cut_field_of_view(x, random)
        acquired.append(x)
    return torch.stack(acquired)


def _resolve(x: Tensor, clean: bool, thick: bool, random: Randomness) -> Tensor:
    """In-plane resolution and slice thickness, as a Gaussian along each axis."""
    sigma = [0.0 if clean else random.uniform(0, 1.0) / random.grid.spacing_mm] * 3
    if thick:
        sigma[random.pick(_PLANES)] = random.uniform(1, 6.5) * _SLICE_SIGMA / random.grid.spacing_mm
    return blur(x, sigma)


def _bias_field(random: Randomness) -> Tensor:
    """The receive coil's sensitivity: a factor near 1, smoother than oedema, which would else be taken for it."""
    coarse = random.uniform(0, 0.22) * random.field(random.uniform(80, 160))[0]
    return torch.exp(coarse + random.uniform(0, 0.05) * random.field(55)[0])


def _move(x: Tensor, random: Randomness) -> Tensor:
    """Ghosts of a moving head or of flowing blood: copies shifted along the phase-encoding axis."""
    axis, strength = 1 + random.index(2), random.uniform(0.03, 0.15)
    shift = int(x.shape[axis] * random.uniform(0.1, 0.5))
    return (1 - 2 * strength) * x + strength * (x.roll(shift, axis) + x.roll(-shift, axis))


def _cut_field_of_view(x: Tensor, random: Randomness) -> Tensor:
    """Nothing beyond the last slice on one side."""
    axis = random.pick(_PLANES)
    kept = torch.arange(x.shape[axis], device=x.device) < x.shape[axis] * random.uniform(0.75, 0.95)
    if random.chance(0.5):
        kept = kept.flip(0)
    return x * kept.view([-1 if other == axis else 1 for other in range(3)])


def _quantile(values: Tensor, share: float) -> float:
    """Approximate quantile from every seventh value."""
    if not len(values):
        return math.inf
    ordered = values[::7].sort().values
    return float(ordered[int(share * (len(ordered) - 1))])
