"""Makes a Python process write structure sets with one contour a pixel beside its place, as a faulty writer would.

Python imports it at its start from a folder of PYTHONPATH; see :mod:`host.faults`.
"""

from __future__ import annotations

from typing import Any

import pydicom

from BratsSegmenterLib import dicom

_write = dicom.write_rtstruct


def _write_beside(path: Any, volume: Any, *arguments: Any, **options: Any) -> Any:
    written = _write(path, volume, *arguments, **options)
    dataset = pydicom.dcmread(path)
    contour = dataset.ROIContourSequence[0].ContourSequence[0]
    points = [float(value) for value in contour.ContourData]
    points[0::3] = [x_mm + volume.geometry.spacing_mm[0] for x_mm in points[0::3]]
    contour.ContourData = points
    dataset.save_as(path)
    return written


dicom.write_rtstruct = _write_beside
