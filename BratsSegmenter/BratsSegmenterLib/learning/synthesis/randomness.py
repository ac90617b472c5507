"""Everything random in one place: numbers from a seed, and smooth fields on a grid."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

_T = TypeVar("_T")

_INTERPOLATION_GAIN = 1.6
"""Trilinear interpolation of independent normal values lowers their standard deviation to about 1 / 1.6."""


@dataclass(frozen=True, eq=False)
class Grid:
    """An isotropic grid centred on the origin.

    Attributes
    ----------
    shape : tuple of int
        Slices, rows, columns.
    spacing_mm : float
    positions_mm : Tensor, shape (3, slices, rows, columns)
        Of the voxel centres, along k, j, i.
    """

    shape: tuple[int, int, int]
    spacing_mm: float
    positions_mm: Tensor

    @classmethod
    def centred(cls, shape: tuple[int, int, int], spacing_mm: float, device: torch.device) -> Grid:
        """Build the grid on `device`."""
        axes = [(torch.arange(side, device=device) - (side - 1) / 2) * spacing_mm for side in shape]
        return cls(shape, spacing_mm, torch.stack(torch.meshgrid(*axes, indexing="ij")))

    @property
    def device(self) -> torch.device:
        """Where fields on this grid live."""
        return self.positions_mm.device

    def column(self, values: NDArray[np.floating] | Sequence[float]) -> Tensor:
        """Three numbers as a tensor that broadcasts against :attr:`positions_mm`."""
        return torch.as_tensor(np.asarray(values), dtype=torch.float32, device=self.device).view(3, 1, 1, 1)


class Randomness:
    """Numbers and fields that depend on nothing but the seed.

    Parameters
    ----------
    seed : int or sequence of int
    grid : Grid
        On which fields are drawn. The same seed gives the same fields on the same kind of device; CPU and GPU differ.
    """

    def __init__(self, seed: int | Sequence[int], grid: Grid) -> None:
        self.grid = grid
        self.numbers = np.random.default_rng(seed)
        self._noise = torch.Generator(grid.device).manual_seed(int(self.numbers.integers(2**62)))

    def uniform(self, low: float, high: float) -> float:
        """A number between `low` and `high`."""
        return float(self.numbers.uniform(low, high))

    def normal(self, mean: float = 0.0, deviation: float = 1.0) -> float:
        """A normally distributed number."""
        return float(self.numbers.normal(mean, deviation))

    def log_normal(self, median: float, deviation: float, least: float, greatest: float) -> float:
        """A log-normally distributed number, held between `least` and `greatest`."""
        return float(np.clip(self.numbers.lognormal(math.log(median), deviation), least, greatest))

    def chance(self, probability: float) -> bool:
        """Whether an event of this probability happens."""
        return bool(self.numbers.random() < probability)

    def index(self, count: int) -> int:
        """One of 0 to `count` - 1."""
        return int(self.numbers.integers(count))

    def pick(self, weights: Mapping[_T, float]) -> _T:
        """One of the keys, as often as its weight says, whatever order the mapping has."""
        options = sorted(weights, key=str)
        shares = np.array([weights[option] for option in options], float)
        return options[int(self.numbers.choice(len(options), p=shares / shares.sum()))]

    def field(self, length_mm: float, channels: int = 1) -> Tensor:
        """Smooth noise of about unit variance, shape (channels, slices, rows, columns).

        Parameters
        ----------
        length_mm : float
            Correlation length; at most one voxel gives white noise.
        """
        shape, device = self.grid.shape, self.grid.device
        if length_mm <= 1.01 * self.grid.spacing_mm:
            return torch.randn((channels, *shape), generator=self._noise, device=device)
        nodes = [max(2, math.ceil(side * self.grid.spacing_mm / length_mm) + 1) for side in shape]
        coarse = torch.randn((1, channels, *nodes), generator=self._noise, device=device)
        return F.interpolate(coarse, size=shape, mode="trilinear", align_corners=True)[0] * _INTERPOLATION_GAIN

    def fractal(self, lengths_mm: Sequence[float], weights: Sequence[float]) -> Tensor:
        """Weighted sum of fields of several correlation lengths, unit variance, shape of the grid."""
        total = sum(
            (weight * self.field(length)[0] for length, weight in zip(lengths_mm, weights, strict=True)),
            start=torch.zeros((), device=self.grid.device),
        )
        return total / math.sqrt(sum(weight * weight for weight in weights))

    def resolvable(self, length_mm: float) -> float:
        """`length_mm`, or twice the voxel size where that is more: finer detail would be white noise."""
        return max(length_mm, 2.05 * self.grid.spacing_mm)
