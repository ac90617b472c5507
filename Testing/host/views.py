"""Slice and 3D views of slicer-core, rendered off-screen into images."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import slicer
import vtk
from vtk.util.numpy_support import vtk_to_numpy

from host.mrml import MrmlApplication

_VIEW_ANGLE_DEGREES, _CLOSER = 30.0, 1.6
_SLICE_MANAGERS = (
    "vtkMRMLCrosshairDisplayableManager",
    "vtkMRMLMarkupsDisplayableManager",
    "vtkMRMLModelSliceDisplayableManager",
    "vtkMRMLRulerDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager2D",
)
_THREE_D_MANAGERS = (
    "vtkMRMLCameraDisplayableManager",
    "vtkMRMLViewDisplayableManager",
    "vtkMRMLModelDisplayableManager",
    "vtkMRMLSegmentationsDisplayableManager3D",
)


def _nobody() -> None:
    """Nobody draws the view."""


class RenderedView:
    """A render window that is never shown, and what asks for a new drawing.

    The window comes with the first drawing: most views of a test are never looked at, and each costs 20 ms and 8 MB.

    Attributes
    ----------
    on_change : callable
        Called when something in the view changed.
    node : vtkMRMLAbstractViewNode
    logic : vtkMRMLSliceLogic or None
        Of a slice view.
    """

    def __init__(self, node: Any) -> None:
        self.node = node
        self.on_change: Callable[[], None] = _nobody
        self.logic: Any = None

    @cached_property
    def window(self) -> Any:
        """The vtkRenderWindow."""
        window = self._new_window()
        window.SetOffScreenRendering(1)
        window.SetShowWindow(False)
        return window

    def _new_window(self) -> Any:
        raise NotImplementedError

    def rest(self, *_widget: Any) -> None:
        """The widget that drew the view is gone."""
        self.on_change = _nobody

    def close(self) -> None:
        """Follow the scene no more."""

    def resize(self, width: int, height: int) -> None:
        """Give the view another size in pixels."""
        if self.window.GetSize() != (width, height):
            self.window.SetSize(width, height)

    def pixels(self) -> Any:
        """Draw, and give the image back: ndarray of uint8, shape (height, width, 3), first row on top."""
        self.window.Render()
        grabber = vtk.vtkWindowToImageFilter()
        grabber.SetInput(self.window)
        grabber.SetInputBufferTypeToRGB()
        grabber.ReadFrontBufferOff()
        grabber.Update()
        width, height, _depth = grabber.GetOutput().GetDimensions()
        flat = vtk_to_numpy(grabber.GetOutput().GetPointData().GetScalars())
        return flat.reshape(height, width, 3)[::-1].copy()

    def _changed(self, *_event: Any) -> None:
        self.on_change()


class _ManagedView(RenderedView):
    """A view with the displayable managers that draw a scene into it."""

    def __init__(self, node: Any, factory: Any, managers: tuple[str, ...]) -> None:
        super().__init__(node)
        self.renderer = vtk.vtkRenderer()
        self._interactor = vtk.vtkRenderWindowInteractor()
        self._factory = factory
        self._group: Any = None
        for manager in managers:
            if not factory.IsDisplayableManagerRegistered(manager):
                factory.RegisterDisplayableManager(manager)

    def _new_window(self) -> Any:
        window = vtk.vtkRenderWindow()
        window.AddRenderer(self.renderer)
        self._interactor.SetRenderWindow(window)
        self._interactor.Initialize()
        self._group = slicer.vtkMRMLDisplayableManagerGroup()
        self._group.SetRenderer(self.renderer)
        self._group.Initialize(self._factory, self.renderer)
        self._group.AddObserver(vtk.vtkCommand.UpdateEvent, self._changed)
        self._group.SetMRMLDisplayableNode(self.node)
        return window

    def close(self) -> None:
        """Follow the scene no more."""
        if self._group is not None:
            self._group.SetMRMLDisplayableNode(None)


class SliceView(_ManagedView):
    """One slice view with its slice logic, as qMRMLSliceWidget holds it."""

    def __init__(self, application: MrmlApplication, node: Any) -> None:
        self._image = _slice_image()
        factory = slicer.vtkMRMLSliceViewDisplayableManagerFactory.GetInstance()
        super().__init__(node, factory, _SLICE_MANAGERS)
        self.renderer.AddViewProp(self._image)  # before the managers' own, which are drawn over it
        self.renderer.GetActiveCamera().ParallelProjectionOn()
        self.logic = slicer.vtkMRMLSliceLogic()
        self.logic.SetMRMLApplicationLogic(application.logic)
        application.logic.GetSliceLogics().AddItem(self.logic)
        self.logic.SetMRMLScene(application.scene)
        self.logic.SetSliceNode(node)
        self.logic.AddObserver(vtk.vtkCommand.ModifiedEvent, self._changed)

    def close(self) -> None:
        """Follow the scene no more."""
        super().close()
        self.logic.GetMRMLApplicationLogic().GetSliceLogics().RemoveItem(self.logic)
        self.logic.SetMRMLScene(None)

    def resize(self, width: int, height: int) -> None:
        """Give the view another size in pixels; the field of view follows, and the slice fills the view."""
        if self.window.GetSize() == (width, height):
            return
        super().resize(width, height)
        self.logic.ResizeSliceNode(width, height)
        offset = self.logic.GetSliceOffset()
        self.logic.FitSliceToBackground()
        self.logic.SetSliceOffset(offset)

    def pixels(self) -> Any:
        """The slice with its overlay; black while there is no volume in the view."""
        connection = self.logic.GetImageDataConnection()
        self._image.SetVisibility(connection is not None)
        self._image.GetMapper().SetInputConnection(connection)
        return super().pixels()


def _slice_image() -> Any:
    """The prop that shows a slice's RGBA image as it is; CTK's light box is this in Slicer."""
    mapper = vtk.vtkImageMapper()
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    actor = vtk.vtkActor2D()
    actor.SetMapper(mapper)
    actor.GetProperty().SetDisplayLocationToBackground()
    return actor


class ThreeDView(_ManagedView):
    """One 3D view."""

    def __init__(self, node: Any) -> None:
        super().__init__(node, slicer.vtkMRMLThreeDViewDisplayableManagerFactory.GetInstance(), _THREE_D_MANAGERS)

    def reset(self) -> None:
        """Put all that is visible into the middle of the view."""
        self.window.Render()  # the surfaces are made on the first drawing
        camera = self.renderer.GetActiveCamera()
        camera.SetViewAngle(_VIEW_ANGLE_DEGREES)
        self.renderer.ResetCamera()
        camera.Zoom(_CLOSER)
