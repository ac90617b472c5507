"""What the text of an argument may say: anything else is a usage error, before any work is done."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable
from datetime import datetime
from pathlib import Path


def absolute_path(text: str) -> Path:
    """A path that means the same in another program: what is kept of it is read from other folders, too."""
    return Path(text).absolute()


def dicom_path(text: str) -> Path:
    """The absolute path of a folder of DICOM files, or of a file; a medium's DICOMDIR stands for its folder.

    The directory of a medium lies at its root, holds no image and has this name (PS3.10 8.6).
    """
    path = absolute_path(text)
    return path.parent if path.name.upper() == "DICOMDIR" and path.is_file() else path


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """The type of an argument that is a whole number from `least` to `most`."""

    def convert(text: str) -> int:
        try:
            value = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"'{text}' is no whole number") from None
        _require_between(value, least, most)
        return value

    return convert


def number(least: float, most: float | None = None) -> Callable[[str], float]:
    """The type of an argument that is a finite number from `least` to `most`."""

    def convert(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = math.nan
        if not math.isfinite(value):
            raise argparse.ArgumentTypeError(f"'{text}' is no number")
        _require_between(value, least, most)
        return value

    return convert


def object_kind(text: str) -> str:
    """The name of a kind of objects, however it is written: our sentences say KEY IMAGE."""
    return text.upper().replace(" ", "_").replace("-", "_")


def bundle_version(text: str) -> str:
    """A bundle's version, which no bundle is without."""
    if not text.strip():
        raise argparse.ArgumentTypeError("it is empty; write it like 1.2.0")
    return text.strip()


def study_date(text: str) -> str:
    """A day as DICOM writes it, YYYYMMDD (PS3.5 6.2, DA); nothing stays nothing."""
    if not text:
        return ""
    try:
        day = datetime.strptime(text.replace("-", ""), "%Y%m%d")
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no date; write it YYYYMMDD, for example 20260131") from None
    return f"{day:%Y%m%d}"


def _require_between(value: float, least: float, most: float | None) -> None:
    if value < least:
        raise argparse.ArgumentTypeError(f"{value:g} is too small; {least:g} is the least")
    if most is not None and value > most:
        raise argparse.ArgumentTypeError(f"{value:g} is too large; {most:g} is the most")
