"""How far a rigid transform moves a head."""

from __future__ import annotations

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

HEAD_RADIUS_MM = 80.0


def rms_displacement_mm(transform: sitk.Transform, centre_mm: NDArray[np.float64]) -> float:
    """Root mean square distance by which a rigid transform moves the points of a head.

    The head is a ball of 80 mm around `centre_mm` (LPS); E² = R²/5 · tr(AᵀA) + |t|² with A the rotation matrix less
    the identity and t the centre's displacement (Jenkinson, FMRIB report TR99MJ1, 1999).
    """
    rotation_less_identity, shift = _matrix_less_identity(transform, centre_mm)
    spread = HEAD_RADIUS_MM**2 / 5.0 * float(np.trace(rotation_less_identity.T @ rotation_less_identity))
    return float(np.sqrt(spread + shift @ shift))


def shift_mm(transform: sitk.Transform, centre_mm: NDArray[np.float64]) -> float:
    """Distance by which a rigid transform moves `centre_mm` (LPS)."""
    return float(np.linalg.norm(_matrix_less_identity(transform, centre_mm)[1]))


def rotation_degrees(transform: sitk.Transform) -> float:
    """Angle of a rigid transform's rotation about its own axis."""
    rotation = _matrix_less_identity(transform, np.zeros(3))[0] + np.eye(3)
    return float(np.rad2deg(np.arccos(np.clip((np.trace(rotation) - 1.0) / 2.0, -1.0, 1.0))))


def _matrix_less_identity(
    transform: sitk.Transform, centre_mm: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    moved = np.array(transform.TransformPoint(centre_mm.tolist()))
    columns = [np.array(transform.TransformPoint((centre_mm + axis).tolist())) - moved for axis in np.eye(3)]
    return np.stack(columns, axis=1) - np.eye(3), moved - centre_mm
