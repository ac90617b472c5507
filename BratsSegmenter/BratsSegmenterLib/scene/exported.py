"""The corrected label map on its way out of the scene."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class ExportedLabels:
    """The label map as the user left it, and whether that differs from what the model drew."""

    path: Path
    edited: bool
