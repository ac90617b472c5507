"""The layout of the review: T1c and FLAIR above, the third sequence and the 3D view below."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import slicer

LAYOUT, LAYOUT_WITH_PLOT = 7340, 7341
LEFT, RIGHT, THIRD = SLICE_VIEWS = ("BratsLeft", "BratsRight", "BratsThird")
THREE_D, PLOT = "Brats3D", "BratsPlot"
_COLOURS = {LEFT: "#F34A33", RIGHT: "#EDD54C", THIRD: "#6EB04B"}


def show_layout(labels: Mapping[str, str]) -> None:
    """Switch to the layout, with a label for each slice view."""
    _show(LAYOUT, _description(labels, _three_d_view()))
    view = slicer.mrmlScene.GetSingletonNode(THREE_D, "vtkMRMLViewNode")
    view.SetBoxVisible(False)
    view.SetAxisLabelsVisible(False)


def show_layout_with_plot() -> Any:
    """Switch to the same layout with a plot in place of the 3D view; gives the vtkMRMLPlotViewNode back."""
    nodes = {name: slicer.mrmlScene.GetSingletonNode(name, "vtkMRMLSliceNode") for name in SLICE_VIEWS}
    labels = {name: "" if node is None else node.GetLayoutLabel() for name, node in nodes.items()}
    _show(LAYOUT_WITH_PLOT, _description(labels, _plot_view()))
    return slicer.mrmlScene.GetSingletonNode(PLOT, "vtkMRMLPlotViewNode")


def is_layout_known() -> bool:
    """Whether this Slicer knows the layout, and the one that is set: a scene keeps a layout's number, not its views."""
    layout_node = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    return all(layout_node.IsLayoutDescription(number) for number in (LAYOUT, layout_node.GetViewArrangement()))


def _show(number: int, description: str) -> None:
    layout_manager = slicer.app.layoutManager()
    layout_node = layout_manager.layoutLogic().GetLayoutNode()
    if layout_node.IsLayoutDescription(number):
        layout_node.SetLayoutDescription(number, description)
    else:
        layout_node.AddLayoutDescription(number, description)
    layout_manager.setLayout(number)
    # The number alone may have come before, with a loaded scene: then setLayout does nothing, and the views are blank.
    layout_node.SetViewArrangement(number)


def _description(labels: Mapping[str, str], fourth: str) -> str:
    left, right, third = (_slice_view(name, labels[name]) for name in SLICE_VIEWS)
    return _box("vertical", _box("horizontal", left, right), _box("horizontal", third, fourth))


def _box(direction: str, *children: str) -> str:
    items = "".join(f"<item>{child}</item>" for child in children)
    return f'<layout type="{direction}" split="true">{items}</layout>'


def _slice_view(name: str, label: str) -> str:
    return (
        f'<view class="vtkMRMLSliceNode" singletontag="{name}">'
        '<property name="orientation" action="default">Axial</property>'
        f'<property name="viewlabel" action="default">{label}</property>'
        f'<property name="viewcolor" action="default">{_COLOURS[name]}</property></view>'
    )


def _three_d_view() -> str:
    return (
        f'<view class="vtkMRMLViewNode" singletontag="{THREE_D}">'
        '<property name="viewlabel" action="default">3D</property></view>'
    )


def _plot_view() -> str:
    return (
        f'<view class="vtkMRMLPlotViewNode" singletontag="{PLOT}">'
        '<property name="viewlabel" action="default">Volumes over time</property></view>'
    )
