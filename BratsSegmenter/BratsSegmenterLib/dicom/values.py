"""Values of elements that are made here (DICOM PS3.5 6.2)."""

from __future__ import annotations

from pydicom.uid import generate_uid


def new_uid() -> str:
    """A fresh UID under 2.25 (DICOM PS3.5 B.2: derived from a UUID, no registered root needed)."""
    return str(generate_uid(prefix=None))


def long_string(text: str) -> str:
    """As much of it as a Long String holds: 64 characters, and no backslash, which would make two values of one."""
    return text.replace("\\", "/")[:64]


def decimal_string(value: float) -> str:
    """A Decimal String of at most 16 characters."""
    return f"{value:.9f}"[:16]
