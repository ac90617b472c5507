"""Volumes, lesions and diameters of a segmentation."""

from BratsSegmenterLib.measurement.diameters import MEASURABLE_MM, axial_diameters, is_measurable
from BratsSegmenterLib.measurement.measuring import measure
from BratsSegmenterLib.measurement.table import to_csv

__all__ = ["MEASURABLE_MM", "axial_diameters", "is_measurable", "measure", "to_csv"]
