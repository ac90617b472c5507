"""Diameters as lines in the views: as long as the table says, on the slice where they were taken."""

import numpy as np
import pytest
import slicer
from host.slicer_app import application

from BratsSegmenterLib.domain import ET, Diameters, Lesion
from BratsSegmenterLib.scene.diameters import drawing_diameters, remove_diameters, show_diameters
from BratsSegmenterLib.steps import run_through


def _draw(lesions, visible: bool) -> tuple:
    return run_through(drawing_diameters(lesions, visible))


def _length_in_scene_mm(line) -> float:
    ends = [np.array(line.GetNthControlPointPositionWorld(index)) for index in (0, 1)]
    return float(np.linalg.norm(ends[1] - ends[0]))


def _count() -> int:
    return slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLMarkupsLineNode")


def test_the_lines_are_as_long_as_the_measured_diameters_and_say_so(review):
    diameters = review.measure().lesions[0].diameters
    longest, perpendicular = _draw(review.measure().lesions, visible=True)
    assert _length_in_scene_mm(longest) == pytest.approx(diameters.longest_mm)
    assert _length_in_scene_mm(perpendicular) == pytest.approx(diameters.perpendicular_mm)
    assert longest.GetNthControlPointLabel(1) == f"{diameters.longest_mm:.1f} mm"
    assert longest.GetLocked()


def test_the_lines_lie_on_the_slice_where_they_were_taken_within_the_drawn_lesion(review):
    diameters = review.measure().lesions[0].diameters
    lines = _draw(review.measure().lesions, visible=True)
    ras_to_ijk = slicer.vtkMRMLSliceNode().GetSliceToRAS()
    review.parameters.reference.GetRASToIJKMatrix(ras_to_ijk)
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(review.parameters.segmentation, "ET", review.parameters.reference)
    rows, columns = np.nonzero(mask[diameters.slice_index])
    for line in lines:
        for index in (0, 1):
            i, j, k, _one = ras_to_ijk.MultiplyPoint((*line.GetNthControlPointPositionWorld(index), 1.0))
            assert k == pytest.approx(diameters.slice_index)
            assert columns.min() - 0.5 <= i <= columns.max() + 0.5
            assert rows.min() - 0.5 <= j <= rows.max() + 0.5


def test_a_lesion_that_is_not_measurable_gets_no_lines(scene):
    ends = ((0.0, 0.0, 0.0), (9.0, 0.0, 0.0))
    small = Lesion(ET, 1, 0.2, Diameters(0, 9.0, 5.0, ends, ends))
    assert _draw((small, Lesion(ET, 2, 0.01, None)), visible=True) == ()


def test_drawn_again_they_replace_the_earlier_ones_and_leave_other_lines_alone(review):
    slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsLineNode", "the user's own")
    _draw(review.measure().lesions, visible=True)
    _draw(review.measure().lesions, visible=True)
    assert _count() == 3
    remove_diameters()
    assert _count() == 1


def test_one_switch_hides_them_and_shows_them_on_their_slice(review):
    lines = _draw(review.measure().lesions, visible=True)
    show_diameters(False)
    assert not any(line.GetDisplayVisibility() for line in lines)
    show_diameters(True)
    assert all(line.GetDisplayVisibility() for line in lines)
    view = application().applicationLogic().GetSliceLogicByLayoutName("BratsLeft").GetSliceNode()
    end = lines[0].GetNthControlPointPositionWorld(0)
    assert view.GetSliceToRAS().GetElement(2, 3) == pytest.approx(end[2])


def test_a_saved_scene_does_not_keep_them(review):
    lines = _draw(review.measure().lesions, visible=True)
    assert not any(line.GetSaveWithScene() for line in lines)


@pytest.mark.parametrize("kind", ["vtkMRMLMarkupsFiducialNode", "vtkMRMLMarkupsLineNode", None])
def test_the_user_s_next_point_goes_where_it_went_before(review, kind):
    selection = application().applicationLogic().GetSelectionNode()
    selection.SetReferenceActivePlaceNodeID(None)
    own = slicer.mrmlScene.AddNewNodeByClass(kind, "the user's own") if kind else None
    before = selection.GetActivePlaceNodeClassName(), selection.GetActivePlaceNodeID()
    assert before[1] == (own.GetID() if own else None)
    assert _draw(review.measure().lesions, visible=True)
    assert (selection.GetActivePlaceNodeClassName(), selection.GetActivePlaceNodeID()) == before
