"""Studies of a small head with few voxels, for what is done to many studies."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from head_phantom import head_volume

from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry

_SHAPE, _SPACING_MM, _ORIGIN_MM = (34, 84, 70), np.array([2.5, 2.5, 5.0]), np.array([-87.0, -103.0, -83.0])
_COARSE = Geometry.from_axes(_SHAPE, _SPACING_MM, np.eye(3), _ORIGIN_MM)
# An eighth of the millimetres that pre-processing looks at.
_HALF_AS_LONG = Geometry.from_axes(_SHAPE, _SPACING_MM / 2, np.eye(3), _ORIGIN_MM / 2)


def small_study(folder: Path, day: str, *sequences: Sequence, description: str = "MR BRAIN") -> StudyIdentity:
    """Write a study of that date (YYYYMMDD) with 34 slices of each sequence."""
    identity = StudyIdentity(
        patient_name="Unattended^Ursula", patient_id=f"U-{day}", study_date=day, study_description=description
    )
    for number, sequence in enumerate(sequences, 1):
        image = 10 * head_volume(sequence, _COARSE).array
        write_mr_series(image, _HALF_AS_LONG, folder / f"{day}-{number}", identity, PROTOCOLS[sequence], number)
    return identity
