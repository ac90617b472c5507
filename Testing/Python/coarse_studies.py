"""Studies of the head phantom with few voxels, for what is done to many studies."""

from __future__ import annotations

from pathlib import Path

from head_phantom import head_volume

from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity, write_mr_series
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry

_COARSE = Geometry.from_axes((34, 84, 70), (2.5, 2.5, 5.0), ((1, 0, 0), (0, 1, 0), (0, 0, 1)), (-87.0, -103.0, -83.0))


def coarse_study(folder: Path, day: str, *sequences: Sequence, description: str = "MR BRAIN") -> StudyIdentity:
    """Write a study of that date (YYYYMMDD) with 34 slices of each sequence."""
    identity = StudyIdentity(
        patient_name="Unattended^Ursula", patient_id=f"U-{day}", study_date=day, study_description=description
    )
    for number, sequence in enumerate(sequences, 1):
        image = 10 * head_volume(sequence, _COARSE).array
        write_mr_series(image, _COARSE, folder / f"{day}-{number}", identity, PROTOCOLS[sequence], number)
    return identity
