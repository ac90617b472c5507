"""What the mouse does in a view of the stand-in: the wheel turns slices, a drag zooms, turns the head or edits."""

from __future__ import annotations

from typing import Any, Protocol

import qt
import slicer

_ZOOM_PER_PIXEL = 1.005
_DEGREES_PER_PIXEL = 0.5


class Effect(Protocol):
    """What hears the left button in slice views; positions are pixels from a view's lower left corner."""

    def press(self, slice_node: Any, position: tuple[float, float]) -> None:
        """The button goes down."""

    def move(self, slice_node: Any, position: tuple[float, float]) -> None:
        """The mouse moves while the button is down."""

    def release(self, slice_node: Any) -> None:
        """The button is let go."""


observers: list[Effect] = []
"""Effects that observe the views, as qMRMLSegmentEditorWidget::setupViewObservations lets them."""


def turn_wheel(view: Any, event: qt.QWheelEvent) -> None:
    """One slice on or back; views that are linked follow."""
    if view.logic is None:
        return
    step_mm = view.logic.GetLowestVolumeSliceSpacing()[2]
    steps = 1 if event.angleDelta().y() > 0 else -1
    view.logic.StartSliceOffsetInteraction()
    view.logic.SetSliceOffset(view.logic.GetSliceOffset() + steps * step_mm)
    view.logic.EndSliceOffsetInteraction()


def drag(view: Any, buttons: qt.Qt.MouseButton, moved: qt.QPointF) -> None:
    """The right button zooms a slice, the left one turns the 3D view."""
    if view.logic is not None and buttons & qt.Qt.MouseButton.RightButton:
        _zoom(view, _ZOOM_PER_PIXEL ** -moved.y())
    elif view.logic is None and buttons & qt.Qt.MouseButton.LeftButton:
        camera = view.renderer.GetActiveCamera()
        camera.Azimuth(-_DEGREES_PER_PIXEL * moved.x())
        camera.Elevation(_DEGREES_PER_PIXEL * moved.y())
        camera.OrthogonalizeViewUp()
        view.renderer.ResetCameraClippingRange()
        view.on_change()


def _zoom(view: Any, factor: float) -> None:
    width_mm, height_mm, depth_mm = view.node.GetFieldOfView()
    view.logic.StartSliceNodeInteraction(slicer.vtkMRMLSliceNode.FieldOfViewFlag)
    view.node.SetFieldOfView(width_mm / factor, height_mm / factor, depth_mm)
    view.node.UpdateMatrices()
    view.logic.EndSliceNodeInteraction()
