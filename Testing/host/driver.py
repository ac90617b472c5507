"""What a test does at the desktop: wait for something to happen, click, paint, look."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from host.brush import edit
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


def be_quick(panel: Any, bundle: Path) -> None:
    """A small network and few steps, for what is not about the tumour."""
    for step in (panel.run.ui.registrationBox, panel.run.ui.biasCorrectionBox, panel.run.ui.brainMaskBox):
        step.setChecked(False)
    panel.run.ui.modelSelector.addItem(bundle.name, str(bundle))
    panel.run.ui.modelSelector.setCurrentIndex(panel.run.ui.modelSelector.count - 1)


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
    edit(editor, np.array([ras_mm]), radius_mm, erase)
