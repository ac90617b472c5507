"""The course of the volumes over time in Slicer's plot view."""

from datetime import date

import slicer

from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.scene.layout import PLOT
from BratsSegmenterLib.scene.plot import SHOWN, hide_plot, plot_over_time, remove_plot, show_plot

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
    assert low == 0.0
    assert 50.0 < high < 75.0


def test_every_study_lies_within_the_axis_of_days_whose_title_says_their_dates(scene):
    chart = plot_over_time(PRIORS, TODAY, NOW)
    first, last = chart.GetXAxisRange()
    assert -99 < first < -89
    assert 0 < last < 10
    assert chart.GetXAxisTitle() == "Days from 3 May 2026\nEarlier studies: 3 Feb 2026, 3 Apr 2026"


def test_a_study_without_dated_priors_is_one_point_in_the_middle(scene):
    chart = plot_over_time(PRIORS[2:], TODAY, NOW)
    assert chart.GetXAxisRange() == (-1.0, 1.0)
    assert chart.GetXAxisTitle() == "Days from 3 May 2026"


def test_each_region_is_drawn_in_a_colour_of_its_own_beside_the_others(scene):
    before = slicer.app.layoutManager().layout
    assert show_plot(plot_over_time(PRIORS, TODAY, NOW)) == before
    view = slicer.app.layoutManager().viewWidget(PLOT).view
    view.resize(480, 360)
    drawn = {tuple(pixel) for pixel in view.pixels().reshape(-1, 3).tolist()}
    colours = {region.colour for region in SHOWN}
    assert len({region.colour for region in REGIONS.values()}) == len(REGIONS)
    assert colours <= drawn
    hide_plot(before)
    assert not colours & {tuple(pixel) for pixel in view.pixels().reshape(-1, 3).tolist()}


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
