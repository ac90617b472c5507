"""Fills polygons on the slices of a grid by the even-odd rule: how structure sets become voxels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.errors import SeriesError

_MOST_CROSSINGS = 20_000_000


class RegionContour(NamedTuple):
    """A contour of a region, and how it goes together with others on its slice.

    Attributes
    ----------
    contour : Contour
    is_exclusive : bool
        By exclusive or, whatever the overlap (CLOSEDPLANAR_XOR, DICOM PS3.3 C.8.8.6.3).
    """

    contour: Contour
    is_exclusive: bool = False


def filled(contours: Sequence[RegionContour], shape: tuple[int, int, int]) -> tuple[NDArray[np.bool_], int]:
    """The voxels of a region, and how many contours that are not exclusive partly overlap another one of their slice.

    Of those a contour inside another one is a hole, one that partly overlaps another is united with it.

    Parameters
    ----------
    contours : sequence of RegionContour
        At least one.
    shape : tuple of int
        Slices, rows, columns.

    Raises
    ------
    SeriesError
        The contours are far larger than any drawing.
    """
    slices, places = np.unique([one.contour.slice_index for one in contours], return_inverse=True)
    drawn = [Contour(int(place), one.contour.points) for place, one in zip(places, contours, strict=True)]
    counts = coverage(drawn, (len(slices), *shape[1:]))
    planes = counts % 2 == 1
    inclusive = np.zeros(len(slices), bool)
    inclusive[[place for place, one in zip(places, contours, strict=True) if not one.is_exclusive]] = True
    overlapping = 0
    for place in np.flatnonzero((counts > 1).any(axis=(1, 2)) & inclusive):
        planes[place], found = _nested([contour for contour in drawn if contour.slice_index == place], shape[1:])
        overlapping += found
    mask = np.zeros(shape, bool)
    mask[slices] = planes
    return mask, overlapping


def _nested(contours: list[Contour], shape: tuple[int, int]) -> tuple[NDArray[np.bool_], int]:
    """One slice with contours in contours, from the largest: true holes are cut out, overlaps united."""
    fills = [coverage([Contour(0, contour.points)], (1, *shape))[0] > 0 for contour in contours]
    fills.sort(key=np.count_nonzero, reverse=True)
    plane = np.zeros(shape, bool)
    overlapping = 0
    for index, fill in enumerate(fills):
        size = np.count_nonzero(fill)
        common = [np.count_nonzero(fill & larger) for larger in fills[:index]]
        repeats = any(np.array_equal(fill, larger) for larger in fills[:index])
        if repeats or any(0 < pixels < size for pixels in common):
            plane |= fill
            overlapping += 1
        else:
            plane ^= fill
    return plane, overlapping


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
