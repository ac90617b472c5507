"""The layout of the review: T1c and FLAIR above, the third sequence and the 3D view below."""

from __future__ import annotations

from collections.abc import Mapping

import slicer

LAYOUT = 7340
LEFT, RIGHT, THIRD = SLICE_VIEWS = ("BratsLeft", "BratsRight", "BratsThird")
THREE_D = "Brats3D"
_COLOURS = {LEFT: "#F34A33", RIGHT: "#EDD54C", THIRD: "#6EB04B"}


def show_layout(labels: Mapping[str, str]) -> None:
    """Switch to the layout, with a label for each slice view."""
    layout_manager = slicer.app.layoutManager()
    layout_node = layout_manager.layoutLogic().GetLayoutNode()
    if layout_node.IsLayoutDescription(LAYOUT):
        layout_node.SetLayoutDescription(LAYOUT, _description(labels))
    else:
        layout_node.AddLayoutDescription(LAYOUT, _description(labels))
    layout_manager.setLayout(LAYOUT)
    view = slicer.mrmlScene.GetSingletonNode(THREE_D, "vtkMRMLViewNode")
    view.SetBoxVisible(False)
    view.SetAxisLabelsVisible(False)


def _description(labels: Mapping[str, str]) -> str:
    left, right, third = (_slice_view(name, labels[name]) for name in SLICE_VIEWS)
    rows = _box("horizontal", left, right), _box("horizontal", third, _three_d_view())
    return _box("vertical", *rows)


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
