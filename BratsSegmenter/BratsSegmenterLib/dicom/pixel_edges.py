"""The pixel edges around a binary mask as linked rings, and the channels that join a hole to the ring above it.

Directions of travel along an edge are numbered 0 right, 1 down, 2 left, 3 up as seen on the screen. The foreground
lies on the right of travel, so an outer ring runs clockwise and the ring of a hole anticlockwise. Where two
foreground pixels touch at a corner only, a ring turns right and stays with its own pixel.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_STEP = np.array([(0, 1), (1, 0), (0, -1), (-1, 0)])  # (row, column) of one step in each direction
_END = np.array([(-0.5, 0.5), (0.5, 0.5), (0.5, -0.5), (-0.5, -0.5)])  # where a pixel's edge ends, from its centre
_CHANNEL_OFFSET = -0.25  # columns; off the pixels' centres and off their edges, so that no reader trips over a channel


@dataclass(frozen=True, eq=False)
class PixelEdges:
    """All edges between foreground and background of a mask, linked into rings.

    Attributes
    ----------
    pixels : ndarray of int, shape (3, n)
        Slice, row and column of the foreground pixel beside each edge.
    directions : ndarray of int, shape (n,)
        Direction of travel.
    successors : ndarray of int, shape (n,)
        The edge that follows: a permutation.
    turns : ndarray of int, shape (n,)
        At the end of the edge: 1 right, 0 straight on, -1 left.
    """

    pixels: NDArray[np.intp]
    directions: NDArray[np.intp]
    successors: NDArray[np.intp]
    turns: NDArray[np.intp]

    @classmethod
    def around(cls, mask: NDArray[np.bool_]) -> PixelEdges:
        """The edges of a mask of shape (slices, rows, columns) whose outermost rows and columns are background."""
        row_stride, column_stride = mask.shape[2], 1
        flat = mask.ravel()
        strides = _STEP @ np.array([row_stride, column_stride])
        by_direction = [np.flatnonzero(mask & ~np.roll(mask, tuple(-_STEP[d - 1]), axis=(1, 2))) for d in range(4)]
        pixels = np.concatenate(by_direction)
        directions = np.repeat(np.arange(4), [len(edges) for edges in by_direction])

        ahead_right = pixels + strides[directions]
        ahead_left = ahead_right + strides[directions - 1]
        turns = np.where(~flat[ahead_right], 1, np.where(flat[ahead_left], -1, 0))
        next_pixels = np.choose(turns + 1, [ahead_left, ahead_right, pixels])
        keys = pixels * 4 + directions
        order = np.argsort(keys)
        next_keys = next_pixels * 4 + (directions + turns) % 4
        successors = order[np.searchsorted(keys, next_keys, sorter=order)]
        return cls(np.array(np.unravel_index(pixels, mask.shape)), directions, successors, turns)

    def corners(self, inset_px: float) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """End points (column, row) of the edges, moved into the foreground, and which of them are corners."""
        inwards = _STEP[(self.directions + 1) % 4] + _STEP[(self.directions + self.turns + 1) % 4]
        points = self.pixels[1:].T + _END[self.directions] + inset_px * inwards
        return points[:, ::-1], self.turns != 0

    def midpoints(self) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Middles (column, row) of the edges, and which of them are not on a straight run."""
        points = self.pixels[1:].T + _STEP[self.directions - 1] / 2
        bends = self.turns != 0
        at_start = np.empty_like(bends)
        at_start[self.successors] = bends
        return points[:, ::-1], bends | at_start

    def hole_ties(self, mask: NDArray[np.bool_]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """For each hole its top edge, and the first edge straight above it, which belongs to another ring.

        A tie goes strictly upwards, so ties cannot close a circle: every hole ends up at an outer ring.
        """
        horizontal = np.flatnonzero(self.directions % 2 == 0)
        line = self.pixels[1, horizontal] + (self.directions[horizontal] == 2)
        ring = ring_numbers(self.successors)[horizontal]
        order = np.lexsort((line, ring))
        first_of_ring = np.unique(ring[order], return_index=True)[1]
        topmost = horizontal[order][first_of_ring]
        tops = topmost[self.directions[topmost] == 2]

        row_numbers = np.arange(mask.shape[1])[:, np.newaxis]
        background_above = np.maximum.accumulate(np.where(mask, 0, row_numbers), axis=1)
        slices, rows, columns = self.pixels[:, tops]
        above = np.ravel_multi_index((slices, background_above[slices, rows, columns] + 1, columns), mask.shape)
        rightwards = np.flatnonzero(self.directions == 0)
        keys = np.ravel_multi_index(tuple(self.pixels[:, rightwards]), mask.shape)
        return tops, rightwards[np.searchsorted(keys, above)]

    def channel_ends(
        self, tops: NDArray[np.intp], hits: NDArray[np.intp], inset_px: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Where the channel from each hole's top leaves the hole and where it meets the ring above: (column, row)."""
        column = self.pixels[2, tops] + _CHANNEL_OFFSET
        leaves = np.column_stack((column, self.pixels[1, tops] + 0.5 - inset_px))
        meets = np.column_stack((column, self.pixels[1, hits] - 0.5 + inset_px))
        return leaves, meets


def rings(successors: NDArray[np.intp]) -> list[NDArray[np.intp]]:
    """The cycles of a permutation, each as the indices in order."""
    following = successors.tolist()
    seen = bytearray(len(following))
    found = []
    for start in range(len(following)):
        if seen[start]:
            continue
        ring = []
        index = start
        while not seen[index]:
            seen[index] = 1
            ring.append(index)
            index = following[index]
        found.append(np.array(ring))
    return found


def ring_numbers(successors: NDArray[np.intp]) -> NDArray[np.intp]:
    """For each index of a permutation the number of its cycle."""
    numbers = np.empty(len(successors), np.intp)
    for number, ring in enumerate(rings(successors)):
        numbers[ring] = number
    return numbers
