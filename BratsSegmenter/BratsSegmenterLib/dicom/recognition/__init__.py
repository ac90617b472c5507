"""T1, T1c, T2 and FLAIR among the series of a study: numbers first, text second, order in the study for contrast."""

from BratsSegmenterLib.dicom.recognition.candidates import Candidate, Recognition
from BratsSegmenterLib.dicom.recognition.names import sequence_named
from BratsSegmenterLib.dicom.recognition.protocol import missing_note, missing_notes, reference_sequence
from BratsSegmenterLib.dicom.recognition.recognition import recognise
from BratsSegmenterLib.dicom.recognition.surgery import Surgery, surgery_of

__all__ = [
    "Candidate",
    "Recognition",
    "Surgery",
    "missing_note",
    "missing_notes",
    "recognise",
    "reference_sequence",
    "sequence_named",
    "surgery_of",
]
