"""A result in the scene: placed, measured while it is edited, exported, saved and taken up again."""

import numpy as np
import pytest
import SimpleITK as sitk
import slicer
from host.replay_worker import Behaviour, answer

from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.records import from_json
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.scene.volume_table import VolumeTable


@pytest.fixture
def seen() -> list[dict[str, float]]:
    return []


@pytest.fixture
def review(parameter_node, study, result, tmp_path, seen) -> Review:
    review = Review(parameter_node)
    review.on_volumes = seen.append
    review.show(study, tmp_path, result)
    yield review
    review.release()


def _draw(review: Review, segment_id: str, voxels: tuple[slice, ...]) -> np.ndarray:
    reference = review.parameters.reference
    mask = slicer.util.arrayFromSegmentBinaryLabelmap(review.parameters.segmentation, segment_id, reference).copy()
    mask[voxels] = 1
    slicer.util.updateSegmentBinaryLabelmapFromArray(mask, review.parameters.segmentation, segment_id, reference)
    return mask


def _table_ml(review: Review) -> dict[str, float]:
    table = review.parameters.table
    names, volumes_ml = (table.GetTable().GetColumnByName(name) for name in ("Region", "Volume (mL)"))
    return {names.GetValue(row): volumes_ml.GetValue(row) for row in range(table.GetNumberOfRows())}


def test_the_first_volumes_are_those_the_worker_measured(review, result, seen):
    for key, volume_ml in result.volumes_ml.items():
        assert seen[0][key] == pytest.approx(volume_ml, abs=1e-6)


def test_volumes_and_table_follow_an_edit(review, seen):
    mask = _draw(review, "NCR", np.s_[2:6, 5:15, 5:15])
    assert seen[-1]["NCR"] == pytest.approx(mask.sum() * 0.002)
    shown = _table_ml(review)
    assert shown["Necrotic core"] == pytest.approx(mask.sum() * 0.002)
    assert shown["Whole tumour"] == pytest.approx(seen[-1]["WT"])


def test_what_the_model_could_not_measure_has_no_volume_before_somebody_draws_it(parameter_node, study, tmp_path, seen):
    job = {"job": "segment", "folder": str(tmp_path), "bundle": "glioma-synthetic"}
    review = Review(parameter_node)
    review.on_volumes = seen.append
    review.show(study, tmp_path, from_json(SegmentResult, answer(job, Behaviour.MEASURES_WHOLE_ONLY)))
    names = review.parameters.table.GetTable().GetColumnByName("Region")
    assert [names.GetValue(row) for row in range(names.GetNumberOfValues())] == ["Resection cavity", "Whole tumour"]
    assert set(seen[-1]) == {"RC", "WT"}
    assert {volume.region.key for volume in review.measure().volumes} == {"WT"}

    _draw(review, "ET", np.s_[2:6, 5:15, 5:15])
    assert set(seen[-1]) == {"RC", "WT", "ET"}
    assert {volume.region.key for volume in review.measure().volumes} == {"WT", "ET"}
    assert set(review.not_measured) == {"NCR", "TC", "ED"}
    review.release()


def test_an_unedited_result_is_known_as_such_and_an_edited_one_too(review, tmp_path):
    assert not review.is_edited
    assert not review.export_labels(tmp_path).edited
    _draw(review, "NCR", np.s_[2:6, 5:15, 5:15])
    assert review.is_edited
    assert review.export_labels(tmp_path).edited


def test_what_was_sent_is_unsent_again_after_an_edit_even_when_the_model_s_own_is_drawn(review, tmp_path):
    _draw(review, "NCR", np.s_[2:6, 5:15, 5:15])
    assert review.has_unsent
    review.export_labels(tmp_path)
    review.mark_sent()
    assert not review.has_unsent
    review.draw(review.model_labels)
    assert not review.is_edited
    assert review.has_unsent


def test_the_export_lies_in_the_grid_of_the_worker_s_label_map(review, result, tmp_path):
    exported = sitk.ReadImage(str(review.export_labels(tmp_path).path))
    original = sitk.ReadImage(str(result.labels))
    assert np.array_equal(sitk.GetArrayFromImage(exported), sitk.GetArrayFromImage(original))
    assert exported.GetOrigin() == original.GetOrigin()
    assert exported.GetDirection() == original.GetDirection()


def test_a_segmentation_in_which_nothing_is_drawn_is_exported_as_that(review, tmp_path):
    assert not review.is_blank
    for segment_id in ("ET", "NCR", "ED"):
        review.parameters.segmentation.GetSegmentation().RemoveSegment(segment_id)
    exported = review.export_labels(tmp_path)
    assert not sitk.GetArrayFromImage(sitk.ReadImage(str(exported.path))).any()
    assert exported.edited
    assert review.is_blank


def test_a_segmentation_that_was_removed_is_a_sentence(review, tmp_path):
    slicer.mrmlScene.RemoveNode(review.parameters.segmentation)
    with pytest.raises(ExportError, match="removed from the scene"):
        review.export_labels(tmp_path)


def test_a_label_map_of_the_model_that_is_gone_is_a_sentence(review, result, tmp_path):
    result.labels.unlink()
    with pytest.raises(SeriesError, match="no longer on this computer"):
        review.export_labels(tmp_path)


def test_everything_stands_under_its_patient_and_study(review, study):
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    study_item = hierarchy.GetItemByUID("DICOM", study.study_uid)
    patient_item = hierarchy.GetItemParent(study_item)
    assert hierarchy.GetItemName(patient_item) == study.patient_name
    for node in (review.parameters.segmentation, review.parameters.reference, review.parameters.table):
        assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(node)) == study_item


def test_a_second_result_of_the_same_study_joins_it_and_the_first_is_kept_hidden(review, study, result, tmp_path):
    first = review.parameters.segmentation
    review.show(study, tmp_path, result)
    assert review.parameters.segmentation is not first
    assert not first.GetDisplayNode().GetVisibility()
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    items = [hierarchy.GetItemByDataNode(node) for node in (first, review.parameters.segmentation)]
    assert hierarchy.GetItemParent(items[0]) == hierarchy.GetItemParent(items[1])


def test_a_saved_scene_is_taken_up_with_its_edits(review, study, result, tmp_path, parameter_node, seen):
    _draw(review, "NCR", np.s_[2:6, 5:15, 5:15])
    edited_ml = seen[-1]["NCR"]
    review.release()
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrb"))
    assert slicer.mrmlScene.WriteToMRB(str(tmp_path / "scene.mrb"))
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.ReadFromMRB(str(tmp_path / "scene.mrb"))
    again = Review(parameter_node)
    again.on_volumes = seen.append
    assert again.parameters.has_result
    assert again.parameters.study == study
    assert again.parameters.result.algorithm == result.algorithm
    again.follow()
    assert seen[-1]["NCR"] == pytest.approx(edited_ml)
    again.release()


def test_a_scene_without_its_table_is_followed_and_gets_a_new_one(review, parameter_node, seen):
    review.release()
    slicer.mrmlScene.RemoveNode(review.parameters.table)
    again = Review(parameter_node)
    again.on_volumes = seen.append
    again.follow()
    _draw(again, "NCR", np.s_[2:6, 5:15, 5:15])
    assert _table_ml(again)["Necrotic core"] == seen[-1]["NCR"] > seen[-2]["NCR"]
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    items = [hierarchy.GetItemByDataNode(node) for node in (again.parameters.table, again.parameters.segmentation)]
    assert hierarchy.GetItemParent(items[0]) == hierarchy.GetItemParent(items[1])
    again.release()


def test_who_follows_the_volumes_is_told_also_when_the_table_cannot_be_filled(review, seen):
    told = VolumeTable(review.parameters.segmentation, review.parameters.reference, None, seen.append)
    with pytest.raises(AttributeError):
        told.update()
    told.stop()
    assert seen[-1] == seen[-2]


def test_after_release_an_edit_is_no_longer_measured(review, seen):
    review.release()
    count = len(seen)
    _draw(review, "NCR", np.s_[2:6, 5:15, 5:15])
    assert len(seen) == count


def _surfaces(review: Review) -> dict[str, int]:
    segmentation = review.parameters.segmentation.GetSegmentation()
    name = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
    segments = {key: segmentation.GetSegment(key).GetRepresentation(name) for key in segmentation.GetSegmentIDs()}
    return {key: surface.GetNumberOfPolys() for key, surface in segments.items() if surface is not None}


def test_every_region_has_a_surface_and_what_is_drawn_anew_has_another(review):
    before = _surfaces(review)
    labels = review.labels.copy()
    labels[labels == 3] = 2
    review.draw(labels)
    after = _surfaces(review)
    assert set(before) == {"ET", "NCR", "ED"}
    assert after["NCR"] == before["NCR"] > 0
    assert after.get("ET", 0) == 0
    assert after["ED"] != before["ED"]


def test_a_label_map_is_drawn_voxel_by_voxel_and_measured_once(review, seen):
    labels = np.zeros_like(review.labels)
    labels[3:6, 10:20, 10:20] = 1
    labels[6:9, 10:20, 10:20] = 3
    seen.clear()
    review.draw(labels)
    assert np.array_equal(review.labels, labels)
    assert len(seen) == 1
    review.draw(np.zeros_like(labels))
    assert not review.labels.any()


def test_a_scene_in_which_3d_is_off_stays_so(review):
    name = slicer.vtkSegmentationConverter.GetClosedSurfaceRepresentationName()
    review.parameters.segmentation.GetSegmentation().RemoveRepresentation(name)
    review.draw(np.zeros_like(review.labels))
    assert _surfaces(review) == {}
