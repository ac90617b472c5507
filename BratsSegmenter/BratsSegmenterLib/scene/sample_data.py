"""The synthetic patient's images as volumes of the scene."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import slicer

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.scene.volumes import load_volume

_SHOWN = Sequence.T1C.value


def load_sample(images: Iterable[Path]) -> list[Any]:
    """Load images that are named by their sequence, and show T1c as Slicer shows what it loaded.

    Returns
    -------
    list of vtkMRMLScalarVolumeNode
    """
    nodes = {
        path.name.partition(".")[0]: load_volume(path, f"Synthetic {path.name.partition('.')[0]}") for path in images
    }
    logic = slicer.app.applicationLogic()
    logic.GetSelectionNode().SetActiveVolumeID(nodes[_SHOWN].GetID())
    logic.PropagateVolumeSelection()
    return list(nodes.values())
