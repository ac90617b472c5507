"""DICOM files to meaning and back.

Public names are imported when they are first used: pydicom stays out of what Slicer loads at start-up.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from BratsSegmenterLib.dicom.adoption import segmentation_from
    from BratsSegmenterLib.dicom.grid import GapError
    from BratsSegmenterLib.dicom.provenance import Authorship, ObjectKind, ObjectReference, Provenance, WrittenObject
    from BratsSegmenterLib.dicom.recognition import Candidate, Recognition, missing_notes, recognise, reference_sequence
    from BratsSegmenterLib.dicom.rtstruct_reader import ReadStructures, read_rtstruct
    from BratsSegmenterLib.dicom.rtstruct_writer import write_rtstruct
    from BratsSegmenterLib.dicom.scanning import ScannedStudy, SetAside, scan
    from BratsSegmenterLib.dicom.volume import load_volume

_MODULE_OF = {
    "Authorship": "provenance",
    "Candidate": "recognition",
    "GapError": "grid",
    "ObjectKind": "provenance",
    "ObjectReference": "provenance",
    "Provenance": "provenance",
    "ReadStructures": "rtstruct_reader",
    "Recognition": "recognition",
    "ScannedStudy": "scanning",
    "SetAside": "scanning",
    "WrittenObject": "provenance",
    "load_volume": "volume",
    "missing_notes": "recognition",
    "nifti_to_dicom": "nifti",
    "read_rtstruct": "rtstruct_reader",
    "recognise": "recognition",
    "reference_sequence": "recognition",
    "scan": "scanning",
    "segmentation_from": "adoption",
    "write_rtstruct": "rtstruct_writer",
}

__all__ = [
    "Authorship",
    "Candidate",
    "GapError",
    "ObjectKind",
    "ObjectReference",
    "Provenance",
    "ReadStructures",
    "Recognition",
    "ScannedStudy",
    "SetAside",
    "WrittenObject",
    "load_volume",
    "missing_notes",
    "nifti_to_dicom",
    "read_rtstruct",
    "recognise",
    "reference_sequence",
    "scan",
    "segmentation_from",
    "write_rtstruct",
]


def __getattr__(name: str) -> Any:
    if name not in _MODULE_OF:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_MODULE_OF[name]}"), name)
