"""DICOM files to meaning and back.

Public names are imported when they are first used: pydicom stays out of what Slicer loads at start-up.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from BratsSegmenterLib.lazy import lazy_names

if TYPE_CHECKING:
    from BratsSegmenterLib.dicom.contouring import EXACT, Contouring
    from BratsSegmenterLib.dicom.drawn_on import series_drawn_on
    from BratsSegmenterLib.dicom.folder_studies import FolderStudy, studies_in
    from BratsSegmenterLib.dicom.gate import Verified, verify_objects
    from BratsSegmenterLib.dicom.grid import GapError
    from BratsSegmenterLib.dicom.key_images import show_the_same, write_key_images
    from BratsSegmenterLib.dicom.measurement_report import write_measurement_report
    from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, Protocol, StudyIdentity, write_mr_series
    from BratsSegmenterLib.dicom.nifti import nifti_to_dicom
    from BratsSegmenterLib.dicom.notes_in_objects import stated_as_unmeasured, stated_notes
    from BratsSegmenterLib.dicom.numbering import image_numbers
    from BratsSegmenterLib.dicom.preview import middle_slice
    from BratsSegmenterLib.dicom.prior_volumes import newest_result, volumes_of
    from BratsSegmenterLib.dicom.provenance import (
        Authorship,
        ObjectKind,
        ObjectReference,
        Provenance,
        ResultObject,
        WrittenObject,
        oldest_first,
        series_description,
        written_kinds,
    )
    from BratsSegmenterLib.dicom.reading import files_in
    from BratsSegmenterLib.dicom.recognition import (
        Candidate,
        Recognition,
        Surgery,
        missing_note,
        missing_notes,
        recognise,
        reference_sequence,
        sequence_named,
        surgery_of,
    )
    from BratsSegmenterLib.dicom.rtstruct_reader import read_rtstruct
    from BratsSegmenterLib.dicom.rtstruct_writer import write_rtstruct
    from BratsSegmenterLib.dicom.scanning import ScannedStudy, SeveralStudiesError, scan
    from BratsSegmenterLib.dicom.segmentation_object import write_seg
    from BratsSegmenterLib.dicom.segmentation_reader import read_seg
    from BratsSegmenterLib.dicom.slice_planes import SlicePlanes, require_drawn, require_on_grid
    from BratsSegmenterLib.dicom.study_results import read_regions, result_objects
    from BratsSegmenterLib.dicom.volume import load_volume

_MODULE_OF = {
    "EXACT": "contouring",
    "PROTOCOLS": "mr_series",
    "Authorship": "provenance",
    "Candidate": "recognition",
    "Contouring": "contouring",
    "FolderStudy": "folder_studies",
    "GapError": "grid",
    "ObjectKind": "provenance",
    "ObjectReference": "provenance",
    "Protocol": "mr_series",
    "Provenance": "provenance",
    "Recognition": "recognition",
    "ResultObject": "provenance",
    "ScannedStudy": "scanning",
    "SeveralStudiesError": "scanning",
    "SlicePlanes": "slice_planes",
    "StudyIdentity": "mr_series",
    "Surgery": "recognition",
    "Verified": "gate",
    "WrittenObject": "provenance",
    "files_in": "reading",
    "image_numbers": "numbering",
    "load_volume": "volume",
    "middle_slice": "preview",
    "missing_note": "recognition",
    "missing_notes": "recognition",
    "newest_result": "prior_volumes",
    "nifti_to_dicom": "nifti",
    "oldest_first": "provenance",
    "read_regions": "study_results",
    "read_rtstruct": "rtstruct_reader",
    "read_seg": "segmentation_reader",
    "recognise": "recognition",
    "reference_sequence": "recognition",
    "require_drawn": "slice_planes",
    "require_on_grid": "slice_planes",
    "result_objects": "study_results",
    "scan": "scanning",
    "sequence_named": "recognition",
    "series_description": "provenance",
    "series_drawn_on": "drawn_on",
    "show_the_same": "key_images",
    "stated_as_unmeasured": "notes_in_objects",
    "stated_notes": "notes_in_objects",
    "studies_in": "folder_studies",
    "surgery_of": "recognition",
    "verify_objects": "gate",
    "volumes_of": "prior_volumes",
    "write_key_images": "key_images",
    "write_measurement_report": "measurement_report",
    "write_mr_series": "mr_series",
    "write_rtstruct": "rtstruct_writer",
    "write_seg": "segmentation_object",
    "written_kinds": "provenance",
}

__all__ = [
    "EXACT",
    "PROTOCOLS",
    "Authorship",
    "Candidate",
    "Contouring",
    "FolderStudy",
    "GapError",
    "ObjectKind",
    "ObjectReference",
    "Protocol",
    "Provenance",
    "Recognition",
    "ResultObject",
    "ScannedStudy",
    "SeveralStudiesError",
    "SlicePlanes",
    "StudyIdentity",
    "Surgery",
    "Verified",
    "WrittenObject",
    "files_in",
    "image_numbers",
    "load_volume",
    "middle_slice",
    "missing_note",
    "missing_notes",
    "newest_result",
    "nifti_to_dicom",
    "oldest_first",
    "read_regions",
    "read_rtstruct",
    "read_seg",
    "recognise",
    "reference_sequence",
    "require_drawn",
    "require_on_grid",
    "result_objects",
    "scan",
    "sequence_named",
    "series_description",
    "series_drawn_on",
    "show_the_same",
    "stated_as_unmeasured",
    "stated_notes",
    "studies_in",
    "surgery_of",
    "verify_objects",
    "volumes_of",
    "write_key_images",
    "write_measurement_report",
    "write_mr_series",
    "write_rtstruct",
    "write_seg",
    "written_kinds",
]

__getattr__ = lazy_names(__name__, _MODULE_OF)
