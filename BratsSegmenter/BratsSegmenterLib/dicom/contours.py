"""Contours of a binary mask, slice by slice, that every reader of RTSTRUCT turns back into the same voxels.

The outline runs along pixel edges, moved inwards by a hair, and holes are joined to their outer ring by a channel of
zero width ("keyhole", DICOM PS3.3 C.8.8.6.3). Readers that test pixel centres have half a pixel of margin, readers
that round vertices to pixels land on the right pixel, and readers that unite contours see holes like those that
combine them by exclusive or.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.dicom.pixel_edges import PixelEdges, rings
from BratsSegmenterLib.geometry import bounding_box

INSET_PX = 0.002
"""How far each edge is moved inwards: enough for readers that count the boundary in, too little for any volume."""

MAX_POINTS = 1900
"""Points a contour: what an explicit VR can surely hold as Decimal Strings (65,534 bytes, DICOM PS3.5 7.1.2)."""


class Contour(NamedTuple):
    """A closed polygon on one slice.

    Attributes
    ----------
    slice_index : int
        Slice k of the mask.
    points : ndarray of float64, shape (n, 2)
        Vertices as continuous (column, row) indices, whole numbers at pixel centres; the first is not repeated.
    """

    slice_index: int
    points: NDArray[np.float64]


def region_contours(mask: NDArray[np.bool_], max_points: int = MAX_POINTS, smooth: bool = False) -> list[Contour]:
    """The contours of a mask, ordered by slice.

    Parameters
    ----------
    mask : ndarray of bool, shape (slices, rows, columns)
        Foreground pixels that share an edge belong together; pixels that touch at a corner are apart.
    max_points : int
        A part of a slice whose contour would have more points is cut along a pixel row into parts that have not.
        Its voxels stay exact. At least 4.
    smooth : bool
        Cut the corners, half a pixel at each (marching squares at 0.5), for the look of it. Pixel centres stay on
        their side; areas shrink.

    Returns
    -------
    list of Contour
        One for each part of each slice, without common points; none for an empty mask.
    """
    if max_points < 4:
        raise ValueError(f"a contour needs at least 4 points, the cap is {max_points}")
    if not mask.any():
        return []
    box = bounding_box(mask)
    slices, rows, columns = box
    origin = np.array([columns.start, rows.start], float)
    contours = [
        Contour(contour.slice_index + slices.start, contour.points + origin)
        for contour in _capped_contours(mask[box], max_points, smooth)
    ]
    return sorted(contours, key=lambda contour: contour.slice_index)


def _capped_contours(mask: NDArray[np.bool_], max_points: int, smooth: bool) -> Iterator[Contour]:
    for (slice_index, row, column), points in _trace(mask, smooth):
        if len(points) <= max_points:
            yield Contour(slice_index, points)
            continue
        for half in _halves(_part_of(mask[slice_index], row, column)):
            for contour in _capped_contours(half[np.newaxis], max_points, smooth):
                yield Contour(slice_index, contour.points)


def _trace(mask: NDArray[np.bool_], smooth: bool) -> Iterator[tuple[tuple[int, int, int], NDArray[np.float64]]]:
    """For each contour a pixel (slice, row, column) inside it, and its points."""
    padded = np.pad(mask, ((0, 0), (1, 1), (1, 1)))
    edges = PixelEdges.around(padded)
    tops, hits = edges.hole_ties(padded)
    if smooth:
        points, drawn = edges.midpoints()
        leaves, meets = points[tops], points[hits]
        drawn[tops] = drawn[hits] = False
    else:
        points, drawn = edges.corners(INSET_PX)
        leaves, meets = edges.channel_ends(tops, hits, INSET_PX)
    successors = _with_channels(edges.successors, tops, hits)
    points = np.concatenate((points, meets, leaves, leaves, meets)) - 1
    drawn = np.concatenate((drawn, np.ones(4 * len(tops), bool)))
    for ring in rings(successors):
        slice_index, row, column = edges.pixels[:, ring[0]].tolist()
        yield (slice_index, row - 1, column - 1), points[ring[drawn[ring]]]


def _with_channels(successors: NDArray[np.intp], tops: NDArray[np.intp], hits: NDArray[np.intp]) -> NDArray[np.intp]:
    """Link each hole into the ring above it: down the channel, round the hole, and up again.

    Four points a hole are appended to the rings, in blocks: meets, leaves, leaves, meets.
    """
    predecessors = np.empty_like(successors)
    predecessors[successors] = np.arange(len(successors))
    down_meets, down_leaves, up_leaves, up_meets = len(successors) + np.arange(4 * len(tops)).reshape(4, -1)
    linked = np.concatenate((successors, down_leaves, tops, up_meets, hits))
    linked[predecessors[hits]] = down_meets
    linked[predecessors[tops]] = up_leaves
    return linked


def _part_of(plane: NDArray[np.bool_], row: int, column: int) -> NDArray[np.bool_]:
    """The pixels connected with the one given, edge to edge."""
    parts, _ = ndimage.label(plane)
    return parts == parts[row, column]


def _halves(plane: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    rows = np.flatnonzero(plane.any(axis=1))
    upper = plane.copy()
    upper[(rows[0] + rows[-1]) // 2 + 1 :] = False
    return upper, plane & ~upper
