"""Which image stands in which slice view: held against Slicer's other modules, and named by the view's label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import slicer
import vtk

from BratsSegmenterLib.scene.layout import SLICE_VIEWS
from BratsSegmenterLib.scene.views import standard_logics

_LONGEST_LABEL = 32  # a longer one would widen the view's bar, and with it the view


class ShownImages:
    """The images in the slice views of the layout.

    Whatever is put into a view, and by whom, its label says what is seen, by the name that it had then. What Slicer
    loads meanwhile stays out of the views; what another module puts there, as Segment Editor does with its source
    volume, makes way when the panel is shown again.
    """

    def __init__(self) -> None:
        self._followed: list[tuple[Any, int]] = []
        self._remembered: list[tuple[Any, str | None, str | None]] = []

    def hold(self) -> None:
        """Keep what the views show from now on, and let the labels follow."""
        for composite in _composites():
            composite.SetDoPropagateVolumeSelection(False)
        self.follow()

    def follow(self) -> None:
        """Let the label of each view say what the view shows, from now on."""
        self.release()
        for composite in _composites():
            _name_image(composite)
            self._followed.append((composite, composite.AddObserver(vtk.vtkCommand.ModifiedEvent, _name_image)))

    def remember(self) -> None:
        """Another module is shown, which may put other images into the views."""
        self._remembered = [
            (composite, composite.GetBackgroundVolumeID(), composite.GetForegroundVolumeID())
            for composite in _composites()
        ]

    def bring_back(self) -> None:
        """Show again what was remembered, as far as it is still in the scene."""
        for composite, background, foreground in self._remembered:
            if _image(background) is not None:
                composite.SetBackgroundVolumeID(background)
                composite.SetForegroundVolumeID(foreground)
        self.forget()

    def forget(self) -> None:
        """Bring nothing back of a result that is under review no more, or whose scene closes."""
        self._remembered = []

    def take_out(self, images: Iterable[Any]) -> None:
        """Leave the views to what Slicer loads next; its standard views too, where one of `images` stands in them."""
        ids = {image.GetID() for image in images}
        for composite in _composites():
            composite.SetBackgroundVolumeID(None)
            composite.SetForegroundVolumeID(None)
            composite.SetDoPropagateVolumeSelection(True)
        for logic in standard_logics():
            if logic.GetSliceCompositeNode().GetBackgroundVolumeID() in ids:
                logic.GetSliceCompositeNode().SetBackgroundVolumeID(None)
                logic.GetSliceNode().SetOrientationToDefault()

    def release(self) -> None:
        """Let the labels follow no more."""
        for composite, tag in self._followed:
            composite.RemoveObserver(tag)
        self._followed = []


def follow_in_loaded_scenes() -> None:
    """Let the labels follow in scenes that are loaded while no panel was opened yet."""
    images = ShownImages()
    images.follow()
    slicer.mrmlScene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, lambda *_event: images.follow())


def _composites() -> list[Any]:
    """What says which images stand in a view, for each view that the scene has; a loaded one may not be drawn yet."""
    nodes = (slicer.mrmlScene.GetSingletonNode(view, "vtkMRMLSliceCompositeNode") for view in SLICE_VIEWS)
    return [node for node in nodes if node is not None]


def _image(node_id: str | None) -> Any:
    return slicer.mrmlScene.GetNodeByID(node_id) if node_id else None


def _name_image(composite: Any, _event: str = "") -> None:
    """Let the label of a view say what the view shows."""
    view = slicer.mrmlScene.GetSingletonNode(composite.GetLayoutName(), "vtkMRMLSliceNode")
    if view is not None:
        image = _image(composite.GetBackgroundVolumeID())
        view.SetLayoutLabel("" if image is None else _short(image.GetName()))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_LABEL else f"{name[: _LONGEST_LABEL - 1]}…"
