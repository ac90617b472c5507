"""Regions as Slicer terminology, so that segments keep their meaning in SEG, SR and other modules."""

from __future__ import annotations

import slicer

from BratsSegmenterLib.domain import BRAIN, MORPHOLOGICALLY_ABNORMAL_STRUCTURE, Region
from BratsSegmenterLib.paths import resource

CONTEXT = "Glioma segments - BratsSegmenter"
_ANATOMIC_CONTEXT = "Anatomic codes - DICOM master list"


def load_terminology() -> None:
    """Offer the regions in Slicer's terminology selector; asked twice, it loads them once."""
    logic = slicer.modules.terminologies.logic()
    if not logic.IsTerminologyContextLoaded(CONTEXT):
        logic.LoadTerminologyFromFile(str(resource("Terminology/BratsSegmenter.term.json")))


def terminology_entry(region: Region) -> str:
    """A region's category, type and anatomy in the form that vtkSegment keeps them."""
    category = MORPHOLOGICALLY_ABNORMAL_STRUCTURE
    return slicer.vtkSlicerTerminologiesModuleLogic.SerializeTerminologyEntry(
        CONTEXT,
        *(category.value, category.scheme, category.meaning),
        *(region.code.value, region.code.scheme, region.code.meaning),
        *("", "", ""),
        _ANATOMIC_CONTEXT,
        *(BRAIN.value, BRAIN.scheme, BRAIN.meaning),
        *("", "", ""),
    )
