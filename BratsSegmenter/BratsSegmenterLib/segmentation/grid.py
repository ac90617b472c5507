"""The grid a network works on: its own spacing, size and axis order, laid over the brain.

Prepared images are arrays (channel, k, j, i) with k upwards, j to the back and i to the left, "SPL" in the axis codes
of nibabel and MONAI. A network may have been trained in any other order; the only place that knows is here.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from BratsSegmenterLib.segmentation.specification import ModelSpecification

PREPARED_ORIENTATION = "SPL"
_OPPOSITE = str.maketrans("LRPAIS", "RLAPSI")
_LEAST_BRAIN = 0.25
"""A voxel of the network's grid belongs to the brain when at least this part of it does."""


@dataclass(frozen=True)
class _AxisOrder:
    """How to turn arrays of the prepared orientation into a network's: permute the axes, then mirror some."""

    permutation: tuple[int, int, int]
    mirrored: tuple[int, ...]

    @classmethod
    def to(cls, orientation: str) -> _AxisOrder:
        names = [{code, code.translate(_OPPOSITE)} for code in PREPARED_ORIENTATION]
        source = [next(axis for axis, pair in enumerate(names) if code in pair) for code in orientation]
        mirrored = [axis for axis, code in enumerate(orientation) if code not in PREPARED_ORIENTATION]
        return cls((source[0], source[1], source[2]), tuple(mirrored))

    def apply(self, x: Tensor) -> Tensor:
        """`x` of shape (..., k, j, i) in the network's order."""
        leading = range(x.ndim - 3)
        permuted = x.permute(*leading, *(len(leading) + axis for axis in self.permutation))
        return permuted.flip([len(leading) + axis for axis in self.mirrored])

    def undo(self, y: Tensor) -> Tensor:
        """The inverse of :meth:`apply`."""
        leading = range(y.ndim - 3)
        straight = y.flip([len(leading) + axis for axis in self.mirrored])
        return straight.permute(*leading, *(len(leading) + int(axis) for axis in np.argsort(self.permutation)))


@dataclass(frozen=True)
class WorkingGrid:
    """A network's grid over one prepared case.

    Attributes
    ----------
    prepared_shape : tuple of int
        Of the prepared images: k, j, i.
    shape : tuple of int
        Of this grid, k, j, i.
    start, step : tuple of float
        Position of this grid's voxel n along each axis in the prepared images' voxels: ``start + n * step``.
    order : _AxisOrder
        From (k, j, i) to the axes of the network.
    """

    prepared_shape: tuple[int, int, int]
    shape: tuple[int, int, int]
    start: tuple[float, float, float]
    step: tuple[float, float, float]
    order: _AxisOrder

    @classmethod
    def over(
        cls, mask: NDArray[np.bool_], spacing_mm: tuple[float, float, float], specification: ModelSpecification
    ) -> WorkingGrid:
        """The grid centred on the brain, large enough for all of it.

        Parameters
        ----------
        mask : ndarray of bool, shape (k, j, i)
            The brain; not empty.
        spacing_mm : tuple of float
            Of the mask, along k, j, i.
        specification : ModelSpecification
        """
        order = _AxisOrder.to(specification.orientation)
        least = specification.field_of_view or (1, 1, 1)
        shape, start, step = [0] * 3, [0.0] * 3, [0.0] * 3
        for axis in range(3):
            others = tuple(other for other in range(3) if other != axis)
            inside = np.flatnonzero(mask.any(axis=others))
            step[axis] = specification.spacing_mm / spacing_mm[axis]
            needed = max(ceil((inside[-1] - inside[0] + 1) / step[axis]), least[order.permutation.index(axis)])
            shape[axis] = ceil(needed / specification.multiple_of) * specification.multiple_of
            start[axis] = (inside[0] + inside[-1]) / 2 - (shape[axis] - 1) / 2 * step[axis]
            if step[axis] == 1.0:
                start[axis] = float(np.floor(start[axis]))  # the same voxels, not ones half-way between them
        return cls(mask.shape, tuple(shape), tuple(start), tuple(step), order)  # type: ignore[arg-type]

    def to_network(self, images: Tensor, mask: Tensor) -> Tensor:
        """Images on this grid, zero outside the brain, shape (1, channels, sides in the network's order).

        Parameters
        ----------
        images : Tensor of float32, shape (channels, k, j, i)
            Zero outside the brain.
        mask : Tensor of float32, shape (k, j, i)
            1 in the brain, 0 outside.
        """
        stacked = torch.cat([images, mask[None]])[None]
        positions = [
            self.start[axis] + self.step[axis] * torch.arange(self.shape[axis], device=images.device)
            for axis in range(3)
        ]
        sampled = _resampled(stacked, positions, [max(1, int(step)) for step in self.step])
        return self.order.apply(sampled[:, :-1] * (sampled[:, -1:] > _LEAST_BRAIN))

    def from_network(self, output: Tensor) -> Tensor:
        """Values of a network's output, shape (1, channels, ...), in the prepared images' voxels, (channels, k, j, i).

        Zero outside this grid.
        """
        positions = [
            (torch.arange(self.prepared_shape[axis], device=output.device) - self.start[axis]) / self.step[axis]
            for axis in range(3)
        ]
        return _resampled(self.order.undo(output), positions, [1, 1, 1])[0].contiguous()


def _resampled(x: Tensor, positions: list[Tensor], widths: list[int]) -> Tensor:
    """`x`, shape (1, channels, k, j, i), at all combinations of positions along its axes.

    Linear interpolation between voxels, zero beyond them; averaged over a box of `widths` voxels, so that fine detail
    does not turn into noise on a coarser grid. Each axis is one matrix product.
    """
    for axis, (position, width) in enumerate(zip(positions, widths, strict=True), start=2):
        voxels = torch.arange(x.shape[axis], device=x.device)
        box = torch.arange(width, device=x.device) - (width - 1) / 2
        distances = (position[:, None, None] + box[:, None] - voxels).abs()
        weights = (1 - distances).clamp(min=0).mean(dim=1).to(x.dtype)
        x = (x.movedim(axis, -1) @ weights.T).movedim(-1, axis)
    return x
