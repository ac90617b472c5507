"""Each region accepted, taken back to what the model drew, compared with it."""

import numpy as np
import pytest
import slicer
from host import replay_worker

from BratsSegmenterLib.domain import ED, ET
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.records import from_json
from BratsSegmenterLib.scene.region_review import RegionReview
from BratsSegmenterLib.scene.review import Review


@pytest.fixture
def regions(review) -> RegionReview:
    regions = RegionReview(review)
    review.on_volumes = lambda _volumes_ml: regions.follow_edit()
    regions.follow_edit()
    yield regions
    regions.release()


def _draw(review: Review, key: str, voxels) -> None:
    segmentation, reference = review.parameters.segmentation, review.parameters.reference
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, key, reference).copy()
    mask[voxels] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, key, reference)


OUTSIDE, WITHIN_OEDEMA = np.s_[2:4, 5:9, 5:9], np.s_[12, 24, 44:46]


def test_a_reset_region_is_again_what_the_model_drew_and_others_keep_their_edits(review, regions):
    _draw(review, "ET", OUTSIDE)
    _draw(review, "NCR", np.s_[20:22, 5:9, 5:9])
    edited = review.labels.copy()
    regions.reset("ET")
    assert np.array_equal(review.labels == ET.label, review.model_labels == ET.label)
    assert np.array_equal(review.labels == 1, edited == 1)


def test_what_a_reset_region_gives_up_is_again_what_the_model_saw_there(review, regions):
    assert (review.labels[WITHIN_OEDEMA] == ED.label).all()
    _draw(review, "ET", WITHIN_OEDEMA)
    assert (review.labels[WITHIN_OEDEMA] == ET.label).all()
    regions.reset("ET")
    assert np.array_equal(review.labels, review.model_labels)
    assert not review.is_edited


def test_a_region_that_was_painted_over_takes_its_voxels_back(review, regions):
    place = tuple(np.argwhere(review.model_labels == ET.label)[0])
    _draw(review, "NCR", place)
    segmentation, reference = review.parameters.segmentation, review.parameters.reference
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(segmentation, "ET", reference).copy()
    mask[place] = 0
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, segmentation, "ET", reference)
    assert review.labels[place] == 1
    regions.reset("ET")
    assert np.array_equal(review.labels, review.model_labels)


def test_acceptance_is_kept_in_the_scene_and_withdrawn_by_an_edit_of_that_region_alone(review, regions):
    regions.accept("ET", True)
    regions.accept("NCR", True)
    assert review.parameters.accepted == {"ET", "NCR"}
    _draw(review, "ET", OUTSIDE)
    assert review.parameters.accepted == {"NCR"}
    regions.accept("NCR", False)
    assert review.parameters.accepted == frozenset()


def test_what_is_drawn_again_as_it_was_accepted_is_accepted_again(review, regions):
    regions.accept("ET", True)
    regions.accept("NCR", True)
    accepted_in = review.labels
    _draw(review, "NCR", np.s_[20:22, 5:9, 5:9])
    assert regions.accepted == {"ET"}
    regions.accept("ET", False)
    review.draw(accepted_in)
    assert regions.accepted == {"NCR"}


def test_a_new_result_has_nothing_accepted(review, regions, study, result, tmp_path):
    regions.accept("ET", True)
    review.show(study, tmp_path, result)
    assert regions.accepted == frozenset()


def test_a_new_result_in_another_grid_is_followed_and_measured(review, regions, study, tmp_path, monkeypatch):
    monkeypatch.setattr(replay_worker, "SHAPE", (20, 64, 56))
    job = {"job": "segment", "folder": str(tmp_path), "bundle": "glioma-synthetic"}
    review.show(study, tmp_path, from_json(SegmentResult, replay_worker.answer(job)))
    assert review.labels.shape == (20, 64, 56)
    _draw(review, "ET", OUTSIDE)
    assert review.edited_regions == {"ET", "TC", "WT"}


def test_the_model_s_outline_is_shown_for_the_region_asked_for_and_is_not_what_is_exported(review, regions, tmp_path):
    _draw(review, "ET", OUTSIDE)
    regions.compare("ET", True)
    (node,) = [n for n in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if "model" in n.GetName()]
    display = node.GetDisplayNode()
    assert display.GetVisibility()
    assert [display.GetSegmentVisibility(key) for key in ("ET", "NCR", "ED")] == [True, False, False]
    assert not display.GetVisibility2DFill()
    assert not node.GetSaveWithScene()
    assert review.parameters.segmentation is not node
    assert review.export_labels(tmp_path).edited
    regions.compare("ET", False)
    assert not display.GetSegmentVisibility("ET")


def test_outlines_of_the_model_that_the_user_deleted_come_back_when_they_are_asked_for(regions):
    def outlines() -> list:
        return [n for n in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if "model" in n.GetName()]

    regions.compare("ET", True)
    slicer.mrmlScene.RemoveNode(outlines()[0])
    regions.compare("ED", True)
    (node,) = outlines()
    visible = [node.GetDisplayNode().GetSegmentVisibility(key) for key in ("ET", "NCR", "ED")]
    assert visible == [True, False, True], "the button of the first one is pressed still"


def test_the_model_s_outlines_leave_the_scene_with_the_study(review, regions):
    regions.compare("ET", True)
    before = len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode"))
    regions.release()
    assert len(slicer.util.getNodesByClass("vtkMRMLSegmentationNode")) == before - 1


def test_the_cavity_is_offered_only_where_there_is_one(regions):
    assert [region.key for region in regions.regions] == ["ET", "NCR", "ED"]
