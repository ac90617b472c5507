"""The queue by clicks: a live archive, the real worker, and a Slicer that crashes in the middle."""

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
import qt
import slicer
import vtk
from child_processes import started_processes
from host.driver import be_quick, finish, paint, wait_until
from host.fixtures import replay_command
from host.replay_worker import Behaviour
from host.slicer_app import application
from host.story import Story
from model_samples import threshold_bundle
from small_studies import small_study

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.archive.embedded import EmbeddedArchive, serve
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.study import StudyState
from BratsSegmenterLib.widgets.assembly import build_panel, studies_folder
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.study_table import Column


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[EmbeddedArchive]:
    """A running archive with a study of each of two patients."""
    with serve(tmp_path / "archive") as running:
        for day in ("20260101", "20260102"):
            _scan(running, tmp_path / day, day, *Sequence)
        yield running


def _scan(archive: EmbeddedArchive, folder: Path, day: str, *sequences: Sequence) -> None:
    small_study(folder, day, *sequences)
    Archive(*access_to(archive)).store([*folder.rglob("*.dcm")], compare=False)


def _open_panel(parameter_node, tmp_path: Path) -> tuple[Panel, qt.QWidget]:
    application().settle_in(tmp_path)
    frame = qt.QWidget()
    return build_panel(qt.QVBoxLayout(frame), parameter_node), frame


def _queue_states(panel: Panel) -> list[str]:
    table = panel.queue.ui.queueTable
    return [table.item(row, 1).text().split(":")[0] for row in range(table.rowCount)]


def _reasons(panel: Panel) -> list[str]:
    table = panel.queue.ui.queueTable
    return [table.item(row, 1).toolTip() for row in range(table.rowCount)]


def _has_rest(panel: Panel) -> bool:
    return not {"fetching", "segmenting", "queued"} & set(_queue_states(panel))


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_queued_studies_end_though_the_worker_is_killed_and_slicer_started_again(archive, parameter_node, tmp_path):
    panel, _frame = _open_panel(parameter_node, tmp_path)
    bundle = threshold_bundle(tmp_path / "bundle").folder
    be_quick(panel, bundle)
    story = Story(panel, archive)
    story.enter_archive()
    story.save_archive()
    story.search()
    panel.studies.ui.studyTable.selectAll()
    assert panel.studies.ui.queueButton.text == "Queue 2"
    panel.studies.ui.queueButton.click()
    assert _queue_states(panel) == ["fetching", "queued"]
    story.search()
    assert panel.workflow.state is PanelState.NO_STUDY, "the search did not wait for the queue"
    wait_until(lambda: _queue_states(panel)[0] not in ("fetching", "queued"), timeout_s=280)
    assert _queue_states(panel)[0] == "segmenting", _reasons(panel)
    for child in started_processes():
        child.send_signal(signal.SIGKILL)  # as a crash of Slicer would end them, without a word to the panel
    panel.shut_down()

    panel, _frame = _open_panel(parameter_node, tmp_path)
    assert _queue_states(panel)[0] == "segmenting", "it was fetched before the crash"
    story = Story(panel, archive)
    story.enter_archive()  # without a keyring the token was in memory only
    story.save_archive()
    wait_until(lambda: _has_rest(panel), timeout_s=500)
    assert _queue_states(panel) == ["segmented"] * 2, _reasons(panel)
    kept = list(studies_folder().glob("*/result.json"))
    assert len(kept) == 2
    panel.shut_down()


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_what_ran_unattended_opens_in_the_panel(archive, parameter_node, tmp_path, monkeypatch):
    _scan(archive, tmp_path / "20260103", "20260103", Sequence.T1, Sequence.T1C, Sequence.T2)
    monkeypatch.setenv("BRATS_SEGMENTER_TOKEN", archive.token)
    bundle = str(threshold_bundle(tmp_path / "bundle").folder)
    application().settle_in(tmp_path)
    kept = str(studies_folder())
    quick = ("--no-registration", "--no-bias-correction", "--no-brain-mask", "--device", "cpu")
    assert main(["cohort", "--archive", archive.url, "--out", kept, "--bundle", bundle, *quick]) == 0

    panel, _frame = _open_panel(parameter_node, tmp_path)
    assert _queue_states(panel) == ["needs you"]
    assert _reasons(panel)[0].endswith("Not found in this study: FLAIR.")
    story = Story(panel, archive)
    story.enter_archive()
    story.save_archive()
    story.search()
    table = panel.studies.ui.studyTable
    assert [table.item(row, int(Column.STATE)).text().split(":")[0] for row in range(3)] == [
        "needs you",
        "segmented",
        "segmented",
    ]
    panel.studies.ui.studyTable.selectRow(1)
    panel.studies.ui.openButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode") == 1
    panel.shut_down()


def _queue_one(panel: Panel) -> None:
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.studies.ui.queueButton.click()
    wait_until(lambda: _has_rest(panel))


def test_a_doubtful_study_needs_the_user_and_opens_with_its_questions(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _queue_one(panel)
    panel.queue.ui.queueTable.selectRow(0)
    assert _queue_states(panel) == [StudyState.NEEDS_YOU.value]
    assert "Not sure about T2." in panel.queue.ui.reasonLabel.text
    panel.queue.ui.openButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.PREPARED
    assert "Series 3 is called T2" in panel.sequences.ui.noticesLabel.text


def test_a_finished_study_opens_from_the_queue_without_a_worker(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _queue_one(panel)
    worked = []
    panel.workflow.progressed.connect(worked.append)
    panel.queue.ui.queueTable.selectRow(0)
    panel.queue.ui.openButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert panel.volumes.ui.volumeTable.item(0, 1).text() == "1.82"
    assert worked == []


def test_an_operation_is_asked_about_when_a_queued_study_is_opened_and_answered_with_one_click(open_panel):
    panel = open_panel(Behaviour.OPERATED)
    _queue_one(panel)
    table = panel.queue.ui.queueTable
    assert table.item(0, 1).text() == "segmented: operation?"
    assert panel.studies.ui.studyTable.item(0, int(Column.STATE)).text() == "segmented: operation?"
    assert panel.surgery.widget.isHidden()
    table.selectRow(0)
    panel.queue.ui.openButton.click()
    finish(panel)
    assert not panel.surgery.widget.isHidden()
    assert "'post op'" in panel.surgery.ui.questionLabel.text
    panel.surgery.ui.operatedButton.click()
    assert panel.surgery.widget.isHidden()
    finish(panel)
    assert panel.workflow.result.is_postoperative
    assert panel.surgery.widget.isHidden()
    assert panel.studies.ui.studyTable.item(0, int(Column.STATE)).text() == "segmented"


def test_a_failed_study_says_why_and_is_tried_again(open_panel):
    panel = open_panel(Behaviour.DIES)
    _list_studies(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.studies.ui.queueButton.click()
    wait_until(lambda: _queue_states(panel) == ["failed"])
    cell = panel.studies.ui.studyTable.item(0, int(Column.STATE))
    assert cell.text() == "failed: The worker pr…"
    assert cell.toolTip().startswith("failed: The worker process ended in the middle of its work")
    panel.queue.ui.queueTable.selectRow(0)
    assert "ended in the middle of its work" in panel.queue.ui.reasonLabel.text
    panel.queue.ui.retryButton.click()
    assert _queue_states(panel) == ["fetching"]
    panel.queue.ui.removeButton.click()
    assert panel.queue.widget.isHidden()


def test_a_second_slicer_shows_the_queue_of_the_first_and_says_that_it_only_looks_on(open_panel):
    first = open_panel(Behaviour.WAITS_FOR_CANCEL)
    _list_studies(first)
    first.studies.ui.studyTable.selectRow(0)
    first.studies.ui.queueButton.click()
    second = open_panel(Behaviour.WORKS)
    assert _queue_states(second) == ["fetching"]
    assert second.queue.ui.reasonLabel.text.startswith("Another Slicer or a router works on the queue.")
    second.queue.ui.queueTable.selectRow(0)
    assert not second.queue.ui.cancelButton.enabled
    _list_studies(second)
    second.studies.ui.studyTable.selectRow(0)
    second.studies.ui.queueButton.click()
    assert "Another Slicer or a router works on the queue." in second.message_bar.ui.textLabel.text
    first.shut_down()
    wait_until(lambda: _queue_states(second) == ["segmented"])
    assert second.queue.ui.reasonLabel.isHidden()


def test_identities_are_hidden_in_table_title_and_queue_with_one_switch(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _queue_one(panel)
    panel.studies.ui.hideBox.setChecked(True)
    shown = [
        panel.studies.widget.text,
        panel.studies.ui.studyTable.item(0, 1).text(),
        panel.queue.ui.queueTable.item(0, 0).text(),
    ]
    assert not any("Synthetic" in text or "SYN-1" in text for text in shown)
    assert "Patient " in shown[1]
    panel.studies.ui.hideBox.setChecked(False)


def _names_in_the_scene() -> str:
    """All that the subject hierarchy shows, tool tips included."""
    hierarchy = slicer.mrmlScene.GetSubjectHierarchyNode()
    items = vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    constants = slicer.vtkMRMLSubjectHierarchyConstants
    keys = constants.GetDICOMPatientNameAttributeName(), constants.GetDICOMPatientIDAttributeName()
    ids = [items.GetId(index) for index in range(items.GetNumberOfIds())]
    return "\n".join(f"{hierarchy.GetItemName(i)} {[hierarchy.GetItemAttribute(i, key) for key in keys]}" for i in ids)


def test_hidden_identities_are_hidden_in_the_searched_fields_and_the_data_tree_too(open_panel):
    panel = open_panel(Behaviour.WORKS)
    panel.studies.ui.hideBox.setChecked(True)
    _queue_one(panel)
    panel.queue.ui.queueTable.selectRow(0)
    panel.queue.ui.openButton.click()
    finish(panel)
    fields = (panel.archive.ui.patientEdit, panel.archive.ui.accessionEdit, panel.studies.ui.filterEdit)
    assert all(field.echoMode == qt.QLineEdit.Password for field in fields)
    pseudonym = panel.studies.ui.studyTable.item(0, 1).text()
    shown = _names_in_the_scene()
    assert pseudonym in shown
    assert not any(name in shown for name in ("Synthetic", "SYN-1"))
    panel.studies.ui.hideBox.setChecked(False)
    assert "Synthetic^Sam ['Synthetic^Sam', 'SYN-1']" in _names_in_the_scene()
    assert all(field.echoMode == qt.QLineEdit.Normal for field in fields)
    panel.studies.ui.hideBox.setChecked(True)
    assert _names_in_the_scene() == shown


def test_a_row_selected_during_a_review_is_not_taken_up_before_it_is_opened(open_panel, monkeypatch):
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    panel.studies.ui.studyTable.clearSelection()
    panel.studies.ui.studyTable.selectRow(0)
    assert panel.workflow.state is PanelState.REVIEW
    assert panel.studies.ui.studyTable.item(0, int(Column.STATE)).text() == "segmented"
    paint(panel.review.ui.segmentEditor, "ET", (7.0, 7.0, 1.0), 8.0)
    assert panel.workflow.is_corrected
    monkeypatch.setattr("slicer.util.confirmOkCancelDisplay", lambda *_args, **_more: False)
    panel.studies.ui.openButton.click()
    assert panel.workflow.result is not None, "she would rather stay"
    monkeypatch.setattr("slicer.util.confirmOkCancelDisplay", lambda *_args, **_more: True)
    panel.studies.ui.openButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW


def test_typing_searches_after_a_pause_and_replaces_the_search_that_runs(open_panel):
    panel = open_panel(Behaviour.WAITS_FOR_CANCEL)
    edit = panel.archive.ui.patientEdit
    searched = []
    panel.workflow.state_changed.connect(lambda: searched.append(edit.text) if _is_searching(panel) else None)
    for text in ("do", "doe"):
        edit.setText(text)
        edit.textEdited.emit(text)
        wait_until(lambda text=text: text in searched)
    assert searched == ["do", "doe"]


def _is_searching(panel: Panel) -> bool:
    return panel.workflow.state is PanelState.SEARCHING


def _list_studies(panel: Panel) -> None:
    """Search with a worker that answers, whatever becomes of the jobs of the queue."""
    panel.workflow._runner._runner._command = replay_command(Behaviour.WORKS)
    panel.archive.search()
    finish(panel)
