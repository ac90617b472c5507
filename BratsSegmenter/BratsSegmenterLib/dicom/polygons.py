"""Fills polygons on the slices of a grid by the even-odd rule: how structure sets become voxels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.errors import SeriesError

_MOST_CROSSINGS = 20_000_000


def coverage(contours: Sequence[Contour], shape: tuple[int, int, int]) -> NDArray[np.int16]:
    """How many of the contours each voxel's centre lies in, counted one contour at a time.

    Each contour is filled by itself, row by row through the pixel centres, with the even-odd rule, so that a keyhole
    leaves its hole open. Parts outside the grid are cut off.

    Parameters
    ----------
    contours : sequence of Contour
    shape : tuple of int
        Slices, rows, columns.

    Raises
    ------
    SeriesError
        The contours are far larger than any drawing.
    """
    counts = np.zeros(shape, np.int16)
    if not contours:
        return counts
    _, rows, columns = shape
    slices, contour_rows, left, right = _spans(contours, rows)
    first = np.clip(np.ceil(left), 0, columns).astype(np.intp)
    behind = np.clip(np.ceil(right), 0, columns).astype(np.intp)
    steps = np.zeros((shape[0], rows, columns + 1), np.int16)
    np.add.at(steps, (slices, contour_rows, first), 1)
    np.add.at(steps, (slices, contour_rows, behind), -1)
    np.cumsum(steps[:, :, :-1], axis=2, out=counts)
    return counts


def _spans(
    contours: Sequence[Contour], row_count: int
) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float64], NDArray[np.float64]]:
    """Slice, row, left and right end of every stretch of a pixel row inside a contour."""
    starts = np.concatenate([contour.points for contour in contours])
    ends = np.concatenate([np.roll(contour.points, -1, axis=0) for contour in contours])
    owners = np.repeat(np.arange(len(contours)), [len(contour.points) for contour in contours])
    low, high = np.minimum(starts[:, 1], ends[:, 1]), np.maximum(starts[:, 1], ends[:, 1])
    first_row = np.clip(np.ceil(low), 0, row_count).astype(np.intp)
    crossings = np.clip(np.ceil(high), 0, row_count).astype(np.intp) - first_row
    if crossings.sum() > _MOST_CROSSINGS:
        raise SeriesError("The contours cross the image more often than any drawing does.", "Leave the file out.")
    edge = np.repeat(np.arange(len(starts)), crossings)
    row = first_row[edge] + np.arange(len(edge)) - np.repeat(np.cumsum(crossings) - crossings, crossings)
    fraction = (row - starts[edge, 1]) / (ends[edge, 1] - starts[edge, 1])
    column = starts[edge, 0] + fraction * (ends[edge, 0] - starts[edge, 0])
    order = np.lexsort((column, row, owners[edge]))
    owner, row, column = owners[edge][order], row[order], column[order]
    slices = np.array([contour.slice_index for contour in contours])[owner]
    return slices[::2], row[::2], column[::2], column[1::2]
