"""The course of the volumes over time in Slicer's plot view."""

from datetime import date

import pytest
import slicer

from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.scene.plot import plot_over_time, remove_plot, show_plot

TODAY = date(2026, 5, 3)
PRIORS = (
    PriorVolumes(date(2026, 4, 3), {"WT": 40.0, "TC": 20.0, "ET": 10.0}),
    PriorVolumes(date(2026, 2, 3), {"WT": 50.0, "ET": 12.0}),
    PriorVolumes(None, {"WT": 99.0, "ET": 99.0}),
)
NOW = {"WT": 30.0, "TC": 15.0, "ET": 8.0}


def _points(chart) -> dict[str, list[tuple[int, float, str]]]:
    found = {}
    for index in range(chart.GetNumberOfPlotSeriesNodes()):
        series = chart.GetNthPlotSeriesNode(index)
        table = series.GetTableNode().GetTable()
        names = series.GetXColumnName(), series.GetYColumnName(), series.GetLabelColumnName()
        columns = [table.GetColumnByName(name) for name in names]
        rows = range(table.GetNumberOfRows())
        found[series.GetName()] = [tuple(column.GetValue(row) for column in columns) for row in rows]
    return found


def test_each_region_runs_from_the_oldest_study_to_this_one_in_days(scene):
    points = _points(plot_over_time(PRIORS, TODAY, NOW))
    assert points["Whole tumour"] == [(-89, 50.0, "2026-02-03"), (-30, 40.0, "2026-04-03"), (0, 30.0, "2026-05-03")]
    assert [day for day, _ml, _date in points["Tumour core"]] == [-30, 0], "the oldest study did not measure it"


def test_the_largest_volume_is_within_the_axis_which_begins_at_nothing(scene):
    chart = plot_over_time(PRIORS, TODAY, NOW)
    low, high = chart.GetYAxisRange()
    assert (low, high) == (0.0, pytest.approx(55.0))


def test_a_new_plot_replaces_the_earlier_and_leaves_other_charts_alone(scene):
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLPlotChartNode", "the user's own")
    plot_over_time(PRIORS, TODAY, NOW)
    plot_over_time(PRIORS, TODAY, NOW)
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotChartNode") == 2
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotSeriesNode") == 3
    remove_plot()
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLPlotChartNode") == 1


def test_the_plot_is_shown_in_a_layout_that_has_a_plot_view(scene):
    show_plot(plot_over_time(PRIORS, TODAY, NOW))
    layout = slicer.app.layoutManager().layoutLogic().GetLayoutNode()
    assert "vtkMRMLPlotViewNode" in layout.GetLayoutDescription(layout.GetViewArrangement())
