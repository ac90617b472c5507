"""Chinese text in ISO 2022 IR 58 (DICOM PS3.5 K), as pydicom reads it: with the escape sequences still in it."""

from __future__ import annotations

_GB_2312 = "\x1b$)A"  # Python's codec, to which pydicom leaves it, does not know the sequence


def without_escapes(text: str) -> str:
    """The text alone."""
    return text.replace(_GB_2312, "")
