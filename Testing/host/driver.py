"""What a test does at the desktop: wait for something to happen, click, paint, look."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from host.slicer_app import application


def wait_until(condition: Callable[[], bool], timeout_s: float = 60.0) -> None:
    """Run the event loop until `condition` holds.

    Raises
    ------
    TimeoutError
        It did not within `timeout_s`.
    """
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("the condition did not come true")
        application().processEvents()
        time.sleep(0.005)


def finish(panel: Any, timeout_s: float = 60.0) -> None:
    """Run the event loop until no job of the panel runs."""
    wait_until(lambda: not panel.workflow.state.is_busy, timeout_s)


def paint(
    editor: Any, segment_id: str, ras_mm: tuple[float, float, float], radius_mm: float, erase: bool = False
) -> None:
    """Paint (or erase) a ball in a segment through vtkSlicerSegmentEditorLogic, as the Paint effect does.

    Parameters
    ----------
    editor : qMRMLSegmentEditorWidget
    segment_id : str
    ras_mm : tuple of float
        Centre of the ball, RAS millimetres.
    radius_mm : float
    erase : bool
    """
    editor.setCurrentSegmentID(segment_id)
    logic, segmentation = editor.hostLogic, editor.segmentationNode()
    logic.UpdateSelectedSegmentLabelmap()
    logic.ResetModifierLabelmapToDefault()
    modifier = logic.GetModifierLabelmap()
    image_to_world = vtk.vtkMatrix4x4()
    modifier.GetImageToWorldMatrix(image_to_world)
    i0, i1, j0, j1, k0, k1 = modifier.GetExtent()
    k, j, i = np.mgrid[k0 : k1 + 1, j0 : j1 + 1, i0 : i1 + 1]
    points = np.stack([i, j, k, np.ones_like(i)], axis=-1) @ slicer.util.arrayFromVTKMatrix(image_to_world).T
    ball = np.linalg.norm(points[..., :3] - np.array(ras_mm), axis=-1) <= radius_mm
    voxels = vtk_to_numpy(modifier.GetPointData().GetScalars()).reshape(k.shape)
    voxels[ball] = 1
    modifier.Modified()
    logic.SaveStateForUndo()
    mode = logic.ModificationModeRemove if erase else logic.ModificationModeAdd
    logic.ModifySegmentByLabelmap(segmentation, segment_id, modifier, mode, False, False)
