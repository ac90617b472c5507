"""Days: read as DICOM writes them, said as people write them."""

from __future__ import annotations

from datetime import date, datetime


def parse_day(text: str) -> date | None:
    """The day of a DICOM date, YYYYMMDD (PS3.5 6.2, DA); None where it is none."""
    try:
        return datetime.strptime(text, "%Y%m%d").date()
    except ValueError:
        return None


def in_words(day: date) -> str:
    """For a sentence: ``3 May 2026``."""
    return f"{day.day} {day:%B %Y}"
