"""DICOM files to meaning and back.

Public names are imported when they are first used: pydicom stays out of what Slicer loads at start-up.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from BratsSegmenterLib.dicom.grid import GapError
    from BratsSegmenterLib.dicom.scanning import ScannedStudy, SetAside, scan
    from BratsSegmenterLib.dicom.volume import load_volume

_MODULE_OF = {
    # Reading
    "GapError": "grid",
    "ScannedStudy": "scanning",
    "SetAside": "scanning",
    "load_volume": "volume",
    "scan": "scanning",
}

__all__ = [
    # Reading
    "GapError",
    "ScannedStudy",
    "SetAside",
    "load_volume",
    "scan",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
