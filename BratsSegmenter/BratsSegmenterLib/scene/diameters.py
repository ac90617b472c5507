"""The diameters of enhancing lesions as lines in the views, on the slice where they were taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import slicer

from BratsSegmenterLib.domain import Lesion
from BratsSegmenterLib.steps import Steps

_MARK = "BratsSegmenter.Diameter"
_COLOUR = (0.35, 0.9, 1.0)
_TEXT_SCALE, _GLYPH_SCALE = 2.6, 1.2
_Ends = tuple[tuple[float, float, float], tuple[float, float, float]]


def drawing_diameters(lesions: Iterable[Lesion], visible: bool) -> Steps[tuple[Any, ...]]:
    """Draw longest diameter and perpendicular of each measurable lesion, in place of those that are in the scene.

    One line a step; two for each lesion: the longest diameter, then its perpendicular. Locked, not saved with the
    scene: they are measured anew when it is loaded.
    """
    remove_diameters()
    nodes = []
    for diameters in (lesion.diameters for lesion in lesions):
        if diameters is not None and diameters.is_measurable:
            yield
            nodes.append(_line("Longest diameter", diameters.longest_mm, diameters.longest_ends, visible))
            yield
            nodes.append(_line("Perpendicular", diameters.perpendicular_mm, diameters.perpendicular_ends, visible))
    return tuple(nodes)


def show_diameters(visible: bool) -> None:
    """Show or hide the lines; shown, the views go to the slice of the first one's lesion."""
    lines = _lines()
    for node in lines:
        node.GetDisplayNode().SetVisibility(visible)
    if visible and lines:
        ends = (lines[0].GetNthControlPointPositionWorld(index) for index in (0, 1))
        middle = [(one + other) / 2 for one, other in zip(*ends, strict=True)]
        slicer.vtkMRMLSliceNode.JumpAllSlices(slicer.mrmlScene, *middle)


def remove_diameters() -> None:
    """Take the lines out of the scene."""
    for node in _lines():
        slicer.mrmlScene.RemoveNode(node)


def _lines() -> list[Any]:
    return [node for node in slicer.util.getNodesByClass("vtkMRMLMarkupsLineNode") if node.GetAttribute(_MARK)]


def _line(name: str, length_mm: float, ends_lps: _Ends, visible: bool) -> Any:
    node = slicer.vtkMRMLMarkupsLineNode()
    node.SetName(name)
    node.SetAttribute(_MARK, "1")
    node.SetSaveWithScene(False)
    node.SetHideFromEditors(True)
    with _active_list_kept():
        node = slicer.mrmlScene.AddNode(node)
    # The label stands at one end: in the middle, where Slicer puts its own, both lines cross.
    for index, ((left, posterior, superior), label) in enumerate(
        zip(ends_lps, ("", f"{length_mm:.1f} mm"), strict=True)
    ):
        node.AddControlPointWorld((-left, -posterior, superior))
        node.SetNthControlPointLabel(index, label)
    node.SetLocked(True)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    display.SetSelectedColor(*_COLOUR)  # control points are selected from the start
    display.SetColor(*_COLOUR)
    display.SetPropertiesLabelVisibility(False)
    display.SetPointLabelsVisibility(True)
    display.SetTextScale(_TEXT_SCALE)
    display.SetGlyphScale(_GLYPH_SCALE)
    display.SetVisibility(visible)
    return node


@contextmanager
def _active_list_kept() -> Iterator[None]:
    """Slicer lets the user's next point go into the newest markups node; a line of ours is no place for it."""
    selection = slicer.app.applicationLogic().GetSelectionNode()
    class_name, node_id = selection.GetActivePlaceNodeClassName(), selection.GetActivePlaceNodeID()
    yield
    selection.SetReferenceActivePlaceNodeClassName(class_name)
    selection.SetReferenceActivePlaceNodeID(node_id)
