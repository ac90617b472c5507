"""The plane in which a radiologist reads a volume: axial where it is fine enough, else the slices as acquired."""

from __future__ import annotations

from itertools import permutations

import numpy as np

from BratsSegmenterLib.geometry import Geometry

_REFORMATTED_UP_TO_MM = 2.0


def reading_axis(geometry: Geometry) -> int:
    """The array axis (0 slices, 1 rows, 2 columns) that runs across the planes in which the volume is read.

    Brains are read axially. Sagittal and coronal acquisitions of at most 2 mm in every direction are cut along their
    own axes for that; thicker ones would show stripes, and are read as they were acquired.
    """
    return array_axis(geometry, 2) if max(geometry.spacing_mm) <= _REFORMATTED_UP_TO_MM else 0


def array_axis(geometry: Geometry, patient_axis: int) -> int:
    """The array axis (0 slices, 1 rows, 2 columns) that runs along a patient axis (LPS: 0 x, 1 y, 2 z).

    Of an oblique volume it is the nearest one; each array axis belongs to one patient axis.
    """
    cosines = np.abs(geometry.direction)
    grid_axes = max(
        permutations(range(3)), key=lambda axes: sum(cosines[patient, axis] for patient, axis in enumerate(axes))
    )
    return 2 - grid_axes[patient_axis]
