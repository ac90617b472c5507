"""What lies between outlines that were drawn each by itself is no tissue of its own: told apart from a tumour core."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

_CROSS = ndimage.generate_binary_structure(2, 1)[np.newaxis]  # in the slice, whose pixels outlines are drawn on


def without_gaps(rest: NDArray[np.bool_], inner: NDArray[np.bool_], oedema: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """The pieces of what is left of a whole tumour that are core, not the rim by which one outline exceeds another.

    A piece that is mostly enclosed by parts of the core is core, however small. Any other has to be thicker than a
    stroke, and where parts of the core were drawn, its surface has to lie mostly inside the whole tumour.

    Parameters
    ----------
    rest : ndarray of bool, shape (slices, rows, columns)
        The whole tumour without what was drawn in it.
    inner : ndarray of bool
        The parts of the core that were drawn.
    oedema : ndarray of bool
    """
    pieces, count = ndimage.label(rest)
    thick = ndimage.binary_erosion(rest, _CROSS, iterations=1 if inner.any() else 2)
    is_thick = np.bincount(pieces[thick], minlength=count + 1) > 0
    to_inner = _faces(pieces, count, inner)
    to_oedema = _faces(pieces, count, oedema)
    to_outside = _faces(pieces, count, ~(rest | inner | oedema))
    is_inside = (to_outside < to_inner + to_oedema) | (not inner.any())
    is_core = (to_inner > to_oedema + to_outside) | (is_thick & is_inside)
    is_core[0] = False
    return is_core[pieces]


def _faces(pieces: NDArray[np.int32], count: int, mask: NDArray[np.bool_]) -> NDArray[np.intp]:
    """How many voxel faces each piece shares with a mask; 0 of the background first."""
    faces = np.zeros(count + 1, np.intp)
    for axis in range(pieces.ndim):
        along, beside = np.moveaxis(pieces, axis, 0), np.moveaxis(mask, axis, 0)
        for own, other in ((along[:-1], beside[1:]), (along[1:], beside[:-1])):
            faces += np.bincount(own[other], minlength=count + 1)
    return faces
