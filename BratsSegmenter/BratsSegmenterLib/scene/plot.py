"""The course of the volumes over time in Slicer's plot view."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import slicer
import vtk

from BratsSegmenterLib.domain import ET, TC, WT, Region
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.scene.layout import PLOT, show_layout_with_plot

SHOWN = (WT, TC, ET)
_TITLE = "Glioma volumes over time"
_MARK = "BratsSegmenter.Plot"
_DAY, _DATE = "Days", "Date"
_TITLE_SIZE, _TEXT_SIZE = 16, 13
_DATES_A_LINE = 3
_MARGIN, _ROOM_FOR_LEGEND = 0.04, 1.25


def plot_over_time(priors: Sequence[PriorVolumes], study_date: date, volumes_ml: Mapping[str, float]) -> Any:
    """Plot whole tumour, core and enhancing tumour of earlier studies and of this one against days.

    Priors without a date are left out. An earlier plot is replaced.

    Parameters
    ----------
    priors : sequence of PriorVolumes
    study_date : date
        Of this study.
    volumes_ml : mapping of str to float
        Of this study as it is now, by key of the regions that were measured in it; one that was not has no point.

    Returns
    -------
    vtkMRMLPlotChartNode
        Its X axis counts days from this study, so that earlier ones are negative; points are labelled with dates.
    """
    remove_plot()
    course = [(prior.study_date, prior.volumes_ml) for prior in priors if prior.study_date is not None]
    course = [*sorted(course, key=lambda point: point[0]), (study_date, volumes_ml)]
    chart = _add("vtkMRMLPlotChartNode", _TITLE)
    for region in SHOWN:
        points = [(day, volumes[region.key]) for day, volumes in course if region.key in volumes]
        if points:
            chart.AddAndObservePlotSeriesNodeID(_series(region, points, study_date).GetID())
    chart.SetTitle(_TITLE)
    # Slicer's axes count; what the numbers mean in dates is said below them, and at each point.
    chart.SetXAxisTitle("\n".join((f"Days from {_said(study_date)}", *_lines([day for day, _ml in course[:-1]]))))
    chart.SetTitleFontSize(_TITLE_SIZE)
    chart.SetAxisTitleFontSize(_TEXT_SIZE)
    chart.SetLegendFontSize(_TEXT_SIZE)
    chart.SetYAxisTitle("mL")
    chart.SetXAxisRangeAuto(False)
    chart.SetXAxisRange(*_around([(day - study_date).days for day, _ml in course]))
    chart.SetYAxisRangeAuto(False)
    chart.SetYAxisRange(0.0, _above(volumes.get(region.key, 0.0) for _day, volumes in course for region in SHOWN))
    return chart


def show_plot(chart: Any) -> int:
    """Show the chart in place of the 3D view, and give back the layout before."""
    before = slicer.app.layoutManager().layout
    show_layout_with_plot().SetPlotChartNodeID(chart.GetID())
    return before


def replace_plot(chart: Any) -> None:
    """Show a chart in the plot view that stands there already."""
    slicer.mrmlScene.GetSingletonNode(PLOT, "vtkMRMLPlotViewNode").SetPlotChartNodeID(chart.GetID())


def hide_plot(layout: int) -> None:
    """Take the plot out of the scene and go back to a layout."""
    remove_plot()
    slicer.app.layoutManager().setLayout(layout)


def remove_plot() -> None:
    """Take chart, series and their tables out of the scene."""
    for kind in ("vtkMRMLPlotChartNode", "vtkMRMLPlotSeriesNode", "vtkMRMLTableNode"):
        for node in slicer.util.getNodesByClass(kind):
            if node.GetAttribute(_MARK):
                slicer.mrmlScene.RemoveNode(node)


def _series(region: Region, points: Sequence[tuple[date, float]], today: date) -> Any:
    days, volumes, dates = vtk.vtkIntArray(), vtk.vtkDoubleArray(), vtk.vtkStringArray()
    for column, name in ((days, _DAY), (volumes, f"{region.key} (mL)"), (dates, _DATE)):
        column.SetName(name)
    for day, volume_ml in points:
        days.InsertNextValue((day - today).days)
        volumes.InsertNextValue(volume_ml)
        dates.InsertNextValue(day.isoformat())
    table = _add("vtkMRMLTableNode", f"{region.name} over time")
    for column in (days, volumes, dates):
        table.AddColumn(column)
    series = _add("vtkMRMLPlotSeriesNode", region.name)
    series.SetAndObserveTableNodeID(table.GetID())
    series.SetXColumnName(_DAY)
    series.SetYColumnName(volumes.GetName())
    series.SetLabelColumnName(_DATE)
    series.SetPlotType(slicer.vtkMRMLPlotSeriesNode.PlotTypeScatter)
    series.SetMarkerStyle(slicer.vtkMRMLPlotSeriesNode.MarkerStyleCircle)
    series.SetColor(*(part / 255 for part in region.colour))
    return series


def _lines(days: Sequence[date]) -> list[str]:
    """The dates of earlier studies, a few a line."""
    first = range(0, len(days), _DATES_A_LINE)
    lines = [", ".join(_said(day) for day in days[start : start + _DATES_A_LINE]) for start in first]
    return [f"Earlier studies: {lines[0]}", *lines[1:]] if lines else []


def _said(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _around(days: Sequence[int]) -> tuple[float, float]:
    """From a little before the first to a little after the last, so that no point is cut."""
    margin = max(1.0, _MARGIN * (days[-1] - days[0]))
    return days[0] - margin, days[-1] + margin


def _above(volumes_ml: Iterable[float]) -> float:
    """More than the largest volume, so that the legend has room; 1 mL where there is nothing."""
    return _ROOM_FOR_LEGEND * max(volumes_ml, default=0.0) or 1.0


def _add(kind: str, name: str) -> Any:
    node = slicer.mrmlScene.AddNewNodeByClass(kind, name)
    node.SetAttribute(_MARK, "1")
    node.SetSaveWithScene(False)
    return node
