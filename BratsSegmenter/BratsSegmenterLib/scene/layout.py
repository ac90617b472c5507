"""The layout of the review: T1c and FLAIR above, the third sequence and the 3D view below."""

from __future__ import annotations

from typing import Any

import slicer

LAYOUT, LAYOUT_WITH_PLOT = 7340, 7341
LEFT, RIGHT, THIRD = SLICE_VIEWS = ("BratsLeft", "BratsRight", "BratsThird")
THREE_D, PLOT = "Brats3D", "BratsPlot"
_COLOURS = {LEFT: "#F34A33", RIGHT: "#EDD54C", THIRD: "#6EB04B"}


def register_layouts() -> None:
    """Describe the layouts to Slicer: a saved scene keeps only the number of one, and shows no view without it."""
    if slicer.app.layoutManager() is None:
        return  # Slicer without its window
    for number, description in _DESCRIPTIONS.items():
        _layout_node().AddLayoutDescription(number, description)
    if _layout_node().GetViewArrangement() in _DESCRIPTIONS:
        _layout_node().SetViewArrangement(_layout_node().GetViewArrangement())  # the number came before, with a scene


def show_layout() -> None:
    """Switch to the layout."""
    _show(LAYOUT)
    view = slicer.mrmlScene.GetSingletonNode(THREE_D, "vtkMRMLViewNode")
    view.SetBoxVisible(False)
    view.SetAxisLabelsVisible(False)


def show_layout_with_plot() -> Any:
    """Switch to the same layout with a plot in place of the 3D view; gives the vtkMRMLPlotViewNode back."""
    _show(LAYOUT_WITH_PLOT)
    return slicer.mrmlScene.GetSingletonNode(PLOT, "vtkMRMLPlotViewNode")


def _show(number: int) -> None:
    register_layouts()
    slicer.app.layoutManager().setLayout(number)


def _layout_node() -> Any:
    return slicer.app.layoutManager().layoutLogic().GetLayoutNode()


def _description(fourth: str) -> str:
    left, right, third = (_slice_view(name) for name in SLICE_VIEWS)
    return _box("vertical", _box("horizontal", left, right), _box("horizontal", third, fourth))


def _box(direction: str, *children: str) -> str:
    items = "".join(f"<item>{child}</item>" for child in children)
    return f'<layout type="{direction}" split="true">{items}</layout>'


def _slice_view(name: str) -> str:
    return (
        f'<view class="vtkMRMLSliceNode" singletontag="{name}">'
        '<property name="orientation" action="default">Axial</property>'
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


_DESCRIPTIONS = {LAYOUT: _description(_three_d_view()), LAYOUT_WITH_PLOT: _description(_plot_view())}
