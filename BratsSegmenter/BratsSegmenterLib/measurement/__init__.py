"""Volumes, lesions and diameters of a segmentation."""

from BratsSegmenterLib.measurement.change import changed_regions
from BratsSegmenterLib.measurement.doubt import DoubtfulSlice, DoubtKind, doubtful_slices
from BratsSegmenterLib.measurement.exchanged import exchange_findings
from BratsSegmenterLib.measurement.field_of_view import CUT_OFF, brain_cut_off_findings, cut_off_findings
from BratsSegmenterLib.measurement.findings import (
    DRAWN_FINDINGS,
    cavity_findings,
    quality_findings,
    registration_findings,
)
from BratsSegmenterLib.measurement.measuring import SMALLEST_MEASURED_MM, measure
from BratsSegmenterLib.measurement.overlap import dice, share_nothing
from BratsSegmenterLib.measurement.sentence import (
    MEASURABLE,
    NOT_MEASURABLE,
    lesion_count,
    millilitres,
    product_sum_text,
    report_sentence,
    size_text,
)
from BratsSegmenterLib.measurement.table import csv_tables
from BratsSegmenterLib.measurement.unmeasured import still_not_measured

__all__ = [
    "CUT_OFF",
    "DRAWN_FINDINGS",
    "MEASURABLE",
    "NOT_MEASURABLE",
    "SMALLEST_MEASURED_MM",
    "DoubtKind",
    "DoubtfulSlice",
    "brain_cut_off_findings",
    "cavity_findings",
    "changed_regions",
    "csv_tables",
    "cut_off_findings",
    "dice",
    "doubtful_slices",
    "exchange_findings",
    "lesion_count",
    "measure",
    "millilitres",
    "product_sum_text",
    "quality_findings",
    "registration_findings",
    "report_sentence",
    "share_nothing",
    "size_text",
    "still_not_measured",
]
