"""From recognised volumes to what a network can see: registration, grid, N4, brain mask, normalisation."""

from BratsSegmenterLib.preprocessing.normalisation import z_score
from BratsSegmenterLib.preprocessing.notes import BIAS_CORRECTION_OFF, REGISTRATION_OFF, interpolated_note
from BratsSegmenterLib.preprocessing.prepare import corrected_outside, preprocess
from BratsSegmenterLib.preprocessing.prepared import PreparedCase, resample_to_reference
from BratsSegmenterLib.preprocessing.quality_page import PAGE_FILE, write_quality_page

__all__ = [
    "BIAS_CORRECTION_OFF",
    "PAGE_FILE",
    "REGISTRATION_OFF",
    "PreparedCase",
    "corrected_outside",
    "interpolated_note",
    "preprocess",
    "resample_to_reference",
    "write_quality_page",
    "z_score",
]
