"""Where a command writes a bundle: never over a model that it was not told to replace."""

from __future__ import annotations

import argparse
import re
from pathlib import Path

from BratsSegmenterLib.commands.arguments import require_writable_bundle
from BratsSegmenterLib.errors import BundleError, ExportError
from BratsSegmenterLib.segmentation import SHIPPED, Bundle, load_bundle

_FIRST_VERSION = "0.1.0"
_MAJOR_MINOR = re.compile(r"(?P<major>\d+)\.(?P<minor>\d+)")


def add_replace_argument(parser: argparse.ArgumentParser) -> None:
    """Leave to replace another model."""
    parser.add_argument("--replace", action="store_true", help="replace another model that lies there")


def require_bundle_place(folder: Path, replace: bool, own_weights: str = "") -> None:
    """Make sure that a bundle may be written into a folder, before there is anything to lose.

    Parameters
    ----------
    folder : Path
        Of the bundle.
    replace : bool
        Whether a model that lies there may be replaced.
    own_weights : str
        SHA-256 of weights that may always be replaced: those that the caller wrote before.

    Raises
    ------
    ExportError
        The name is a shipped model's, or another model lies there.
    DiskRefusedError, OSError
        The folder cannot be written to.
    """
    if folder.resolve().name in SHIPPED:
        raise ExportError(
            f"'{folder.resolve().name}' is the name of a model that belongs to this program.",
            "Name another folder: results say by the name which model drew them.",
        )
    require_writable_bundle(folder)
    if replace or not _holds_a_bundle(folder):
        return
    there = _readable(folder)
    if there is None or there.weights_sha256 != own_weights:
        raise ExportError(
            f"The folder {folder} holds another model{f': {there.said}' if there else ''}.",
            "Name another folder, or give --replace.",
        )


def next_version(folder: Path, own_weights: str = "") -> str:
    """The version of a bundle for a folder: the next minor one of what lies there; the same for the same weights."""
    there = _readable(folder) if _holds_a_bundle(folder) else None
    if there is None:
        return _FIRST_VERSION
    version = there.specification.version
    if there.weights_sha256 == own_weights:
        return version
    parts = _MAJOR_MINOR.match(version)
    return f"{parts['major']}.{int(parts['minor']) + 1}.0" if parts else f"{version}-2"


def _holds_a_bundle(folder: Path) -> bool:
    return (folder / "configs" / "metadata.json").exists()


def _readable(folder: Path) -> Bundle | None:
    """The bundle in a folder; None where it is damaged."""
    try:
        return load_bundle(folder.resolve())
    except BundleError:
        return None
