"""One slice of a series, without loading all of it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.pixels import stored_values
from BratsSegmenterLib.domain import Series


@disable_value_validation()
def middle_slice(series: Series) -> NDArray:
    """The stored values of the slice in the middle of the stack, shape (rows, columns).

    Raises
    ------
    SeriesError
        Its pixel data is damaged or cannot be decoded.
    """
    positions_mm = np.array([frame.position_mm for frame in series.frames])
    along_the_stack = positions_mm[:, np.ptp(positions_mm, axis=0).argmax()]
    frame = series.frames[np.argsort(along_the_stack)[len(series.frames) // 2]]
    return stored_values(frame.file)[(frame.number or 1) - 1]
