"""A plot view that draws a chart node with VTK's charts, as qMRMLPlotView does it."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import slicer
import vtk

from host.views import RenderedView

_PAPER = (255, 253, 246)
_LINES = {
    slicer.vtkMRMLPlotSeriesNode.LineStyleNone: vtk.vtkPen.NO_PEN,
    slicer.vtkMRMLPlotSeriesNode.LineStyleSolid: vtk.vtkPen.SOLID_LINE,
    slicer.vtkMRMLPlotSeriesNode.LineStyleDash: vtk.vtkPen.DASH_LINE,
    slicer.vtkMRMLPlotSeriesNode.LineStyleDot: vtk.vtkPen.DOT_LINE,
}
_MARKERS = {
    slicer.vtkMRMLPlotSeriesNode.MarkerStyleNone: vtk.vtkPlotPoints.NONE,
    slicer.vtkMRMLPlotSeriesNode.MarkerStyleCross: vtk.vtkPlotPoints.CROSS,
    slicer.vtkMRMLPlotSeriesNode.MarkerStylePlus: vtk.vtkPlotPoints.PLUS,
    slicer.vtkMRMLPlotSeriesNode.MarkerStyleSquare: vtk.vtkPlotPoints.SQUARE,
    slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle: vtk.vtkPlotPoints.CIRCLE,
    slicer.vtkMRMLPlotSeriesNode.MarkerStyleDiamond: vtk.vtkPlotPoints.DIAMOND,
}


class PlotView(RenderedView):
    """One plot view; knows scatter plots, the kind that the module draws."""

    def __init__(self, node: Any) -> None:
        super().__init__(node)
        self._chart: Any = None
        self._tag = node.AddObserver(vtk.vtkCommand.ModifiedEvent, self._changed)

    @cached_property
    def _context(self) -> Any:
        return vtk.vtkContextView()

    def _new_window(self) -> Any:
        return self._context.GetRenderWindow()

    def close(self) -> None:
        """Follow the scene no more."""
        self.node.RemoveObserver(self._tag)

    def pixels(self) -> Any:
        """The chart as the nodes are now; an empty sheet while there is none."""
        if self._chart is not None:
            self._context.GetScene().RemoveItem(self._chart)
        chart_node = self.node.GetPlotChartNode()
        self._chart = None if chart_node is None else _chart(chart_node)
        if self._chart is not None:
            self._context.GetScene().AddItem(self._chart)
        self._context.Render()  # places the axes, which are drawn where they belong the second time
        return super().pixels()


def _chart(node: Any) -> Any:
    chart = vtk.vtkChartXY()
    chart.GetBackgroundBrush().SetColor(*_PAPER)
    for index in range(node.GetNumberOfPlotSeriesNodes()):
        chart.AddPlot(_plot(node.GetNthPlotSeriesNode(index)))
    chart.SetTitle(node.GetTitle() or "" if node.GetTitleVisibility() else "")
    _write_like(chart.GetTitleProperties(), node.GetTitleFontSize())
    chart.SetShowLegend(node.GetLegendVisibility())
    _write_like(chart.GetLegend().GetLabelProperties(), node.GetLegendFontSize())
    x_axis, y_axis = chart.GetAxis(vtk.vtkAxis.BOTTOM), chart.GetAxis(vtk.vtkAxis.LEFT)
    x_axis.SetTitle(node.GetXAxisTitle() or "" if node.GetXAxisTitleVisibility() else "")
    y_axis.SetTitle(node.GetYAxisTitle() or "" if node.GetYAxisTitleVisibility() else "")
    _set_range(x_axis, node.GetXAxisRangeAuto(), node.GetXAxisRange())
    _set_range(y_axis, node.GetYAxisRangeAuto(), node.GetYAxisRange())
    for axis in (x_axis, y_axis):
        axis.SetGridVisible(node.GetGridVisibility())
        _write_like(axis.GetTitleProperties(), node.GetAxisTitleFontSize())
        _write_like(axis.GetLabelProperties(), node.GetAxisLabelFontSize())
    return chart


def _set_range(axis: Any, is_automatic: bool, bounds: tuple[float, float]) -> None:
    axis.SetBehavior(vtk.vtkAxis.AUTO if is_automatic else vtk.vtkAxis.FIXED)
    if not is_automatic:
        axis.SetUnscaledRange(*bounds)


def _write_like(text: Any, size: int) -> None:
    text.SetFontFamilyToArial()
    text.SetBold(False)
    text.SetFontSize(size)


def _plot(node: Any) -> Any:
    plot = vtk.vtkPlotLine()
    plot.SetInputData(node.GetTableNode().GetTable(), node.GetXColumnName(), node.GetYColumnName())
    plot.SetLabel(node.GetName())
    plot.SetColorF(*node.GetColor())
    plot.SetWidth(node.GetLineWidth())
    plot.GetPen().SetLineType(_LINES[node.GetLineStyle()])
    plot.SetMarkerStyle(_MARKERS[node.GetMarkerStyle()])
    plot.SetMarkerSize(node.GetMarkerSize())
    return plot
