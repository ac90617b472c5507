"""Corrections that were not sent: kept a moment after each edit, found again when the study is opened."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import slicer
from host.driver import finish, paint, wait_until
from host.replay_worker import Behaviour
from host.slicer_app import application
from refusing_disks import full_disk, read_only, unanswering

from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.study.unsent import set_aside_unsent, write_unsent
from BratsSegmenterLib.widgets.assembly import studies_folder
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.study_table import Column

LEFT_OF_THE_TUMOUR = (7.0, 7.0, 1.0)
RADIUS_MM = 8.0


@pytest.fixture
def panel(open_panel):
    return open_panel(Behaviour.WORKS)


def _choose(panel) -> None:
    if not panel.studies.ui.studyTable.rowCount:
        panel.archive.ui.searchButton.click()
        finish(panel)
    panel.studies.ui.studyTable.clearSelection()
    panel.studies.ui.studyTable.selectRow(0)


def _segment(panel) -> None:
    _choose(panel)
    panel.run.ui.runButton.click()
    finish(panel)


def _leave_and_open_again(panel) -> None:
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    _choose(panel)
    panel.workflow.open_kept()
    finish(panel)


def _paint(panel) -> None:
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, RADIUS_MM)


def _volumes(panel) -> dict[str, str]:
    table = panel.volumes.ui.volumeTable
    return {table.item(row, 0).toolTip(): table.item(row, 1).text() for row in range(table.rowCount)}


def _unsent(panel) -> Path:
    return JobFolder(panel.workflow.folder).unsent


def test_an_edit_is_on_the_disk_a_moment_later(panel):
    _segment(panel)
    assert not _unsent(panel).exists()
    _paint(panel)
    wait_until(_unsent(panel).exists)


def test_a_study_that_is_left_and_opened_again_begins_with_the_corrections_and_says_so(panel):
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    edited = _volumes(panel)
    _leave_and_open_again(panel)
    assert _volumes(panel) == edited
    assert "that were not sent were found and taken up" in panel.message_bar.ui.textLabel.text
    panel.message_bar.ui.offerButton.click()
    assert _volumes(panel) == drawn
    assert panel.message_bar.widget.isHidden()
    panel.review.ui.segmentEditor.undo()
    assert _volumes(panel) == edited


def test_the_way_back_to_what_the_model_drew_stays_until_the_corrections_are_sent(panel):
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    _leave_and_open_again(panel)
    bar = panel.message_bar
    panel.send.ui.dryRunButton.click()
    finish(panel)
    assert bar.ui.offerButton.text == "Back to what the model drew"
    assert not bar.widget.isHidden()
    bar.ui.offerButton.click()
    assert _volumes(panel) == drawn
    panel.review.ui.segmentEditor.undo()
    _leave_and_open_again(panel)
    assert not bar.widget.isHidden()
    _send(panel)
    finish(panel)
    assert bar.widget.isHidden()


def test_corrections_that_were_taken_back_are_not_found_again(panel):
    _segment(panel)
    _paint(panel)
    panel._keeper.keep_now()
    panel.review.ui.segmentEditor.undo()
    _leave_and_open_again(panel)
    assert panel.message_bar.widget.isHidden()


def test_what_was_sent_is_not_found_again(panel):
    _segment(panel)
    _paint(panel)
    panel._keeper.keep_now()
    _send(panel)
    finish(panel)
    assert panel.workflow.state is PanelState.SENT
    assert not _unsent(panel).exists()


def _send(panel) -> None:
    panel.send.ui.reviewerEdit.setText("R. Eader")
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()


def _correct_and_send(panel) -> None:
    _segment(panel)
    _paint(panel)
    _send(panel)
    finish(panel)
    assert panel.workflow.state is PanelState.SENT


def test_a_corrected_study_that_was_sent_opens_as_it_was_sent_and_says_so(panel):
    _correct_and_send(panel)
    sent = _volumes(panel)
    _leave_and_open_again(panel)
    assert _volumes(panel) == sent
    assert "as you sent it on" in panel.message_bar.ui.textLabel.text
    assert "Version 2" in panel.send.ui.previewLabel.text
    assert "as corrected by you" in panel.send.ui.consentLabel.text
    assert panel.studies.ui.studyTable.item(0, int(Column.STATE)).text() == "sent"
    assert not panel.workflow.is_corrected, "nothing is asked when it is left"


def test_what_is_taken_back_to_the_model_s_after_a_sending_stays_taken_back(panel):
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    _send(panel)
    finish(panel)
    _leave_and_open_again(panel)
    panel.message_bar.ui.offerButton.click()
    assert panel.workflow.is_corrected
    _leave_and_open_again(panel)
    assert _volumes(panel) == drawn


def test_corrections_made_after_a_sending_come_before_what_was_sent(panel):
    _correct_and_send(panel)
    paint(panel.review.ui.segmentEditor, "NCR", LEFT_OF_THE_TUMOUR, RADIUS_MM)
    edited = _volumes(panel)
    _leave_and_open_again(panel)
    assert _volumes(panel) == edited
    assert "that were not sent were found" in panel.message_bar.ui.textLabel.text


def test_segmenting_again_after_a_sending_begins_with_what_the_model_draws(panel):
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    _send(panel)
    finish(panel)
    panel.run.ui.runButton.click()
    finish(panel)
    assert _volumes(panel) == drawn
    assert "Version 2" in panel.send.ui.previewLabel.text


def test_an_edit_that_is_undone_leaves_nothing_unsent_whether_the_result_was_sent_or_not(panel):
    _segment(panel)
    for settled in ("segmented", "sent"):
        _paint(panel)
        panel._keeper.keep_now()
        assert _unsent(panel).exists()
        panel.review.ui.segmentEditor.undo()
        panel._keeper.keep_now()
        panel.studies.update()
        assert not _unsent(panel).exists()
        assert panel.studies.ui.studyTable.item(0, int(Column.STATE)).text() == settled
        _send(panel)
        finish(panel)


def test_no_effect_stays_at_work_while_a_sending_runs(panel):
    _segment(panel)
    panel.enter()
    editor = panel.review.ui.segmentEditor
    editor.setCurrentSegmentID("ET")
    editor.setActiveEffectByName("Paint")
    _send(panel)
    assert panel.workflow.state is PanelState.SENDING
    assert editor.mrmlSegmentEditorNode().GetActiveEffectName() == ""
    finish(panel)


def test_what_is_drawn_while_a_sending_runs_is_kept_as_unsent_and_said(panel):
    _segment(panel)
    _send(panel)
    _paint(panel)
    edited = _volumes(panel)
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert "What you drew while this was sent is not in it" in panel.send.ui.receiptLabel.text
    assert not panel.send.ui.consentBox.isHidden()
    _leave_and_open_again(panel)
    assert _volumes(panel) == edited


def test_what_could_not_be_written_is_written_when_the_study_is_left(panel):
    _segment(panel)
    _paint(panel)
    edited = _volumes(panel)
    _unsent(panel).mkdir()  # in the way of the file
    panel._keeper.keep_now()
    assert "could not be written" in panel.message_bar.ui.textLabel.text
    _unsent(panel).rmdir()
    _leave_and_open_again(panel)
    assert _volumes(panel) == edited


def test_what_cannot_be_written_is_not_said_to_be_kept(panel, monkeypatch):
    questions = _answer(monkeypatch, False, False)
    _segment(panel)
    _paint(panel)
    _unsent(panel).mkdir()  # in the way of the file
    panel.studies.ui.openButton.click()
    panel.run.ui.runButton.click()
    assert panel.workflow.is_corrected
    assert len(questions) == 2
    assert all("could not be written to this computer, and would be lost" in question for question in questions)
    _unsent(panel).rmdir()


def test_a_share_that_does_not_answer_is_said_and_the_study_can_be_left(panel, monkeypatch):
    questions = _answer(monkeypatch, False)
    _segment(panel)
    _paint(panel)
    panel._keeper.keep_now()
    _paint(panel)
    with unanswering(studies_folder()):
        panel._keeper.keep_now()
        assert "unsent.nii.gz could not be written" in panel.message_bar.ui.textLabel.text
        panel.studies.ui.openButton.click()
        assert "could not be written to this computer, and would be lost" in questions[0]
        panel.close_scene()
    assert panel.workflow.state is PanelState.NO_STUDY
    assert "unsent.nii.gz could not be written" in panel.message_bar.ui.textLabel.text


def _answer(monkeypatch, *answers: bool) -> list[str]:
    """Answer the questions to come in this order; what was asked."""
    questions, left = [], iter(answers)

    def ask(question: str, **_more: str) -> bool:
        questions.append(question)
        return next(left)

    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", ask)
    return questions


def test_segmenting_again_asks_before_corrections_make_way(panel, monkeypatch):
    questions = _answer(monkeypatch, False, True)
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    edited = _volumes(panel)
    panel.run.ui.runButton.click()
    assert panel.workflow.is_corrected
    assert _volumes(panel) == edited
    panel.run.ui.runButton.click()
    finish(panel)
    assert _volumes(panel) == drawn
    assert len(questions) == 2
    assert all("They stay in the study's folder as a file" in question for question in questions)
    panel._keeper.keep_now()
    assert not _unsent(panel).exists()
    assert JobFolder(panel.workflow.folder).all_unsent(), "what was drawn stays as a file"


def test_the_button_opens_a_study_that_keeps_a_result_and_segmenting_it_anew_asks_before_corrections_make_way(
    panel, monkeypatch
):
    questions = _answer(monkeypatch, False, True)
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    edited = _volumes(panel)
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    _choose(panel)
    run = panel.run.ui
    assert run.runButton.text == "Open"
    run.runButton.click()
    finish(panel)
    assert _volumes(panel) == edited
    assert run.runButton.text == "Segment again"
    assert run.anewButton.isHidden()
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    _choose(panel)
    run.anewButton.click()
    assert panel.workflow.state is PanelState.STUDY_CHOSEN
    assert _unsent(panel).exists()
    run.anewButton.click()
    finish(panel)
    assert _volumes(panel) == drawn
    assert len(questions) == 2
    assert all("They stay in the study's folder as a file" in question for question in questions)
    assert JobFolder(panel.workflow.folder).all_unsent()


def test_a_saved_scene_stays_as_it_was_saved_and_later_corrections_are_offered(panel, tmp_path: Path):
    _segment(panel)
    saved = _volumes(panel)
    scene_file = str(tmp_path / "scene.mrb")
    slicer.mrmlScene.SetURL(scene_file)
    assert slicer.mrmlScene.WriteToMRB(scene_file)
    _paint(panel)
    edited = _volumes(panel)
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.ReadFromMRB(scene_file)
    panel.restore()
    assert _volumes(panel) == saved
    assert "this scene holds others" in panel.message_bar.ui.textLabel.text
    panel.message_bar.ui.offerButton.click()
    assert _volumes(panel) == edited


def test_whose_study_was_not_queued_is_not_told_on_once_identities_are_hidden(panel):
    _segment(panel)
    panel.studies.ui.queueButton.click()
    assert "Synthetic" in panel.message_bar.ui.textLabel.text
    panel.studies.ui.hideBox.setChecked(True)
    assert panel.message_bar.widget.isHidden()


def test_a_study_with_unsent_corrections_is_not_queued_and_its_corrections_stay(panel):
    _segment(panel)
    _paint(panel)
    edited = _volumes(panel)
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    _choose(panel)
    panel.studies.ui.queueButton.click()
    assert panel._worklist.queue.items == ()
    said = panel.message_bar.ui.textLabel.text
    assert "Not queued" in said
    assert "It holds corrections that were not sent" in said
    assert panel.studies.ui.studyTable.item(0, int(Column.STATE)).text() == "corrected"
    panel.studies.ui.openButton.click()
    finish(panel)
    assert _volumes(panel) == edited


def test_the_study_on_the_screen_is_not_queued(panel):
    _segment(panel)
    drawn_at = JobFolder(panel.workflow.folder).segmentation.stat().st_mtime_ns
    _choose(panel)
    panel.studies.ui.queueButton.click()
    assert panel._worklist.queue.items == ()
    assert "It is open in this panel" in panel.message_bar.ui.textLabel.text
    assert JobFolder(panel.workflow.folder).segmentation.stat().st_mtime_ns == drawn_at


def test_slicer_that_prunes_its_cache_takes_no_correction_away(panel):
    """As Slicer does whenever it starts while the cache is larger than the user allows."""
    download = Path(application().cachePath, "download.nrrd")
    _cache_as_slicer_starts()
    _segment(panel)
    _paint(panel)
    wait_until(JobFolder(panel.workflow.folder).unsent.exists)
    download.write_bytes(bytes(2_000_000))
    assert _cache_as_slicer_starts().PruneCache()
    assert not download.exists()
    assert JobFolder(panel.workflow.folder).unsent.exists()


def test_what_an_earlier_version_kept_in_the_cache_is_taken_over(panel, open_panel):
    _segment(panel)
    _paint(panel)
    wait_until(JobFolder(panel.workflow.folder).unsent.exists)
    painted = _volumes(panel)["ET"]
    panel.shut_down()
    cache = Path(application().cachePath)
    cache.mkdir()
    studies_folder().rename(cache / studies_folder().name)
    later = open_panel(Behaviour.WORKS)
    _choose(later)
    later.workflow.open_kept()
    finish(later)
    assert _volumes(later)["ET"] == painted


def _cache_as_slicer_starts():
    """Of the application's own class, with a limit of 1 MB."""
    cache = slicer.vtkCacheManager()
    cache.SetRemoteCacheDirectory(application().cachePath)
    cache.SetRemoteCacheLimit(1)
    return cache


def _draw_in_another_window(panel) -> bytes:
    """Corrections of the same study are kept from there; what their file holds."""
    review = panel._review
    write_unsent(np.where(review.labels == 3, 2, review.labels), review.geometry, _unsent(panel))
    return _unsent(panel).read_bytes()


def test_what_another_window_drew_is_not_written_over_and_said(panel):
    _segment(panel)
    theirs = _draw_in_another_window(panel)
    _paint(panel)
    panel._keeper.keep_now()
    said = panel.message_bar.ui.textLabel.text
    assert "drawn in another window" in said
    (set_aside,) = set(JobFolder(panel.workflow.folder).all_unsent()) - {_unsent(panel)}
    assert str(set_aside) in said
    assert set_aside.read_bytes() == theirs
    panel.review.ui.segmentEditor.undo()
    theirs = _draw_in_another_window(panel)
    panel._keeper.keep_now()
    assert _unsent(panel).read_bytes() == theirs


@pytest.mark.parametrize("way", ["open", "segment again", "close", "quit"])
def test_what_another_window_took_away_is_written_again_before_it_leaves_the_screen(panel, monkeypatch, way):
    questions = _answer(monkeypatch, False)
    _segment(panel)
    _paint(panel)
    panel._keeper.keep_now()
    unsent = _unsent(panel)
    kept = unsent.read_bytes()
    unsent.unlink()
    leave = {
        "open": panel.studies.ui.openButton.click,
        "segment again": panel.run.ui.runButton.click,
        "close": panel.close_scene,
        "quit": panel.shut_down,
    }
    leave[way]()
    assert unsent.read_bytes() == kept
    assert way != "open" or "They are kept on this computer" in questions[0]


def test_of_a_folder_that_was_cleaned_away_the_question_says_no_more_than_is_known(panel, monkeypatch):
    questions = _answer(monkeypatch, False)
    _segment(panel)
    _paint(panel)
    panel._keeper.keep_now()
    shutil.rmtree(panel.workflow.folder)
    panel.studies.ui.openButton.click()
    assert questions == [
        "They stay in the study's folder as a file, with which the study is not opened again. Leave it?"
    ]
    assert len(JobFolder(panel.workflow.folder).all_unsent()) == 1


def test_corrections_of_a_result_that_another_window_replaced_are_not_drawn_over_the_new_one(panel, monkeypatch):
    questions = _answer(monkeypatch, True)
    _segment(panel)
    drawn = _volumes(panel)
    _paint(panel)
    panel._keeper.keep_now()
    folder = JobFolder(panel.workflow.folder)
    set_aside = set_aside_unsent(folder)
    folder.segmentation.write_bytes(folder.segmentation.read_bytes())
    panel.studies.ui.openButton.click()
    finish(panel)
    assert "They stay in the study's folder as a file" in questions[0]
    assert folder.all_unsent() == (set_aside,)
    assert _volumes(panel) == drawn


def test_corrections_that_came_with_a_scene_are_written_before_they_are_said_to_be_kept(
    panel, monkeypatch, tmp_path: Path
):
    questions = _answer(monkeypatch, True)
    _segment(panel)
    _paint(panel)
    edited = _volumes(panel)
    scene_file = str(tmp_path / "scene.mrb")
    slicer.mrmlScene.SetURL(scene_file)
    assert slicer.mrmlScene.WriteToMRB(scene_file)
    unsent = _unsent(panel)
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    unsent.unlink()
    slicer.mrmlScene.ReadFromMRB(scene_file)
    panel.restore()
    panel.studies.ui.studyTable.selectRow(0)
    panel.studies.ui.openButton.click()
    finish(panel)
    assert "They are kept on this computer" in questions[0]
    assert _volumes(panel) == edited


def test_what_is_drawn_until_a_new_result_is_shown_is_kept_as_a_file(panel):
    _segment(panel)
    panel.run.ui.runButton.click()
    _paint(panel)
    finish(panel)
    assert not _unsent(panel).exists()
    assert len(JobFolder(panel.workflow.folder).all_unsent()) == 1


def test_what_was_set_aside_is_said_to_who_closes_the_scene_or_is_asked(panel, monkeypatch):
    questions = _answer(monkeypatch, False)
    _segment(panel)
    _paint(panel)
    _draw_in_another_window(panel)
    panel.studies.ui.openButton.click()
    assert "drawn in another window" in questions[0]
    _paint(panel)
    paint(panel.review.ui.segmentEditor, "NCR", LEFT_OF_THE_TUMOUR, RADIUS_MM)
    _draw_in_another_window(panel)
    panel.close_scene()
    assert "drawn in another window" in panel.message_bar.ui.textLabel.text
    assert not panel.message_bar.widget.isHidden()


def test_a_disk_that_refuses_holds_up_neither_an_edit_nor_the_closing_of_the_scene(panel):
    _segment(panel)
    _paint(panel)
    _draw_in_another_window(panel)
    with read_only(panel.workflow.folder):
        panel._keeper.keep_now()
        assert "could not be written" in panel.message_bar.ui.textLabel.text
        panel.close_scene()
    assert panel.workflow.state is PanelState.NO_STUDY
    assert "could not be written" in panel.message_bar.ui.textLabel.text
    assert not panel.message_bar.widget.isHidden()


def test_a_disk_that_does_not_let_others_corrections_be_set_aside_holds_up_no_sending(panel):
    _segment(panel)
    theirs = _draw_in_another_window(panel)
    _send(panel)
    with read_only(panel.workflow.folder):
        finish(panel)
    assert panel.workflow.state is PanelState.SENT
    assert "could not be written" in panel.message_bar.ui.textLabel.text
    assert _unsent(panel).read_bytes() == theirs


def test_corrections_stay_where_the_disk_did_not_take_what_was_sent(panel):
    _segment(panel)
    _paint(panel)
    edited = _volumes(panel)
    record = panel.workflow.folder / "sent.json"
    record.mkdir()  # in the way of the file
    _send(panel)
    finish(panel)
    assert panel.workflow.state is PanelState.SENT
    assert "this computer could not note that" in panel.send.ui.receiptLabel.text
    paint(panel.review.ui.segmentEditor, "NCR", LEFT_OF_THE_TUMOUR, RADIUS_MM)
    panel._keeper.keep_now()
    panel.review.ui.segmentEditor.undo()
    panel._keeper.keep_now()
    record.rmdir()
    _leave_and_open_again(panel)
    assert _volumes(panel) == edited


def test_an_edit_whose_record_the_disk_refuses_takes_the_consent_back_and_is_kept(panel):
    _segment(panel)
    panel.send.ui.consentBox.setChecked(True)
    drawn = _volumes(panel)
    with full_disk(10):
        _paint(panel)
    assert "cannot be written to" in panel.message_bar.ui.textLabel.text
    assert _volumes(panel) != drawn
    assert not panel.send.ui.consentBox.checked
    wait_until(_unsent(panel).exists)


@pytest.mark.skipif(os.name == "nt", reason="kills a process by signal")
def test_a_killed_slicer_loses_no_correction(panel, tmp_path: Path):
    """Another process segments and paints; it is killed while its event loop turns."""
    script = Path(__file__).with_name("paint_until_killed.py")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, str(script), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        assert process.stdout is not None
        edited_ml = process.stdout.readline().strip()
        kept = next(iter(studies_folder().iterdir()))
        wait_until(JobFolder(kept).unsent.exists)
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
    _choose(panel)
    panel.workflow.open_kept()
    finish(panel)
    assert _volumes(panel)["ET"] == edited_ml
    assert "that were not sent were found" in panel.message_bar.ui.textLabel.text
