"""Synthetic heads with gliomas: anatomy from label maps, everything else drawn from a seed.

Public names are imported when they are first used: torch stays out of what Slicer loads at start-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.learning.synthesis.anatomy import Anatomy, load_anatomies
    from BratsSegmenterLib.learning.synthesis.case import SyntheticCase, synthesise
    from BratsSegmenterLib.learning.synthesis.nifti import case_geometry, write_case
    from BratsSegmenterLib.learning.synthesis.settings import SynthesisSettings, TumourKind
    from BratsSegmenterLib.learning.synthesis.sheet import contact_sheet

_MODULE_OF = {
    "Anatomy": "anatomy",
    "SynthesisSettings": "settings",
    "SyntheticCase": "case",
    "TumourKind": "settings",
    "case_geometry": "nifti",
    "contact_sheet": "sheet",
    "load_anatomies": "anatomy",
    "synthesise": "case",
    "write_case": "nifti",
}

__all__ = [
    "Anatomy",
    "SynthesisSettings",
    "SyntheticCase",
    "TumourKind",
    "case_geometry",
    "contact_sheet",
    "load_anatomies",
    "synthesise",
    "write_case",
]

__getattr__ = lazy_names(__name__, _MODULE_OF)
