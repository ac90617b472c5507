"""Which slices of a series the contours of a region fill that may have been drawn on slices of another thickness."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.dicom.contours import Contour
from BratsSegmenterLib.dicom.polygons import coverage

THICKER = 1.02
"""Times the distance of the slices to be filled: what was drawn on slices farther apart was drawn on thicker ones."""

_THICKEST_SLICE_MM = 12.0  # of MR, with the gap to the next
_LEAST_HEAD_MM = 60.0  # that a series of a head covers
_EVEN = 0.2  # of a step; what lies on slices of one series is whole steps apart
_ROUNDING_MM = 1e-3


def distinct_planes(
    offsets_mm: NDArray[np.float64], tolerance_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.intp]]:
    """The planes that contours lie on, ascending, and the plane of each contour.

    Parameters
    ----------
    offsets_mm : ndarray, shape (contours,)
        Of the contours along the normal of the slices.
    tolerance_mm : float
        Contours nearer to each other lie on one plane.
    """
    order = np.argsort(offsets_mm, kind="stable")
    ascending = offsets_mm[order]
    numbers = np.cumsum(np.diff(ascending, prepend=ascending[:1]) > tolerance_mm)
    plane_of = np.empty(len(offsets_mm), np.intp)
    plane_of[order] = numbers
    return np.bincount(plane_of, offsets_mm) / np.bincount(plane_of), plane_of


def lie_over_each_other(contours: Sequence[Contour], plane_count: int, shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Whether what is drawn on each plane but the last meets what is drawn on the next, shape (planes - 1,).

    Parameters
    ----------
    contours : sequence of Contour
        With the number of their plane as that of their slice.
    plane_count : int
    shape : tuple of int
        Rows and columns of the image.
    """
    drawn: list[list[Contour]] = [[] for _plane in range(plane_count)]
    for contour in contours:
        drawn[contour.slice_index].append(Contour(0, contour.points))
    fills = (coverage(ones, (1, *shape)) > 0 for ones in drawn)
    return np.array([bool((one & following).any()) for one, following in pairwise(fills)], bool)


def slice_step_mm(planes_mm: NDArray[np.float64], is_over_next: NDArray[np.bool_], fewest_steps: int) -> float | None:
    """The distance of the slices that somebody drew on; None where the planes do not tell it.

    It is the usual step between contours that lie over each other, the smaller one in doubt: between those of separate
    lesions there may be any number of slices, and a lesion may leave slices out. All are whole steps, and no MR slices
    are thicker than 12 mm.

    Parameters
    ----------
    planes_mm : ndarray, shape (planes,)
        Ascending.
    is_over_next : ndarray of bool, shape (planes - 1,)
        See :func:`lie_over_each_other`.
    fewest_steps : int
        That must be alike; a single one may as well lie between two lesions.
    """
    steps = np.diff(planes_mm)
    over = np.sort(steps[is_over_next])
    if not over.size:
        return None
    usual = float(over[(len(over) - 1) // 2])
    uneven = np.abs(steps / usual - np.rint(steps / usual)) > _EVEN
    alike = np.count_nonzero(np.abs(over - usual) < _EVEN * usual)
    return None if uneven.any() or usual > _THICKEST_SLICE_MM or alike < fewest_steps else usual


def listed_step_mm(planes_mm: NDArray[np.float64], places: NDArray[np.intp], image_count: int) -> float | None:
    """The distance of the slices of a series whose images are listed in the order in which they lie; else None.

    Nothing says that a list is in order, nor that it is whole. Every step between planes has to be as many slices as
    the list has images from one to the next, and the whole list to cover a head.

    Parameters
    ----------
    planes_mm : ndarray, shape (planes,)
        Ascending.
    places : ndarray of int, shape (planes,)
        Of their images in the list.
    image_count : int
        Length of the list.
    """
    slices = np.diff(places)
    if not slices.size or not ((slices > 0).all() or (slices < 0).all()):
        return None
    steps = np.diff(planes_mm) / np.abs(slices)
    usual = float(np.median(steps))
    is_even = bool((np.abs(steps - usual) < _EVEN * usual).all())
    return usual if is_even and usual <= _THICKEST_SLICE_MM and usual * image_count > _LEAST_HEAD_MM else None


def is_every_nth_slice(planes_mm: NDArray[np.float64], step_mm: float) -> bool:
    """Whether planes on the slices of their own series leave slices out on purpose: never fewer than usual."""
    return bool(np.diff(planes_mm).min() > (1 - _EVEN) * step_mm)


def planes_of_slices(
    planes_mm: NDArray[np.float64], slices_mm: NDArray[np.float64], step_mm: float
) -> NDArray[np.intp]:
    """The plane whose contours each slice takes, -1 for none.

    A slice takes the nearest plane that is no more than half a step away. Between neighbours that are about a step
    apart none stays empty; beyond the ends of a piece a plane reaches half a step, as far as its own slice did.

    Parameters
    ----------
    planes_mm : ndarray, shape (planes,)
        Ascending.
    slices_mm : ndarray, shape (slices,)
    step_mm : float
        Distance of the slices that the planes are of, no less than that of the slices to be filled.
    """
    gaps = np.diff(planes_mm)
    halves = np.where(gaps > 1.5 * step_mm, step_mm, gaps) / 2
    below = planes_mm - np.concatenate(([step_mm / 2], halves))
    above = planes_mm + np.concatenate((halves, [step_mm / 2]))
    # Half-open, so that a slice in the middle between two planes goes to one of them, and each end to one side.
    plane = np.searchsorted(above + _ROUNDING_MM, slices_mm, side="left")
    inside = (plane < len(planes_mm)) & (slices_mm > below[np.minimum(plane, len(planes_mm) - 1)] + _ROUNDING_MM)
    return np.where(inside, plane, -1)


def slices_between(mask: NDArray[np.bool_]) -> str:
    """Which empty slices of a region have voxels of it above and below, one over the other; counted from 1.

    Returns
    -------
    str
        "slice 9", or "slices 9, 12 to 14"; empty where there are none.
    """
    runs = [
        (before + 2, behind)
        for before, behind in pairwise(np.flatnonzero(mask.any(axis=(1, 2))).tolist())
        if behind - before > 1 and (mask[before] & mask[behind]).any()
    ]
    names = ", ".join(f"{first}" if first == last else f"{first} to {last}" for first, last in runs)
    is_one = len(runs) == 1 and runs[0][0] == runs[0][1]
    return f"{'slice' if is_one else 'slices'} {names}" if runs else ""
