"""Attribute matching of DICOM queries (PS3.4 C.2.2.2), shared by our client and the embedded archive."""

from __future__ import annotations

import fnmatch
import re

_UID = re.compile(r"[0-9]+(\.[0-9]+)*")
_MAXIMUM_UID_LENGTH = 64


def is_uid(text: str) -> bool:
    """Whether `text` has a UID's letters and length (PS3.5 section 9); only such text may become part of a URL.

    Components with leading zeros, which the standard forbids, pass: real archives are full of them.
    """
    return len(text) <= _MAXIMUM_UID_LENGTH and _UID.fullmatch(text) is not None


def matches_text(value: str, pattern: str) -> bool:
    """Wild card matching with ``*`` and ``?`` (C.2.2.2.4), blind to case; an empty pattern matches everything."""
    if not pattern:
        return True
    readable = pattern.replace("[", "[[]")  # the only other character that is special to fnmatch
    return fnmatch.fnmatchcase(value.casefold(), readable.casefold())


def matches_name(value: str, pattern: str) -> bool:
    """Like :func:`matches_text` on any component group of a Person Name; ``^`` and blanks are the same."""
    groups = value.split("=")
    return any(matches_text(_spaced(group), _spaced(pattern)) for group in groups)


def matches_date(value: str, pattern: str) -> bool:
    """Single value and range matching of dates YYYYMMDD (C.2.2.2.5): ``a-b``, ``a-``, ``-b`` or ``a``."""
    if "-" not in pattern:
        return not pattern or value == pattern
    earliest, _, latest = pattern.partition("-")
    return bool(value) and (not earliest or value >= earliest) and (not latest or value <= latest)


def matches_any(value: str, pattern: str) -> bool:
    """List of values separated by comma or backslash, as for UIDs (C.2.2.2.2)."""
    return not pattern or value in re.split(r"[,\\]", pattern)


def _spaced(name: str) -> str:
    return name.replace("^", " ").strip()
