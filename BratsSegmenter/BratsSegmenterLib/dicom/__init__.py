"""DICOM files to meaning and back."""
