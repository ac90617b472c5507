"""Editing that is kept inside the brain, with Slicer's own editor logic on a small grid."""

import numpy as np
import pytest
import slicer
from host.driver import paint, wait_until
from host.slicer_app import application

from BratsSegmenterLib.scene.segments import label_map
from BratsSegmenterLib.widgets.region_editor import RegionEditor

SHAPE = (6, 12, 12)
MIDDLE, RADIUS_MM = (6.0, 6.0, 3.0), 30.0


@pytest.fixture
def brain() -> np.ndarray:
    mask = np.zeros(SHAPE, bool)
    mask[1:5, 3:9, 3:9] = True
    return mask


@pytest.fixture
def volume(scene):
    voxels = np.random.default_rng(0).uniform(0, 900, SHAPE).astype(np.float32)
    return slicer.util.addVolumeFromArray(voxels, name="T1c")


@pytest.fixture
def editor(scene, volume):
    editor = RegionEditor(slicer.qMRMLSegmentEditorWidget(), slicer.qMRMLWidget())
    node = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "Glioma")
    node.CreateDefaultDisplayNodes()
    node.SetReferenceImageGeometryParameterFromVolumeNode(volume)
    for key in ("ET", "NCR"):
        node.GetSegmentation().AddEmptySegment(key, key)
    editor.edit(node, volume)
    yield editor
    editor.release()


def _paint(editor: RegionEditor, key: str = "ET", erase: bool = False) -> None:
    paint(editor.widget, key, MIDDLE, RADIUS_MM, erase)


def _drawn(editor: RegionEditor, volume) -> np.ndarray:
    return label_map(editor.widget.segmentationNode(), volume)


def test_nothing_is_drawn_outside_the_brain_and_everything_inside_can_be(editor, volume, brain):
    editor.stay_inside(brain)
    _paint(editor)
    assert np.array_equal(_drawn(editor, volume) > 0, brain)


def test_a_second_region_can_be_drawn_over_the_first(editor, volume, brain):
    editor.stay_inside(brain)
    _paint(editor, "ET")
    _paint(editor, "NCR")
    assert np.array_equal(_drawn(editor, volume) == 1, brain)


def test_without_the_limit_the_whole_head_is_drawn_in(editor, volume, brain):
    editor.stay_inside(brain)
    editor.stay_inside(None)
    _paint(editor)
    assert (_drawn(editor, volume) > 0).all()


def test_another_sequence_brings_the_limit_along(editor, volume, brain):
    editor.stay_inside(brain)
    editor.use_intensities_of(slicer.util.addVolumeFromArray(np.zeros(SHAPE, np.float32), name="FLAIR"))
    _paint(editor)
    assert np.array_equal(_drawn(editor, volume) > 0, brain)


def test_a_narrower_range_of_the_user_is_kept_and_one_that_leaves_the_brain_is_not(editor, volume, brain):
    editor.stay_inside(brain)
    editor.widget.mrmlSegmentEditorNode().SetSourceVolumeIntensityMaskRange(-1e9, 450.0)
    _paint(editor)
    bright = slicer.util.arrayFromVolume(volume) > 450.0
    assert np.array_equal(_drawn(editor, volume) > 0, brain & ~bright)


def test_the_range_switched_off_in_the_editor_leaves_the_limit(editor, volume, brain):
    editor.stay_inside(brain)
    editor.widget.mrmlSegmentEditorNode().SetSourceVolumeIntensityMask(False)
    _paint(editor)
    assert np.array_equal(_drawn(editor, volume) > 0, brain)


def _change_many_nodes() -> None:
    """As loading a scene ends, or a branch that is shown in the module Data."""
    slicer.mrmlScene.StartState(slicer.vtkMRMLScene.BatchProcessState)
    slicer.mrmlScene.EndState(slicer.vtkMRMLScene.BatchProcessState)


def test_the_limit_and_the_effects_outlive_many_changes_of_the_scene(editor, volume, brain):
    editor.stay_inside(brain)
    limited = editor.widget.sourceVolumeNode()
    _change_many_nodes()
    assert editor.widget.sourceVolumeNode() is None  # without it every effect is off
    wait_until(lambda: editor.widget.sourceVolumeNode() is limited)
    _paint(editor)
    assert np.array_equal(_drawn(editor, volume) > 0, brain)


def test_what_a_loaded_scene_takes_from_the_editor_is_given_back_when_it_is_asked_for_again(editor, volume, brain):
    editor.stay_inside(brain)
    segmentation = editor.segmentation
    slicer.mrmlScene.StartState(slicer.vtkMRMLScene.ImportState)
    slicer.mrmlScene.EndState(slicer.vtkMRMLScene.ImportState)
    assert editor.widget.segmentationNode() is None
    editor.edit(segmentation, volume)
    application().processEvents()
    _paint(editor)
    assert np.array_equal(label_map(segmentation, volume) > 0, brain)


def test_the_volume_and_the_copy_of_its_brain_are_displayed_apart(editor, volume, brain):
    volume.CreateDefaultDisplayNodes()
    editor.stay_inside(brain)
    assert volume.GetDisplayNode().GetInputImageData() is volume.GetImageData()


def test_an_editor_that_let_go_takes_no_volume_back(editor, brain):
    editor.stay_inside(brain)
    _change_many_nodes()
    editor.release()
    application().processEvents()
    assert editor.widget.sourceVolumeNode() is None


def test_a_volume_that_was_removed_is_not_edited_by(editor, volume):
    slicer.mrmlScene.RemoveNode(volume)
    editor.widget.setSourceVolumeNode(None)  # as Slicer's editor does then
    application().processEvents()
    assert editor.widget.sourceVolumeNode() is None


def test_strokes_log_no_error_and_the_copy_of_the_brain_shows_in_no_tree(editor, volume, brain, tmp_path):
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    study = hierarchy.CreateStudyItem(hierarchy.GetSceneItemID(), "MR head")
    for node in (volume, editor.segmentation):
        hierarchy.CreateItem(study, node)
    errors = []
    editor.widget.hostLogic.AddObserver("ErrorEvent", lambda *_event: errors.append("of a stroke"))
    editor.stay_inside(brain)
    _paint(editor)
    assert errors == []
    assert hierarchy.GetItemParent(hierarchy.GetItemByDataNode(editor.segmentation)) == study
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    assert editor.widget.sourceVolumeNode().GetAttribute(constants.GetSubjectHierarchyExcludeFromTreeAttributeName())
    saved = str(tmp_path / "scene.mrml")
    slicer.mrmlScene.SetURL(saved)
    slicer.mrmlScene.Commit()
    editor.use_intensities_of(volume)  # the limit is made anew
    _paint(editor, "NCR")
    assert errors == []
    editor.stay_inside(None)
    assert hierarchy.GetNumberOfItemChildren(study) == 2
    slicer.mrmlScene.Import()
    editor.stay_inside(brain)
    editor.stay_inside(None)
    assert not hierarchy.GetItemByName("T1c inside the brain"), "nor does the saved one stay"


def test_a_range_of_intensities_is_not_taken_to_the_next_study(editor, volume):
    node = editor.widget.mrmlSegmentEditorNode()
    node.SetSourceVolumeIntensityMask(True)
    editor.edit(None, None)
    assert not node.GetSourceVolumeIntensityMask()


def test_the_limit_adds_no_segment_and_leaves_no_volume_behind(editor, volume, brain):
    editor.stay_inside(brain)
    assert editor.widget.segmentationNode().GetSegmentation().GetSegmentIDs() == ("ET", "NCR")
    assert not editor.widget.sourceVolumeNode().GetSaveWithScene()
    editor.stay_inside(None)
    assert [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")] == ["T1c"]
    assert editor.widget.sourceVolumeNode() is volume
    assert not editor.widget.mrmlSegmentEditorNode().GetSourceVolumeIntensityMask()
