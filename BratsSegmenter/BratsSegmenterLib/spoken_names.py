"""Names of people as sentences say them."""

from __future__ import annotations


def spoken(person_name: str) -> str:
    """``Curie, Marie`` of ``Curie^Marie``; of several spellings of one name the first (DICOM PS3.5 6.2.1.1)."""
    spellings = (group.strip("^ ") for group in person_name.split("="))
    return ", ".join(filter(None, next(filter(None, spellings), "").split("^")))
