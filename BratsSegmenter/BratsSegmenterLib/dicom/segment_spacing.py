"""How far apart the slices of a SEG are that does not say it: empty ones between its frames may have been left out."""

from __future__ import annotations

import numpy as np
from pydicom.dataset import Dataset

from BratsSegmenterLib.dicom.planes import functional_group

_WIDEST = 1.5  # times the thickness; hardly any gap of MR is wider than half a slice
_EVEN = 0.05  # of a slice
_SAME_MM = 0.01


def take_thickness_for_spacing(dataset: Dataset) -> float | None:
    """Let a SEG without Spacing Between Slices (0018,0088) have slices as far apart as they are thick.

    The attribute may be absent (DICOM PS3.3 C.7.6.16.2.1), and slices without a segment need not have a frame: the
    smallest step between frames may be several slices. It is taken to be where every step is a whole number of
    thicknesses, two at least.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Every frame with a position; changed where the thickness is taken.

    Returns
    -------
    float or None
        The distance that was taken, millimetres; None where the dataset was left as it is.
    """
    shared = dataset.SharedFunctionalGroupsSequence[0]
    frames = dataset.PerFrameFunctionalGroupsSequence
    measures = [functional_group(frame, shared, "PixelMeasuresSequence") for frame in frames]
    thicknesses_mm = {float(one.get("SliceThickness") or 0) for one in measures}
    cosines = functional_group(frames[0], shared, "PlaneOrientationSequence").ImageOrientationPatient
    positions = [functional_group(frame, shared, "PlanePositionSequence").ImagePositionPatient for frame in frames]
    normal = np.cross(np.array(cosines[:3], float), np.array(cosines[3:], float))
    steps_mm = np.diff(np.sort(np.array(positions, float) @ normal))
    steps_mm = steps_mm[steps_mm > _SAME_MM]
    thickness_mm = max(thicknesses_mm)
    is_said = any(one.get("SpacingBetweenSlices") for one in measures)
    if is_said or len(thicknesses_mm) > 1 or not thickness_mm or not steps_mm.size:
        return None
    slices = steps_mm / thickness_mm
    if slices.min() <= _WIDEST or np.abs(slices - np.rint(slices)).max() > _EVEN:
        return None
    for one in measures:
        one.SpacingBetweenSlices = thickness_mm
    return thickness_mm
