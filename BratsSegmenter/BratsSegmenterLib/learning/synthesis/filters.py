"""Small image filters on tensors of any device."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812
from torch import Tensor

_NEGLIGIBLE_SIGMA = 0.2


def blur(x: Tensor, sigma: float | Sequence[float]) -> Tensor:
    """Separable Gaussian filter.

    Parameters
    ----------
    x : Tensor, shape (slices, rows, columns) or (channels, slices, rows, columns)
    sigma : float or three floats
        In voxels, along k, j, i.

    Returns
    -------
    Tensor
        Shape of `x`.
    """
    y = x.view(-1, 1, *x.shape[-3:])
    for axis, width in enumerate([sigma] * 3 if isinstance(sigma, (int, float)) else sigma):
        if width < _NEGLIGIBLE_SIGMA:
            continue
        reach = max(1, math.ceil(2.5 * width))
        offsets = torch.arange(-reach, reach + 1, device=x.device, dtype=x.dtype)
        kernel = torch.exp(-0.5 * (offsets / width) ** 2)
        padding = [0] * 6
        padding[2 * (2 - axis)] = padding[2 * (2 - axis) + 1] = reach
        sides = [1] * 5
        sides[2 + axis] = 2 * reach + 1
        y = F.conv3d(F.pad(y, padding, mode="replicate"), (kernel / kernel.sum()).view(sides))
    return y.view_as(x)


def soft_step(x: Tensor, width: float) -> Tensor:
    """0 far below zero, 1 far above, half at zero; `width` sets how soft the border is."""
    return torch.sigmoid(x / width)


def blend(images: Tensor, weight: Tensor, values: Tensor) -> Tensor:
    """`values` where `weight` is 1, `images` where it is 0, and a mixture between."""
    return images + weight * (values - images)
