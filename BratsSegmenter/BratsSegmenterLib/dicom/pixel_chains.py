"""Contours that step from pixel centre to pixel centre, as OpenCV traces a mask: the pixels on them belong to it.

rt-utils writes structure sets so, and with it TotalSegmentator and others. What such a contour encloses lacks half of
the pixels on it, a row and a column, and around a single pixel or a line of them it encloses nothing.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.polygons import RegionContour, filled

_ON_CENTRE_PX = 0.02


def are_pixel_chains(outlines: Sequence[NDArray[np.float64]]) -> bool:
    """Whether all outlines of a region step along rows, columns or diagonals from pixel centre to pixel centre.

    Parameters
    ----------
    outlines : sequence of ndarray, shape (n, 2)
        Vertices of closed polygons as continuous (column, row) indices.
    """
    if not outlines:
        return False
    points = np.concatenate(outlines)
    if np.abs(points - np.rint(points)).max() > _ON_CENTRE_PX:
        return False
    columns, rows = np.abs(_steps([np.rint(outline) for outline in outlines])).T
    return bool(((columns == 0) | (rows == 0) | (columns == rows)).all())


def filled_chains(contours: Sequence[Contour], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    """The voxels of a region whose contours are pixel chains: what they enclose by exclusive or, and what they step on.

    Parameters
    ----------
    contours : sequence of Contour
        At least one.
    shape : tuple of int
        Slices, rows, columns.

    Raises
    ------
    SeriesError
        The contours are far larger than any drawing.
    """
    chains = [Contour(slice_index, np.rint(points)) for slice_index, points in contours]
    enclosed, _overlapping = filled([RegionContour(chain, is_exclusive=True) for chain in chains], shape)
    return enclosed | _stepped_on(chains, shape)


def _stepped_on(chains: Sequence[Contour], shape: tuple[int, int, int]) -> NDArray[np.bool_]:
    steps = _steps([chain.points for chain in chains]).astype(np.intp)
    lengths = np.maximum(np.abs(steps).max(axis=1), 1)
    starts = np.concatenate([chain.points for chain in chains]).astype(np.intp)
    slices = np.repeat([chain.slice_index for chain in chains], [len(chain.points) for chain in chains])
    along = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    pixels = np.repeat(starts, lengths, axis=0) + along[:, np.newaxis] * np.repeat(np.sign(steps), lengths, axis=0)
    places = np.column_stack((np.repeat(slices, lengths), pixels[:, ::-1]))
    places = places[((places >= 0) & (places < shape)).all(axis=1)]
    mask = np.zeros(shape, bool)
    mask[tuple(places.T)] = True
    return mask


def _steps(outlines: Sequence[NDArray[np.float64]]) -> NDArray[np.float64]:
    """From each vertex to the next, from the last to the first, shape (vertices, 2)."""
    return np.concatenate([np.roll(outline, -1, axis=0) - outline for outline in outlines])
