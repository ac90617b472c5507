"""What Slicer does to a module in the middle of its work: reload, close, save, load, delete; by the module file."""

import importlib
import sys
from pathlib import Path

import pytest
import slicer
from child_processes import started_processes
from host.driver import finish, paint
from host.fixtures import MODULE_FILE, replay_command
from host.replay_worker import Behaviour
from host.slicer_app import OpenedModule, application, open_module

from BratsSegmenterLib.jobs import SendJob
from BratsSegmenterLib.widgets import assembly
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.state import PanelState

LEFT_OF_THE_TUMOUR = (7.0, 7.0, 1.0)


@pytest.fixture
def module(scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The module as Slicer opened it, over a worker that answers without working, with one archive."""
    app = application()
    app.userSettings().clear()
    app.slicerUserSettingsFilePath = str(tmp_path / "Slicer.ini")
    app.cachePath = str(tmp_path / "cache")
    monkeypatch.setattr(assembly, "worker_command", lambda _interpreter: replay_command(Behaviour.WORKS))
    opened = open_module(MODULE_FILE)
    editor = opened.widget.panel.archive.editor.ui
    editor.nameEdit.setText("Ward 3")
    editor.urlEdit.setText("http://127.0.0.1:1/dicom-web")
    editor.saveButton.click()
    yield opened
    opened.widget.panel.shut_down()


def _segment(panel) -> None:
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW, panel.message_bar.ui.textLabel.text


def _volumes(panel) -> dict[str, str]:
    table = panel.volumes.ui.volumeTable
    return {table.item(row, 0).text(): table.item(row, 1).text() for row in range(table.rowCount)}


def _segmentations() -> list:
    return list(slicer.mrmlScene.GetNodesByClass("vtkMRMLSegmentationNode"))


def test_a_reloaded_module_takes_up_the_study_of_the_scene(module: OpenedModule):
    _segment(module.widget.panel)
    paint(module.widget.panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    edited = _volumes(module.widget.panel)
    module.widget.cleanup()
    importlib.reload(sys.modules["BratsSegmenter"])
    again = open_module(MODULE_FILE)
    assert again.widget.panel.workflow.state is PanelState.REVIEW
    assert _volumes(again.widget.panel) == edited
    again.widget.cleanup()


def test_a_scene_that_was_loaded_before_the_module_was_opened_is_taken_up(module: OpenedModule, tmp_path: Path):
    _segment(module.widget.panel)
    drawn = _volumes(module.widget.panel)
    scene_file = str(tmp_path / "scene.mrb")
    slicer.mrmlScene.SetURL(scene_file)
    assert slicer.mrmlScene.WriteToMRB(scene_file)
    module.widget.cleanup()
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.ReadFromMRB(scene_file)
    later = open_module(MODULE_FILE)
    assert later.widget.panel.workflow.state is PanelState.REVIEW
    assert _volumes(later.widget.panel) == drawn
    later.widget.cleanup()


def test_a_scene_whose_study_was_deleted_from_the_disk_is_a_sentence(module: OpenedModule, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    panel.workflow.result.labels.unlink()
    scene_file = str(tmp_path / "scene.mrb")
    slicer.mrmlScene.SetURL(scene_file)
    assert slicer.mrmlScene.WriteToMRB(scene_file)
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.ReadFromMRB(scene_file)
    panel.restore()
    assert "is no longer on this computer" in panel.message_bar.ui.textLabel.text
    assert panel.workflow.state is PanelState.NO_STUDY
    assert len(_segmentations()) == 1


@pytest.mark.parametrize("role", ["segmentation", "reference"])
def test_a_node_deleted_under_the_panel_ends_the_review_with_a_sentence(module: OpenedModule, role: str):
    panel = module.widget.panel
    _segment(panel)
    slicer.mrmlScene.RemoveNode(getattr(panel._review.parameters, role))
    assert panel.workflow.state is PanelState.NO_STUDY
    assert "was removed from the scene" in panel.message_bar.ui.textLabel.text
    assert panel.review.ui.segmentEditor.segmentationNode() is None
    _segment(panel)


def test_a_node_that_is_not_ours_can_be_deleted(module: OpenedModule):
    panel = module.widget.panel
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "somebody's")
    _segment(panel)
    slicer.mrmlScene.RemoveNode(other)
    assert panel.workflow.state is PanelState.REVIEW


def test_of_two_segmentations_in_a_scene_only_the_reviewed_one_is_measured_and_sent(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    first = panel._review.parameters.segmentation
    panel.run.ui.runButton.click()
    finish(panel)
    second = panel._review.parameters.segmentation
    assert [node.GetID() for node in _segmentations()] == [first.GetID(), second.GetID()]
    assert not first.GetDisplayNode().GetVisibility()
    before = _volumes(panel)
    first.GetSegmentation().RemoveSegment("ET")
    assert _volumes(panel) == before
    jobs = []
    panel.workflow._runner.start = lambda job, _secrets: jobs.append(job)
    panel.workflow.send(SendRequest(None, ("RTSTRUCT",)))
    assert isinstance(jobs[0], SendJob)
    assert not jobs[0].edited


def test_a_scene_closed_while_objects_are_written_leaves_no_process_and_an_empty_panel(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    panel.send.ui.dryRunButton.click()
    assert panel.workflow.state is PanelState.SENDING
    slicer.mrmlScene.Clear(0)
    assert panel.workflow.state is PanelState.NO_STUDY
    assert started_processes() == []
    _segment(panel)


def test_a_module_closed_during_an_examination_leaves_no_process(module: OpenedModule):
    module.widget.panel.doctor.ui.examineButton.click()
    module.widget.panel.settings.ui.measureButton.click()
    module.widget.cleanup()
    assert started_processes() == []
