"""What Slicer's other modules do to the views of a review."""

from __future__ import annotations

from typing import Any

import numpy as np
import slicer

from host.slicer_app import application


def add_data(name: str) -> Any:
    """Load a volume as File > Add Data does, which puts it into every view that allows it (qSlicerVolumesReader)."""
    volume = slicer.util.addVolumeFromArray(np.ones((5, 5, 5), np.float32), name=name)
    logic = application().applicationLogic()
    logic.GetSelectionNode().SetActiveVolumeID(volume.GetID())
    logic.PropagateVolumeSelection()
    return volume


def visit_segment_editor(source: Any) -> None:
    """Open Segment Editor on a segmentation: its source volume goes into every view that lacks it.

    As qMRMLSegmentEditorWidget::showSourceVolumeInSliceViewers has it.
    """
    for composite in slicer.util.getNodesByClass("vtkMRMLSliceCompositeNode"):
        if source.GetID() not in (composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID()):
            composite.SetBackgroundVolumeID(source.GetID())
            composite.SetForegroundVolumeID(None)
            composite.SetLabelVolumeID(None)
