"""What Slicer does to a module in the middle of its work: reload, close, save, load, delete; by the module file."""

import importlib
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
import slicer
from child_processes import started_processes
from host.driver import finish, paint, wait_until
from host.fixtures import MODULE_FILE, replay_command
from host.other_modules import add_data, visit_segment_editor
from host.replay_worker import Behaviour
from host.slicer_app import OpenedModule, application, open_module

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.jobs import SendJob
from BratsSegmenterLib.scene.layout import LAYOUT, LAYOUT_WITH_PLOT, LEFT, SLICE_VIEWS, THREE_D, show_layout_with_plot
from BratsSegmenterLib.scene.views import slice_logics
from BratsSegmenterLib.study import JobFolder, KeptStudy, StudyOrigin
from BratsSegmenterLib.widgets import assembly
from BratsSegmenterLib.widgets.choices import RunOptions, SendRequest
from BratsSegmenterLib.widgets.state import PanelState

LEFT_OF_THE_TUMOUR = (7.0, 7.0, 1.0)


@pytest.fixture
def module(scene, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The module as Slicer opened it, over a worker that answers without working, with one archive."""
    app = application()
    app.userSettings().clear()
    app.settle_in(tmp_path)
    monkeypatch.setattr(assembly, "worker_command", lambda _interpreter: replay_command(Behaviour.WORKS))
    opened = open_module(MODULE_FILE)
    editor = opened.widget.panel.archive.editor.ui
    editor.nameEdit.setText("Ward 3")
    editor.urlEdit.setText("http://127.0.0.1:1/dicom-web")
    editor.saveButton.click()
    yield opened
    opened.close()


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


def _shown() -> list[tuple[str, str]]:
    """Label and image of each view."""
    images = [logic.GetBackgroundLayer().GetVolumeNode() for logic in slice_logics()]
    labels = [logic.GetSliceNode().GetLayoutLabel() for logic in slice_logics()]
    return [(label, "" if image is None else image.GetName()) for label, image in zip(labels, images, strict=True)]


def _save(file: Path) -> str:
    slicer.mrmlScene.SetURL(str(file))
    assert slicer.mrmlScene.WriteToMRB(str(file))
    return str(file)


def _load(panel, scene_file: str) -> None:
    slicer.mrmlScene.ReadFromMRB(scene_file)
    _settle(panel)


def _settle(panel) -> None:
    """A loaded scene is looked at in the next turn of the event loop."""
    wait_until(lambda: not panel.is_importing)


def test_a_reloaded_module_takes_up_the_study_of_the_scene(module: OpenedModule):
    _segment(module.widget.panel)
    paint(module.widget.panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    edited = _volumes(module.widget.panel)
    module.close()
    importlib.reload(sys.modules["BratsSegmenter"])
    again = open_module(MODULE_FILE)
    assert again.widget.panel.workflow.state is PanelState.REVIEW
    assert _volumes(again.widget.panel) == edited
    again.close()


@pytest.mark.parametrize("is_loaded_first", [True, False], ids=["then the module", "into the module"])
def test_a_saved_scene_loaded_into_a_slicer_that_was_just_started_is_taken_up(
    module: OpenedModule, tmp_path: Path, is_loaded_first: bool
):
    _segment(module.widget.panel)
    drawn = _volumes(module.widget.panel)
    scene_file = _save(tmp_path / "scene.mrb")
    module.close()
    slicer.mrmlScene.Clear(0)
    application().layoutManager().hostStartAnew(LAYOUT)
    if is_loaded_first:
        slicer.mrmlScene.ReadFromMRB(scene_file)
        later = open_module(MODULE_FILE)
    else:
        later = open_module(MODULE_FILE)
        _load(later.widget.panel, scene_file)
    assert later.widget.panel.workflow.state is PanelState.REVIEW
    assert _volumes(later.widget.panel) == drawn
    assert application().layoutManager().hostShown() == (*SLICE_VIEWS, THREE_D)
    assert [logic.GetSliceNode().GetLayoutLabel() for logic in slice_logics()] == ["T1c", "FLAIR", "T2"]
    later.close()


@pytest.mark.parametrize("is_loaded_first", [True, False], ids=["then Slicer has started", "into a started Slicer"])
def test_a_saved_scene_shows_its_views_in_a_slicer_in_which_the_panel_was_never_opened(
    module: OpenedModule, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_loaded_first: bool
):
    offers = SimpleNamespace(registerCustomSampleDataSource=lambda **_offered: None)
    monkeypatch.setitem(sys.modules, "SampleData", SimpleNamespace(SampleDataLogic=offers))
    _segment(module.widget.panel)
    scene_file = _save(tmp_path / "scene.mrb")
    module.close()
    slicer.mrmlScene.Clear(0)
    application().layoutManager().hostStartAnew(LAYOUT, LAYOUT_WITH_PLOT)
    if is_loaded_first:
        slicer.mrmlScene.ReadFromMRB(scene_file)
        application().startupCompleted.emit()
    else:
        application().startupCompleted.emit()
        assert application().layoutManager().hostShown() == (), "nothing of ours before it is asked for"
        slicer.mrmlScene.ReadFromMRB(scene_file)
    assert application().layoutManager().hostShown() == (*SLICE_VIEWS, THREE_D)
    assert _shown() == [("T1c", "T1c"), ("FLAIR", "FLAIR"), ("T2", "T2")]
    visit_segment_editor(slicer.util.getNode("T2"))
    assert _shown() == [("T2", "T2")] * 3


def test_a_scene_saved_beside_a_plot_is_taken_up_without_one(module: OpenedModule, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    show_layout_with_plot()
    scene_file = _save(tmp_path / "scene.mrb")
    slicer.mrmlScene.Clear(0)
    _load(panel, scene_file)
    assert application().layoutManager().hostShown() == (*SLICE_VIEWS, THREE_D)


def test_a_loaded_scene_is_shown_as_it_was_saved_whatever_was_chosen_since(module: OpenedModule, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    switches = panel.views.ui

    def choose(style: str, shows_oedema: bool, shows_doubt: bool) -> None:
        switches.styleSelector.setCurrentText(style)
        switches.boxED.setChecked(shows_oedema)
        switches.doubtBox.setChecked(shows_doubt)

    def shown() -> tuple[bool, ...]:
        display = panel._review.parameters.segmentation.GetDisplayNode()
        doubt = slice_logics()[0].GetSliceCompositeNode().GetForegroundVolumeID()
        return display.GetVisibility2DOutline(), display.GetSegmentVisibility("ED"), doubt is not None

    choose("Fill", shows_oedema=False, shows_doubt=True)
    scene_file = _save(tmp_path / "scene.mrb")
    choose("Outline", shows_oedema=True, shows_doubt=False)
    slicer.mrmlScene.Clear(0)
    _load(panel, scene_file)
    assert shown() == (False, False, True)
    assert switches.styleSelector.currentText == "Fill"
    assert (switches.boxET.checked, switches.boxED.checked, switches.doubtBox.checked) == (True, False, True)


def test_the_sequences_are_back_in_their_views_after_a_visit_to_another_module(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    module.widget.exit()
    visit_segment_editor(panel._review.parameters.reference)
    assert _shown() == [("T1c", "T1c")] * 3
    module.widget.enter()
    assert _shown() == [("T1c", "T1c"), ("FLAIR", "FLAIR"), ("T2", "T2")]


def test_a_scene_closed_in_another_module_leaves_the_views_to_what_is_loaded_then(module: OpenedModule):
    _segment(module.widget.panel)
    module.widget.exit()
    slicer.mrmlScene.Clear(0)
    add_data("CT of another day")
    module.widget.enter()
    assert _shown() == [("CT of another day", "CT of another day")] * 3


def test_two_scenes_loaded_one_right_after_the_other_leave_the_study_under_review(module, colleagues_scene):
    panel = module.widget.panel
    _segment(panel)
    reviewed = panel._review.parameters.segmentation
    _import(colleagues_scene)
    _import(colleagues_scene)
    _settle(panel)
    assert panel._review.parameters.segmentation is reviewed
    assert panel._review.parameters.study == panel.workflow.study


def test_a_module_closed_right_after_a_scene_was_loaded_takes_nothing_up(module: OpenedModule, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    scene_file = _save(tmp_path / "scene.mrb")
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.ReadFromMRB(scene_file)
    module.close()
    application().processEvents()
    assert panel.workflow.state is PanelState.NO_STUDY


def test_a_scene_whose_study_was_deleted_from_the_disk_is_a_sentence(module: OpenedModule, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    panel.workflow.result.labels.unlink()
    scene_file = _save(tmp_path / "scene.mrb")
    slicer.mrmlScene.Clear(0)
    _load(panel, scene_file)
    assert "is no longer on this computer" in panel.message_bar.ui.textLabel.text
    assert panel.workflow.state is PanelState.NO_STUDY
    assert len(_segmentations()) == 1


@pytest.fixture
def colleagues_scene(scene, tmp_path: Path) -> Path:
    """A scene saved by a Slicer in which this module was opened, and nothing done with it."""
    file = tmp_path / "colleague.mrml"
    other = slicer.vtkMRMLScene()
    parameters = slicer.vtkMRMLScriptedModuleNode()
    parameters.SetSingletonTag("BratsSegmenter")
    parameters.SetModuleName("BratsSegmenter")
    other.AddNode(parameters)
    other.AddNewNodeByClass("vtkMRMLTableNode", "Atlas")
    other.SetURL(str(file))
    other.Commit()
    return file


def _import(file: Path) -> None:
    slicer.mrmlScene.SetURL(str(file))
    slicer.mrmlScene.Import()


def _open_another_study(panel) -> None:
    study = StudySummary("2.25.2002", "Other^Olga", "P-2", "", "20260103", "MR head", ("MR",), 4, 96)
    panel.studies.open(StudyOrigin(study, "Ward 3"))


def _kept_labels(folder: Path) -> Path:
    result = KeptStudy(folder).result
    assert result is not None
    return result.labels.parent


def test_a_scene_imported_while_another_study_is_segmented_mixes_no_results(module, colleagues_scene):
    panel = module.widget.panel
    _segment(panel)
    folder_of_first = panel.workflow.folder
    _open_another_study(panel)
    panel.run.ui.runButton.click()
    wait_until(lambda: panel.workflow.state is PanelState.SEGMENTING)
    folder = panel.workflow.folder
    _import(colleagues_scene)
    _settle(panel)
    assert panel.workflow.state is PanelState.SEGMENTING
    assert "Olga" in panel.studies.widget.text
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert _kept_labels(folder) == folder
    assert _kept_labels(folder_of_first) == folder_of_first


def test_an_imported_scene_without_a_result_changes_nothing_about_the_study_under_review(module, colleagues_scene):
    panel = module.widget.panel
    _segment(panel)
    connection, sequences = panel.workflow.connection, panel.workflow.sequences
    _import(colleagues_scene)
    _settle(panel)
    assert panel.workflow.connection is connection
    assert panel.workflow.sequences is sequences
    assert panel.message_bar.widget.isHidden()
    before = _volumes(panel)
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    assert _volumes(panel) != before
    panel.send.ui.dryRunButton.click()
    finish(panel)
    assert "Dry run" in panel.send.ui.receiptLabel.text


def test_an_imported_scene_leaves_the_editor_as_it_was_set_up(module, colleagues_scene):
    panel = module.widget.panel
    _segment(panel)
    review = panel.review.ui
    review.brainBox.click()
    review.intensitySelector.setCurrentText("FLAIR")
    _import(colleagues_scene)
    time.sleep(0.4)  # as long as a scene takes that is not small: what waited for a pause is due
    _settle(panel)
    application().processEvents()
    assert review.segmentEditor.segmentationNode() is panel._review.parameters.segmentation
    assert review.segmentEditor.sourceVolumeNode().GetName() == "FLAIR"
    assert not review.brainBox.checked


def test_an_imported_result_of_another_study_is_not_taken_up_beside_the_one_under_review(module, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    scene_file = _save(tmp_path / "first.mrb")
    slicer.mrmlScene.Clear(0)
    _open_another_study(panel)
    panel.run.ui.runButton.click()
    finish(panel)
    reviewed = panel._review.parameters.segmentation
    _load(panel, scene_file)
    assert "Olga" in panel.studies.widget.text
    panel.send.ui.dryRunButton.click()
    finish(panel)
    assert "It was not taken up" in panel.message_bar.ui.textLabel.text, "whatever jobs run"
    assert panel._review.parameters.segmentation is reviewed
    assert panel._review.parameters.study == panel.workflow.study
    assert [node.GetDisplayNode().GetVisibility() for node in _segmentations() if node is not reviewed] == [0]
    background = slicer.app.applicationLogic().GetSliceLogicByLayoutName(LEFT).GetSliceCompositeNode()
    assert background.GetBackgroundVolumeID() in {node.GetID() for node in panel._review.parameters.volumes.values()}
    slicer.mrmlScene.Clear(0)
    assert panel.message_bar.widget.isHidden(), "until the scene is closed"


def test_a_saved_scene_of_the_study_under_review_is_taken_up_when_it_is_imported(module, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    saved = _volumes(panel)
    scene_file = _save(tmp_path / "scene.mrb")
    first = panel._review.parameters.segmentation
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    _load(panel, scene_file)
    assert panel.workflow.state is PanelState.REVIEW
    assert panel._review.parameters.segmentation is not first
    assert _volumes(panel) == saved


def test_a_scene_saved_while_an_effect_was_at_work_is_loaded_without_it(module: OpenedModule, tmp_path: Path):
    panel = module.widget.panel
    _segment(panel)
    panel.review.ui.segmentEditor.setActiveEffectByName("Paint")
    scene_file = _save(tmp_path / "scene.mrb")
    module.close()
    slicer.mrmlScene.Clear(0)
    later = open_module(MODULE_FILE)
    later.widget.exit()  # the user is in another module
    _load(later.widget.panel, scene_file)
    editor = later.widget.panel.review.ui.segmentEditor
    assert editor.segmentationNode() is later.widget.panel._review.parameters.segmentation
    assert editor.hostActiveEffect == ""
    assert not editor.hostObservesViews
    later.close()


def test_a_closed_scene_leaves_no_effect_at_work(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    module.widget.enter()
    panel.review.ui.segmentEditor.setActiveEffectByName("Paint")
    slicer.mrmlScene.Clear(0)
    assert panel.review.ui.segmentEditor.hostActiveEffect == ""
    assert not panel.review.ui.segmentEditor.hostObservesViews


def _propose_growing(panel):
    """Press *Initialize* of "Grow from seeds", with oedema hidden; gives the effect."""
    panel.views.ui.boxED.setChecked(False)
    effect = panel.review.ui.segmentEditor.effectByName("Grow from seeds")
    effect.self().onPreview()
    assert [node.GetName() for node in _segmentations()] == ["Glioma", "Glioma preview"]
    return effect


def test_what_growing_proposed_for_one_study_is_not_there_to_be_applied_to_the_next(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    effect = _propose_growing(panel)
    _open_another_study(panel)
    assert _segmentations() == []
    panel.run.ui.runButton.click()
    finish(panel)
    assert [node.GetName() for node in _segmentations()] == ["Glioma"]
    node = panel.review.ui.segmentEditor.mrmlSegmentEditorNode()
    assert node.GetNodeReference("SegmentationResultPreview") is None
    panel.views.ui.boxED.setChecked(True)
    effect.self().onPreview()
    (proposal,) = [node for node in _segmentations() if node is not panel._review.parameters.segmentation]
    assert set(proposal.GetSegmentation().GetSegmentIDs()) == {"ET", "NCR", "ED"}, "the seeds are this study's"


def test_what_growing_proposed_goes_with_a_segmentation_that_is_deleted(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    _propose_growing(panel)
    slicer.mrmlScene.RemoveNode(panel._review.parameters.segmentation)
    assert panel.workflow.state is PanelState.NO_STUDY
    assert _segmentations() == []


@pytest.mark.parametrize("role", ["segmentation", "reference"])
def test_a_node_deleted_under_the_panel_ends_the_review_with_a_sentence(module: OpenedModule, role: str):
    panel = module.widget.panel
    _segment(panel)
    slicer.mrmlScene.RemoveNode(getattr(panel._review.parameters, role))
    assert panel.workflow.state is PanelState.NO_STUDY
    assert "was removed from the scene" in panel.message_bar.ui.textLabel.text
    assert panel.review.ui.segmentEditor.segmentationNode() is None
    add_data("CT of another day")
    assert _shown() == [("CT of another day", "CT of another day")] * 3
    _segment(panel)


def test_a_node_deleted_during_a_sending_says_too_that_it_was_cut_off(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    assert panel.workflow.state is PanelState.SENDING
    slicer.mrmlScene.RemoveNode(panel._review.parameters.reference)
    said = panel.message_bar.ui.textLabel.text
    assert said.index("The sending was stopped") < said.index("was removed from the scene")
    assert started_processes() == []


def test_a_node_that_is_not_ours_can_be_deleted(module: OpenedModule):
    panel = module.widget.panel
    other = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "somebody's")
    _segment(panel)
    slicer.mrmlScene.RemoveNode(other)
    assert panel.workflow.state is PanelState.REVIEW


def test_of_two_segmentations_in_a_scene_only_the_reviewed_one_is_measured_and_sent(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    own = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode", "a copy of the user's")
    own.GetSegmentation().DeepCopy(panel._review.parameters.segmentation.GetSegmentation())
    before = _volumes(panel)
    own.GetSegmentation().RemoveSegment("ET")
    assert _volumes(panel) == before
    jobs = []
    panel.workflow._runner.start = lambda job, _secrets: jobs.append(job)
    panel.workflow.send(SendRequest(None, ("RTSTRUCT",)))
    assert isinstance(jobs[0], SendJob)
    assert not jobs[0].edited


_OF_A_RESULT = "vtkMRMLScalarVolumeNode", "vtkMRMLSegmentationNode", "vtkMRMLTableNode", "vtkMRMLVolumeDisplayNode"


def _count_of_nodes() -> list[int]:
    return [slicer.mrmlScene.GetNumberOfNodesByClass(name) for name in _OF_A_RESULT]


def test_studies_that_are_opened_and_segmented_again_leave_no_more_in_the_scene_than_one_result(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    nodes = _count_of_nodes()
    panel.run.ui.runButton.click()
    finish(panel)
    assert _count_of_nodes() == nodes
    panel.studies.open(StudyOrigin(panel.workflow.study, "Ward 3"))
    finish(panel)
    assert _count_of_nodes() == nodes
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    panel.review.ui.segmentEditor.undo()
    assert panel.workflow.state is PanelState.REVIEW


def test_a_scene_saved_after_another_study_names_that_one_s_patient_alone_and_keeps_what_the_user_made(
    module: OpenedModule, tmp_path: Path
):
    panel = module.widget.panel
    _segment(panel)
    own = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLMarkupsFiducialNode", "a landmark of the user's")
    _open_another_study(panel)
    scene_file = tmp_path / "scene.mrml"
    slicer.mrmlScene.SetURL(str(scene_file))
    slicer.mrmlScene.Commit()
    saved = scene_file.read_text()
    assert "Synthetic^Sam" not in saved
    assert "SYN-1" not in saved
    assert slicer.mrmlScene.IsNodePresent(own)
    panel.run.ui.runButton.click()
    finish(panel)
    slicer.mrmlScene.Commit()
    assert "Other^Olga" in scene_file.read_text()


def test_corrections_leave_the_scene_once_they_are_on_the_disk_and_come_back(module: OpenedModule, monkeypatch):
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *_question, **_more: True)
    panel = module.widget.panel
    _segment(panel)
    nodes = _count_of_nodes()
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    edited = _volumes(panel)
    first = StudyOrigin(panel.workflow.study, "Ward 3")
    _open_another_study(panel)
    assert _segmentations() == []
    panel.studies.open(first)
    finish(panel)
    assert _volumes(panel) == edited
    assert _count_of_nodes() == nodes


def test_what_is_nowhere_but_in_the_scene_stays_there_hidden(module: OpenedModule, monkeypatch):
    """The disk refuses the corrections, and the user leaves the study all the same."""
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *_question, **_more: True)
    panel = module.widget.panel
    _segment(panel)
    JobFolder(panel.workflow.folder).unsent.mkdir()  # in the way of the file
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    _open_another_study(panel)
    (left,) = _segmentations()
    assert not left.GetDisplayNode().GetVisibility()
    JobFolder(panel._review.parameters.folder).unsent.rmdir()


def test_a_result_that_is_cancelled_while_it_is_opened_leaves_no_other_under_review(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    study = StudyOrigin(panel.workflow.study, "Ward 3")
    panel.workflow.run(RunOptions("another-model"))
    wait_until(lambda: panel.workflow.state is PanelState.OPENING)
    panel.progress.ui.cancelButton.click()
    assert panel.workflow.state is PanelState.PREPARED
    assert panel.message_bar.ui.textLabel.text == "The result is kept: open the study to see it."
    assert not panel.message_bar.widget.isHidden()
    assert _segmentations() == []
    assert not panel.review.widget.enabled
    panel.studies.open(study)
    finish(panel)
    assert panel.volumes.ui.algorithmLabel.text == "another-model 0"


def test_a_scene_closed_while_objects_are_written_leaves_no_process_and_an_empty_panel(module: OpenedModule):
    panel = module.widget.panel
    _segment(panel)
    panel.send.ui.dryRunButton.click()
    assert panel.workflow.state is PanelState.REHEARSING
    slicer.mrmlScene.Clear(0)
    assert panel.workflow.state is PanelState.NO_STUDY
    assert started_processes() == []
    _segment(panel)


def test_a_module_closed_during_an_examination_leaves_no_process(module: OpenedModule):
    module.widget.panel.doctor.ui.examineButton.click()
    module.widget.panel.settings.ui.measureButton.click()
    module.close()
    assert started_processes() == []
