"""Images of a job as volumes of the scene."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import slicer

from BratsSegmenterLib.errors import SeriesError

_SINGLE_FILE = 4  # bit of the loading options; without it, neighbouring files are taken as slices
_BRIGHTEST_PERCENTILE = 99.9


def load_volume(path: Path, name: str) -> Any:
    """Load a NIfTI image as a scalar volume, with a window that shows the brain.

    Raises
    ------
    SeriesError
        The file cannot be read as an image.
    """
    node = slicer.modules.volumes.logic().AddArchetypeVolume(str(path), name, _SINGLE_FILE)
    if node is None:
        raise SeriesError(f"The image {path.name} of the job folder cannot be read.", "Segment the study again.")
    _set_window(node)
    return node


def _set_window(node: Any) -> None:
    """The automatic window of a MR image with bright fat leaves the brain dark."""
    voxels = slicer.util.arrayFromVolume(node)
    tissue = voxels[voxels > 0]
    if tissue.size == 0:
        return
    display = node.GetDisplayNode()
    display.SetAutoWindowLevel(False)
    display.SetWindowLevelMinMax(0.0, float(np.percentile(tissue, _BRIGHTEST_PERCENTILE)))
