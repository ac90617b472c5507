"""Diameters of what closes round a resection cavity, which they may not cross.

RANO leaves cavities out of a measurement (Wen et al., J Clin Oncol 2010; RANO 2.0, Wen et al., J Clin Oncol 2023).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_STEP_PIXELS = 0.5
_MOST_POINTS = 64  # of the outline, every pair of which is tried first
_PAIRS_AT_ONCE = 512
_ALL_NEIGHBOURS = np.ones((3, 3), bool)
_Points = NDArray[np.float64]
_Pixels = NDArray[np.bool_]


def crosses(ends: _Points, cavity: _Pixels) -> bool:
    """Whether the straight line between two (column, row) points runs through the cavity, shape (rows, columns)."""
    return bool(_cross(ends[:1], ends[1:], cavity)[0])


def diameters_beside(outline: _Points, core: _Pixels, cavity: _Pixels, spacing: _Points) -> tuple[_Points, _Points]:
    """The longest diameter inside of the core, and the longest one square to it.

    A ring's convex hull is the ring with its cavity, and that of a ring with a nodule even more. So these diameters
    stay inside of what is drawn, but for notches that are one or two pixels wide.

    Parameters
    ----------
    outline : ndarray of float64, shape (points, 2)
        Middles of the outer pixel edges of one piece of enhancement, (column, row).
    core : ndarray of bool, shape (rows, columns)
        Enhancement and necrosis on the slice, the piece among them.
    cavity : ndarray of bool, shape (rows, columns)
    spacing : ndarray of float64, shape (2,)
        Of columns and rows, millimetres.

    Returns
    -------
    tuple of two ndarrays of float64, shape (2, 2)
        Ends of both in pixels.
    """
    outside = np.pad(cavity | ~_without_notches(core), 1, constant_values=True)
    points = outline + 1
    every = -(-len(points) // _MOST_POINTS)
    longest = _longest(points[::every], points[::every], outside, spacing)
    if every > 1:
        longest = _longest(_about(longest[0], points), _about(longest[1], points), outside, spacing)
    return longest - 1, _across(longest, outside, spacing) - 1


def _without_notches(core: _Pixels) -> _Pixels:
    closed: _Pixels = ndimage.binary_closing(np.pad(core, 1), _ALL_NEIGHBOURS)[1:-1, 1:-1]
    return core | closed


def _longest(ones: _Points, others: _Points, outside: _Pixels, spacing: _Points) -> _Points:
    """Ends of the longest line from one of `ones` to one of `others` that does not run outside."""
    lengths_mm = np.linalg.norm((ones[:, np.newaxis] - others) * spacing, axis=2).ravel()
    order = np.argsort(-lengths_mm, kind="stable")
    for first in range(0, len(order), _PAIRS_AT_ONCE):
        one, other = np.divmod(order[first : first + _PAIRS_AT_ONCE], len(others))
        stays = ~_cross(ones[one], others[other], outside)
        if stays.any():
            best = int(np.argmax(stays))
            return np.array([ones[one[best]], others[other[best]]])
    return ones[[0, 0]]


def _about(point: _Points, outline: _Points) -> _Points:
    """The nearest points of the outline, itself among them."""
    return outline[np.argsort(np.linalg.norm(outline - point, axis=1), kind="stable")[:_MOST_POINTS]]


def _across(longest: _Points, outside: _Pixels, spacing: _Points) -> _Points:
    along_mm = (longest[1] - longest[0]) * spacing
    length_mm = np.linalg.norm(along_mm)
    if length_mm == 0:
        return longest
    step_mm = _STEP_PIXELS * spacing.min()
    square = np.array([-along_mm[1], along_mm[0]]) / length_mm / spacing
    places = np.linspace(longest[0], longest[1], int(length_mm / step_mm) + 2)
    offsets_mm = np.arange(0, length_mm + step_mm, step_mm)  # no further: the other one is the longest
    one, other = (places + _as_far_as_inside(places, sign * square, offsets_mm, outside) for sign in (-1, 1))
    widest = int(np.argmax(np.linalg.norm((one - other) * spacing, axis=1)))
    return np.array([one[widest], other[widest]])


def _as_far_as_inside(
    places: _Points, direction: _Points, offsets_mm: NDArray[np.float64], outside: _Pixels
) -> _Points:
    """The way from each place in a direction, shape (places, 2), to where it leaves what is inside."""
    ways = offsets_mm[:, np.newaxis] * direction
    is_outside = _is_in(places[:, np.newaxis] + ways, outside)
    is_outside[:, 0] = False
    last = np.argmax(np.column_stack((is_outside, np.ones(len(places), bool))), axis=1) - 1
    return ways[last]


def _cross(starts: _Points, ends: _Points, pixels: _Pixels) -> _Pixels:
    """Whether each of the straight lines runs through one of the pixels."""
    steps = int(np.abs(ends - starts).max() / _STEP_PIXELS) + 2
    shares = np.linspace(0, 1, steps)[:, np.newaxis]
    ways = starts[:, np.newaxis] * (1 - shares) + ends[:, np.newaxis] * shares
    return np.any(_is_in(ways, pixels), axis=1)


def _is_in(points: _Points, pixels: _Pixels) -> _Pixels:
    """Whether (column, row) points, shape (..., 2), lie in one of the pixels, and not only on its edge."""
    limits = np.array(pixels.shape[::-1]) - 1
    one, other = (
        np.clip(nearest.astype(int), 0, limits) for nearest in (np.ceil(points - 0.5), np.floor(points + 0.5))
    )
    return np.logical_and(pixels[one[..., 1], one[..., 0]], pixels[other[..., 1], other[..., 0]])
