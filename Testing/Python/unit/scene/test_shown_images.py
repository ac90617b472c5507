"""The label of a view never names another image than the view shows, and a review keeps its images."""

import pytest
import slicer
from host.other_modules import add_data, visit_segment_editor

from BratsSegmenterLib.scene.overlay import show_doubt
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.scene.views import show_in_third_view, slice_logics, standard_logics

REVIEWED = [("T1c", "T1c"), ("FLAIR", "FLAIR"), ("T2", "T2")]


def _labels_and_images() -> list[tuple[str, str]]:
    return [(logic.GetSliceNode().GetLayoutLabel(), _image_in(logic)) for logic in slice_logics()]


def _image_in(logic) -> str:
    volume = logic.GetBackgroundLayer().GetVolumeNode()
    return "" if volume is None else volume.GetName()


def test_the_label_follows_whoever_puts_another_image_into_a_view(review):
    assert _labels_and_images() == REVIEWED
    visit_segment_editor(review.parameters.reference)
    assert _labels_and_images() == [("T1c", "T1c")] * 3
    slice_logics()[1].GetSliceCompositeNode().SetBackgroundVolumeID(None)
    assert _labels_and_images()[1] == ("", "")


def test_a_label_has_room_in_the_view_s_bar(review):
    slice_logics()[0].GetSliceCompositeNode().SetBackgroundVolumeID(add_data("t1_mprage_sag_iso " * 3).GetID())
    assert slice_logics()[0].GetSliceNode().GetLayoutLabel() == "t1_mprage_sag_iso t1_mprage_sag…"


def test_what_slicer_loads_meanwhile_stays_out_of_the_review_s_views(review):
    planes = [logic.GetSliceNode().GetOrientation() for logic in slice_logics()]
    add_data("CT of another day")
    assert _labels_and_images() == REVIEWED
    assert [logic.GetSliceNode().GetOrientation() for logic in slice_logics()] == planes
    assert {_image_in(logic) for logic in standard_logics()} == {"CT of another day"}


def test_what_another_module_put_into_the_views_makes_way(review):
    show_in_third_view(review.parameters.volumes["T1"])
    show_doubt(review.parameters.doubt, 0.5)
    review.remember_views()
    visit_segment_editor(review.parameters.volumes["T2"])
    review.bring_back_views()
    assert _labels_and_images() == [*REVIEWED[:2], ("T1", "T1")]
    doubts = {logic.GetSliceCompositeNode().GetForegroundVolumeID() for logic in slice_logics()}
    assert doubts == {review.parameters.doubt.GetID()}


def test_an_image_that_was_deleted_meanwhile_is_not_brought_back(review):
    review.remember_views()
    slicer.mrmlScene.RemoveNode(review.parameters.volumes["FLAIR"])
    add_data("CT of another day")
    review.bring_back_views()
    assert _labels_and_images() == [REVIEWED[0], ("", ""), REVIEWED[2]]


@pytest.mark.parametrize("comes_back", [False, True], ids=["stays", "comes back to the panel"])
def test_views_without_a_review_show_and_name_what_slicer_loads(review, comes_back):
    review.remember_views()
    review.leave()
    assert _labels_and_images() == [("", "")] * 3
    add_data("CT of another day")
    if comes_back:
        review.bring_back_views()
    assert _labels_and_images() == [("CT of another day", "CT of another day")] * 3


def test_a_result_that_is_not_shown_to_the_end_leaves_the_views_as_it_found_them(
    parameter_node, study, result, tmp_path
):
    review = Review(parameter_node)
    steps = review.showing(study, tmp_path, result)
    while {_image_in(logic) for logic in standard_logics()} != {"T1c"}:
        next(steps)
    assert [_image_in(logic) for logic in slice_logics()] == ["T1c", "FLAIR", "T2"]
    steps.close()
    assert {_image_in(logic) for logic in (*slice_logics(), *standard_logics())} == {""}
    assert [logic.GetSliceNode().GetOrientation() for logic in standard_logics()] == ["Axial", "Coronal", "Sagittal"]
    add_data("CT of another day")
    assert {_image_in(logic) for logic in slice_logics()} == {"CT of another day"}
