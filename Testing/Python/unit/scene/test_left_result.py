"""A result that is left goes out of the scene when nothing of it is lost, and with it its patient."""

import numpy as np
import pytest
import slicer

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.domain import ET, NCR
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.study import JobFolder, KeptStudy
from BratsSegmenterLib.study.unsent import set_aside_unsent, write_unsent

KINDS = "vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode", "vtkMRMLVolumeDisplayNode"


@pytest.fixture
def review(parameter_node, study: StudySummary, result: SegmentResult, tmp_path) -> Review:
    KeptStudy(tmp_path).write_result(result)
    review = Review(parameter_node)
    review.show(study, tmp_path, result)
    yield review
    review.release()


def _leave(review: Review) -> None:
    review.leave()
    review.clear_away()


def _counts() -> list[int]:
    return [slicer.mrmlScene.GetNumberOfNodesByClass(kind) for kind in KINDS]


def _corrected(review: Review) -> np.ndarray:
    labels = review.labels.copy()
    labels[2:6, 5:15, 5:15] = 1
    review.draw(labels)
    return labels


def _study_item(study: StudySummary) -> int:
    return slicer.mrmlScene.GetSubjectHierarchyNode().GetItemByUID("DICOM", study.study_uid)


def test_what_the_model_drew_goes_with_its_images_its_study_and_its_patient(review, study):
    _leave(review)
    assert _counts() == [0, 0, 0, 0]
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    assert not _study_item(study)
    assert not hierarchy.GetItemByUID("DICOM", study.patient_id)
    assert not review.parameters.has_result
    node = review.parameters._node
    assert [node.GetParameter(name) for name in node.GetParameterNames()] == []


def test_it_is_there_until_nothing_works_on_it_any_more(review):
    before = _counts()
    review.leave()
    assert _counts() == before
    assert not review.parameters.segmentation.GetDisplayNode().GetVisibility()


def test_what_a_user_put_below_the_study_stays_and_keeps_it(review, study):
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    own = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "a landmark")
    item = hierarchy.CreateItem(_study_item(study), own)
    _leave(review)
    assert slicer.mrmlScene.IsNodePresent(own)
    assert hierarchy.GetItemParent(item) == _study_item(study)


def test_corrections_that_are_on_the_disk_go(review, tmp_path):
    write_unsent(_corrected(review), review.geometry, JobFolder(tmp_path).unsent)
    _leave(review)
    assert _counts() == [0, 0, 0, 0]


def test_corrections_that_are_not_stay(review, tmp_path):
    write_unsent(review.labels, review.geometry, JobFolder(tmp_path).unsent)
    _corrected(review)
    before = _counts()
    _leave(review)
    assert _counts() == before
    assert review.parameters.has_result


def test_corrections_of_a_study_that_is_not_kept_here_stay(review, tmp_path):
    write_unsent(_corrected(review), review.geometry, JobFolder(tmp_path).unsent)
    KeptStudy(tmp_path).forget_result()
    before = _counts()
    _leave(review)
    assert _counts() == before


def test_what_was_drawn_beside_the_regions_stays(review):
    segmentation = review.parameters.segmentation.GetSegmentation()
    segmentation.GetSegment(segmentation.AddEmptySegment("own", "own")).DeepCopy(segmentation.GetSegment("ET"))
    before = _counts()
    _leave(review)
    assert _counts() == before


def test_what_was_drawn_in_two_regions_at_once_stays(review):
    segmentation, reference = review.parameters.segmentation, review.parameters.reference
    core = np.isin(review.labels, (ET.label, NCR.label)).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(core, segmentation, "NCR", reference)
    assert not review.is_edited, "ET is measured where they overlap"
    before = _counts()
    _leave(review)
    assert _counts() == before


def test_a_result_that_is_replaced_goes_when_its_corrections_are_set_aside(review, study, result, tmp_path):
    before = _counts()
    first = review.parameters.segmentation
    write_unsent(_corrected(review), review.geometry, JobFolder(tmp_path).unsent)
    set_aside_unsent(JobFolder(tmp_path))
    review.show(study, tmp_path, result)
    review.clear_away()
    assert _counts() == before
    assert not slicer.mrmlScene.IsNodePresent(first)
    assert review.parameters.has_result
