"""DICOM files to meaning and back.

Public names are imported when they are first used: pydicom stays out of what Slicer loads at start-up.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from BratsSegmenterLib.dicom.grid import GapError
    from BratsSegmenterLib.dicom.recognition import (
        Candidate,
        Recognition,
        missing_notes,
        recognise,
        reference_sequence,
    )
    from BratsSegmenterLib.dicom.scanning import ScannedStudy, SetAside, scan
    from BratsSegmenterLib.dicom.volume import load_volume

_MODULE_OF = {
    # Reading
    "Candidate": "recognition",
    "GapError": "grid",
    "Recognition": "recognition",
    "ScannedStudy": "scanning",
    "SetAside": "scanning",
    "load_volume": "volume",
    "missing_notes": "recognition",
    "recognise": "recognition",
    "reference_sequence": "recognition",
    "scan": "scanning",
}

__all__ = [
    # Reading
    "Candidate",
    "GapError",
    "Recognition",
    "ScannedStudy",
    "SetAside",
    "load_volume",
    "missing_notes",
    "recognise",
    "reference_sequence",
    "scan",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
