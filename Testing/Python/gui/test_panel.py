"""The panel clicked through, over a worker that answers without working."""

import pytest
import qt
import slicer
import vtk
from child_processes import started_processes
from host.driver import finish, paint, wait_until
from host.fixtures import replay_command
from host.hands import Hands
from host.replay_worker import Behaviour
from host.slicer_app import application

from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.segmentation import download
from BratsSegmenterLib.widgets.assembly import build_panel
from BratsSegmenterLib.widgets.choices import RunOptions
from BratsSegmenterLib.widgets.remaining_time import StageTimes
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.worker_messages import Failure

LEFT_OF_THE_TUMOUR = (7.0, 7.0, 1.0)


def _choose_study(panel):
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)


def _segment(panel):
    _choose_study(panel)
    panel.run.ui.runButton.click()
    finish(panel)


def _volumes(panel) -> dict[str, tuple[str, str]]:
    table = panel.volumes.ui.volumeTable
    cells = [[table.item(row, column).text() for column in (1, 3)] for row in range(table.rowCount)]
    keys = [table.item(row, 0).toolTip() for row in range(table.rowCount)]
    return {key: (volume, change) for key, (volume, change) in zip(keys, cells, strict=True)}


def test_without_an_archive_the_panel_asks_for_one_and_nothing_else_can_be_done(parameter_node, tmp_path):
    application().settle_in(tmp_path)
    frame = qt.QWidget()
    panel = build_panel(qt.QVBoxLayout(frame), parameter_node)
    assert not panel.archive.editor.widget.isHidden()
    assert not panel.archive.ui.searchButton.enabled
    assert not panel.run.ui.runButton.enabled
    assert panel.volumes.ui.algorithmLabel.text == "A segmented study is measured here."
    panel.shut_down()


def test_a_connection_test_answers_in_plain_words(open_panel):
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.testButton.click()
    assert panel.progress.widget.enabled
    finish(panel)
    assert panel.archive.ui.checksLabel.text == "✓  The archive answers.\n–  Storing was not tried."
    assert not panel.progress.widget.enabled


def test_an_address_that_is_none_is_refused_with_a_sentence(open_panel):
    panel = open_panel(Behaviour.WORKS)
    panel.archive.editor.ui.urlEdit.setText("pacs")
    panel.archive.editor.ui.saveButton.click()
    assert "not an http or https URL" in panel.message_bar.ui.textLabel.text


def test_only_the_fields_of_the_chosen_kind_of_sign_in_are_shown(open_panel):
    editor = open_panel(Behaviour.WORKS).archive.editor
    editor.ui.authenticationSelector.setCurrentIndex(1)
    assert not editor.ui.passwordEdit.isHidden()
    assert editor.ui.tokenEdit.isHidden()


def test_a_clear_study_goes_from_search_to_segments_with_three_clicks(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert panel.review.ui.segmentEditor.segmentationNode() is not None
    assert _volumes(panel)["ET"] == ("1.82", "")
    assert panel.archive.widget.collapsed
    assert not panel.volumes.widget.collapsed


def test_a_doubtful_study_waits_and_the_user_s_choice_is_what_is_segmented(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _segment(panel)
    assert panel.workflow.state is PanelState.PREPARED
    assert "Not sure about T2" in panel.message_bar.ui.textLabel.text
    assert "Series 3 is called T2" in panel.sequences.ui.noticesLabel.text
    assert panel.run.ui.runButton.text == "Segment"
    selectors = {sequence.value: row.selector for sequence, row in panel.sequences.rows.items()}
    selectors["T2"].setCurrentIndex(selectors["T2"].findData("2.25.4"))
    assert not panel.run.ui.runButton.enabled, "FLAIR and T2 cannot be the same series"
    selectors["T2"].setCurrentIndex(0)
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert "FLAIR ends within the tumour." in panel.message_bar.ui.textLabel.text


def test_what_was_chosen_and_ticked_is_there_when_the_study_is_chosen_again(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _choose_study(panel)
    panel.run.ui.runButton.click()
    finish(panel)
    panel.sequences.rows[Sequence.T2].selector.setCurrentIndex(0)
    panel.sequences.ui.surgeryBox.setChecked(True)
    decided = panel.workflow.sequences.choices
    panel.studies.ui.studyTable.clearSelection()
    panel.studies.ui.studyTable.selectRow(0)
    assert panel.workflow.sequences is None
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.workflow.sequences.choices == decided
    assert panel.sequences.ui.surgeryBox.checked


def test_a_click_takes_up_the_study_of_a_closed_scene_again(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    panel.close_scene()
    window = panel.studies.widget.window()
    window.resize(600, 1600)
    panel.studies.fold(False)
    Hands(window).click_row(panel.studies.ui.studyTable, 0)
    assert panel.workflow.study is not None
    assert panel.run.ui.runButton.enabled
    window.close()


def test_a_page_that_did_not_come_does_not_number_the_next_search(open_panel):
    panel = open_panel(Behaviour.FAILS)
    panel.archive.search_page(1)
    finish(panel)
    panel.workflow._runner._runner._command = replay_command(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    assert panel.studies.ui.summaryLabel.text.startswith("Studies 1 to")


def test_a_localiser_is_not_offered(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _segment(panel)
    selector = next(iter(panel.sequences.rows.values())).selector
    assert selector.findData("2.25.9") == -1


def test_painting_changes_the_table_and_undo_brings_it_back(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    before = _volumes(panel)
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 10.0)
    after = _volumes(panel)
    assert float(after["ET"][0]) > float(before["ET"][0]) + 1
    assert after["ET"][1].startswith("+")
    assert float(after["ED"][0]) < float(before["ED"][0]), "what is painted as one region is no longer another"
    panel.review.ui.segmentEditor.undo()
    assert _volumes(panel) == before


def test_diameters_follow_an_edit_and_sentence_table_and_file_say_what_is_drawn(open_panel, monkeypatch, tmp_path):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    volumes = panel.volumes.ui
    wait_until(lambda: "Largest measurable: 16.4" in volumes.lesionsLabel.text)
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 10.0)
    wait_until(lambda: "Largest measurable: 16.4" not in volumes.lesionsLabel.text)
    clipboard = qt.QApplication.clipboard()
    volumes.sentenceButton.click()
    sentence = clipboard.text()
    assert sentence.startswith(f"Enhancing tumour {_volumes(panel)['ET'][0]} mL, largest measurable lesion ")
    assert sentence.endswith("corrected by hand.")
    volumes.copyButton.click()
    assert clipboard.text().splitlines()[1].startswith("Enhancing tumour\t" + _volumes(panel)["ET"][0])
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: str(tmp_path / "volumes.csv"))
    volumes.saveButton.click()
    assert (tmp_path / "volumes.csv").read_text().startswith("region,name,volume_ml")


def test_a_file_that_cannot_be_written_is_a_sentence(open_panel, monkeypatch, tmp_path):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    (tmp_path / "file").touch()
    monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", lambda *_: str(tmp_path / "file" / "volumes.csv"))
    panel.volumes.ui.saveButton.click()
    assert "volumes.csv cannot be written" in panel.message_bar.ui.textLabel.text


def test_nothing_is_sent_before_the_user_agrees_and_an_edit_takes_the_consent_back(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    send = panel.send.ui
    assert not send.sendButton.enabled
    send.consentBox.setChecked(True)
    assert send.sendButton.enabled
    assert "unchanged by you" in send.consentLabel.text
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 5.0)
    assert not send.sendButton.enabled
    assert "as corrected by you" in send.consentLabel.text


def test_a_sent_result_shows_its_receipt_until_it_is_edited_again(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.SENT
    assert panel.send.ui.receiptLabel.text.startswith("✓ Version 1 is in 'Ward 3' since 3 May 2026")
    assert panel.send.ui.receiptLabel.text.endswith("RT Structure Set; read back and verified.")
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 5.0)
    assert panel.workflow.state is PanelState.REVIEW
    assert panel.send.ui.receiptLabel.isHidden()


def test_a_search_meanwhile_takes_neither_the_receipt_nor_what_was_agreed_to_away(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    send = panel.send.ui
    editor = panel.review.ui.segmentEditor
    for begin in (panel.archive.ui.searchButton.click, panel.archive.ui.testButton.click):
        send.consentBox.setChecked(True)
        editor.setActiveEffectByName("Paint")
        begin()
        assert not send.sendButton.enabled
        assert not send.consentBox.enabled
        assert editor.mrmlSegmentEditorNode().GetActiveEffectName() == "Paint"
        assert panel.review.widget.enabled
        finish(panel)
        assert send.sendButton.enabled
    send.sendButton.click()
    finish(panel)
    receipt = send.receiptLabel.text
    panel.archive.ui.searchButton.click()
    assert not send.consentBox.isVisibleTo(panel.send.widget)
    finish(panel)
    assert panel.workflow.state is PanelState.SENT
    assert send.receiptLabel.text == receipt
    assert not send.folderButton.isHidden()


def test_a_study_with_an_earlier_result_asks_and_continues_from_it(open_panel):
    panel = open_panel(Behaviour.FINDS_RESULTS)
    _segment(panel)
    assert panel.workflow.state is PanelState.PREPARED
    assert "carries results already" in panel.message_bar.ui.textLabel.text
    assert "Version 1: corrected, reviewed by Curie, Marie, 3 May 2026" in panel.run.earlier.ui.resultsLabel.text
    panel.run.earlier.ui.resumeButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert "The region 'Edema' was taken as ED." in panel.message_bar.ui.textLabel.text
    assert _volumes(panel)["ET"] == ("1.82", "")


def test_without_an_earlier_result_none_is_offered(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _segment(panel)
    assert panel.run.earlier.ui.resumeButton.isHidden()
    assert panel.run.earlier.ui.resultsLabel.isHidden()


def test_what_the_archive_says_already_is_not_sent_again_and_the_panel_says_so(open_panel):
    panel = open_panel(Behaviour.FINDS_RESULTS)
    _segment(panel)
    panel.run.earlier.ui.resumeButton.click()
    finish(panel)
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    finish(panel)
    said = "Version 1 in the archive says exactly this already; nothing was sent."
    assert panel.send.ui.receiptLabel.text == said


def test_only_a_named_reviewer_can_approve_and_the_consent_says_it(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    send = panel.send.ui
    assert not send.approvedBox.enabled
    send.reviewerEdit.setText("R. Eader")
    send.consentBox.setChecked(True)
    send.approvedBox.setChecked(True)
    assert "approved as final" in send.consentLabel.text
    assert not send.consentBox.checked, "what was agreed to was no approval"
    send.reviewerEdit.setText(" ")
    assert not send.approvedBox.enabled
    assert not send.approvedBox.checked


def test_an_approval_is_given_anew_for_each_sending(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    send = panel.send.ui
    send.reviewerEdit.setText("R. Eader")
    send.approvedBox.setChecked(True)
    send.consentBox.setChecked(True)
    send.sendButton.click()
    finish(panel)
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 5.0)
    assert send.reviewerEdit.text == "R. Eader"
    assert send.approvedBox.enabled
    assert not send.approvedBox.checked


def test_missing_slices_are_filled_when_the_user_agrees(open_panel):
    panel = open_panel(Behaviour.FINDS_A_GAP)
    _segment(panel)
    assert panel.workflow.state is PanelState.PREPARED
    assert "slices 7 and 8 are missing" in panel.message_bar.ui.textLabel.text
    assert not panel.message_bar.ui.offerButton.isHidden()
    panel.message_bar.ui.offerButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert panel.message_bar.widget.isHidden()


def test_no_other_failure_offers_to_resample(open_panel):
    panel = open_panel(Behaviour.FAILS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    assert panel.message_bar.ui.offerButton.isHidden()


def test_a_gap_below_anything_but_a_result_that_is_to_come_offers_nothing(open_panel):
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.workflow.failed.emit(Failure("Slices 7 and 8 are missing.", kind="GapError"))
    assert panel.message_bar.ui.textLabel.text.startswith("Slices 7 and 8")
    assert panel.message_bar.ui.offerButton.isHidden()


def test_the_offer_to_resample_one_study_is_gone_when_another_is_chosen(open_panel, tmp_path):
    panel = open_panel(Behaviour.FINDS_A_GAP)
    _segment(panel)
    panel.archive.use_folder(tmp_path)
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    assert panel.message_bar.widget.isHidden()


def test_rows_of_an_archive_stay_its_own_when_the_listing_of_a_folder_is_cancelled(open_panel, tmp_path):
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.workflow._runner._runner._command = replay_command(Behaviour.WAITS_FOR_CANCEL)
    panel.archive.use_folder(tmp_path)
    panel.progress.ui.cancelButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    assert panel.workflow.connection.profile.name == "Ward 3"


def test_model_and_steps_are_folded_away_and_are_what_is_run(open_panel):
    panel = open_panel(Behaviour.WORKS)
    run = panel.run.ui
    assert run.advancedButton.collapsed
    assert run.modelSelector.currentText == "glioma-synthetic"
    asked = []
    panel.workflow.run = asked.append
    run.brainMaskBox.setChecked(False)
    _choose_study(panel)
    run.runButton.click()
    assert asked == [RunOptions("glioma-synthetic", "auto", PreprocessingSteps(brain_mask=False))]


def test_a_model_of_the_model_zoo_is_downloaded_after_one_question_and_then_segments(open_panel, tmp_path, monkeypatch):
    monkeypatch.setattr(download, "models_folder", lambda: tmp_path)
    questions = []
    answers = iter((False, True))
    monkeypatch.setattr(
        slicer.util, "confirmOkCancelDisplay", lambda text, **_more: questions.append(text) or next(answers)
    )
    panel = open_panel(Behaviour.WORKS)
    run = panel.run.ui
    run.modelSelector.setCurrentIndex(run.modelSelector.findData("brats_mri_segmentation"))
    assert run.modelSelector.currentText == "brats_mri_segmentation (to be downloaded, 19 MB)"
    _choose_study(panel)
    run.runButton.click()
    assert "Press the button again" in panel.message_bar.ui.textLabel.text
    assert panel.workflow.state is PanelState.STUDY_CHOSEN
    run.runButton.click()
    assert panel.progress.ui.stageLabel.text == "Downloading the model"
    finish(panel)
    assert panel.workflow.result.algorithm.name == "brats_mri_segmentation"
    assert len(questions) == 2


@pytest.mark.parametrize("name", ["archive", "studies", "sequences", "run", "views", "review", "volumes", "send"])
def test_what_is_hidden_while_a_part_is_folded_stays_hidden_when_it_unfolds(open_panel, name: str):
    part = getattr(open_panel(Behaviour.WORKS), name)
    held = part.column.parentWidget().findChildren(qt.QWidget)[0]
    held.setVisible(True)
    part.fold(True)
    held.setVisible(False)
    part.fold(False)
    assert held.isHidden()


def test_a_failure_is_shown_with_what_to_do_next_and_the_cause_folded_away(open_panel):
    panel = open_panel(Behaviour.FAILS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    bar = panel.message_bar
    assert bar.ui.textLabel.text == "The PACS answered 401. Check user name and password."
    assert bar.ui.causeLabel.isHidden()
    bar.ui.detailsButton.click()
    assert bar.ui.causeLabel.text == "HTTP 401"


def _warned(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _segment(panel)
    panel.run.ui.runButton.click()
    finish(panel)
    assert "FLAIR ends within the tumour" in panel.message_bar.ui.textLabel.text
    return panel


def test_what_a_result_warns_of_stays_whatever_runs_until_the_user_closes_it(open_panel):
    panel = _warned(open_panel)
    bar = panel.message_bar
    panel.archive.ui.searchButton.click()
    assert not bar.widget.isHidden()
    finish(panel)
    panel.send.ui.dryRunButton.click()
    finish(panel)
    assert not bar.widget.isHidden()
    bar.ui.closeButton.click()
    panel.archive.ui.searchButton.click()
    finish(panel)
    assert bar.widget.isHidden()


def test_what_a_result_warns_of_comes_back_after_a_failure(open_panel):
    panel = _warned(open_panel)
    bar = panel.message_bar
    panel.workflow.failed.emit(Failure("The PACS answered 503.", "Try again."))
    assert bar.ui.textLabel.text == "The PACS answered 503. Try again."
    bar.ui.closeButton.click()
    assert "FLAIR ends within the tumour" in bar.ui.textLabel.text
    assert not bar.widget.isHidden()
    panel.workflow.failed.emit(Failure("The PACS answered 503.", "Try again."))
    panel.archive.ui.searchButton.click()
    assert "FLAIR ends within the tumour" in bar.ui.textLabel.text
    finish(panel)


def test_what_a_result_warns_of_goes_with_it(open_panel):
    panel = _warned(open_panel)
    panel.close_scene()
    assert panel.message_bar.widget.isHidden()


def test_cancel_stops_and_the_study_can_be_run_again(open_panel):
    panel = open_panel(Behaviour.WAITS_FOR_CANCEL)
    panel.archive.ui.searchButton.click()
    wait_until(lambda: panel.progress.ui.progressBar.value > 0)
    panel.progress.ui.cancelButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.NO_STUDY
    assert panel.archive.ui.searchButton.enabled
    assert panel.message_bar.widget.isHidden()


def test_what_runs_says_stage_and_remaining_time_by_what_it_took_before(open_panel):
    StageTimes(slicer.app.userSettings()).keep(PanelState.SEARCHING.name, {"search": 40.0, "write": 60.0})
    panel = open_panel(Behaviour.WAITS_FOR_CANCEL)
    panel.archive.ui.searchButton.click()
    wait_until(lambda: panel.progress.ui.stageLabel.text == "Searching: search: half")
    assert panel.progress.ui.timeLabel.text == "about 2 min left"
    panel.progress.ui.cancelButton.click()
    finish(panel)


def test_a_crash_of_the_worker_is_a_message_and_slicer_lives_on(open_panel):
    panel = open_panel(Behaviour.DIES)
    panel.archive.ui.searchButton.click()
    finish(panel)
    assert "ended in the middle of its work" in panel.message_bar.ui.textLabel.text
    assert panel.archive.ui.searchButton.enabled


@pytest.mark.parametrize("close", ["scene", "module"])
def test_closing_in_the_middle_of_a_job_leaves_no_process_behind(open_panel, close):
    panel = open_panel(Behaviour.HANGS)
    panel.archive.ui.searchButton.click()
    wait_until(lambda: panel.progress.ui.progressBar.value > 0)
    panel.close_scene() if close == "scene" else panel.shut_down()
    assert started_processes() == []


def test_a_closed_scene_leaves_an_empty_panel_ready_for_the_next_study(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    assert panel.workflow.state is PanelState.NO_STUDY
    assert panel.review.ui.segmentEditor.segmentationNode() is None
    assert panel.volumes.ui.volumeTable.rowCount == 0
    _segment(panel)
    assert panel.workflow.state is PanelState.REVIEW


@pytest.mark.parametrize("is_hidden", [False, True], ids=["named", "hidden"])
def test_a_saved_scene_opens_in_review(open_panel, tmp_path, is_hidden):
    panel = open_panel(Behaviour.WORKS)
    panel.studies.ui.hideBox.setChecked(is_hidden)
    _segment(panel)
    panel.views.ui.boxED.click()
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 10.0)
    edited = _volumes(panel)
    slicer.mrmlScene.SetURL(str(tmp_path / "scene.mrb"))
    assert slicer.mrmlScene.WriteToMRB(str(tmp_path / "scene.mrb"))
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    slicer.mrmlScene.ReadFromMRB(str(tmp_path / "scene.mrb"))
    panel.restore()
    assert panel.workflow.state is PanelState.REVIEW
    assert _volumes(panel) == edited
    assert not panel.views.ui.boxED.checked
    assert panel.views.ui.boxET.checked
    assert any("Sam" in name for name in _names_in_tree()) != is_hidden


def _names_in_tree() -> list[str]:
    hierarchy, items = slicer.mrmlScene.GetSubjectHierarchyNode(), vtk.vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), items, True)
    return [hierarchy.GetItemName(items.GetId(index)) for index in range(items.GetNumberOfIds())]


def test_whatever_can_be_clicked_or_filled_in_says_what_it_is_for(open_panel):
    panel = open_panel(Behaviour.WORKS)
    before_result = (panel.archive, panel.archive.editor, panel.studies, panel.queue, panel.sequences, panel.run)
    parts = (*before_result, panel.volumes, panel.send, panel.message_bar, panel.progress)
    silent = [
        child.name
        for part in parts
        for kind in (qt.QAbstractButton, qt.QLineEdit, qt.QComboBox, qt.QTableWidget)
        for child in part.widget.findChildren(kind)
        if child.name and not child.name.startswith("qt_") and not child.toolTip
    ]
    assert silent == []


def test_a_missing_sequence_is_offered_from_another_study_and_fetched_with_one_click(open_panel):
    panel = open_panel(Behaviour.LACKS_FLAIR)
    _segment(panel)
    assert panel.workflow.state is PanelState.PREPARED
    ui = panel.sequences.rows[Sequence.FLAIR].ui
    wait_until(lambda: not ui.offerFrame.isHidden())
    assert ui.offerLabel.text == "The study of 2025-12-24, 9 days earlier, has 'Ax T2 FLAIR'."
    assert panel.sequences.rows[Sequence.T2].ui.offerFrame.isHidden()
    ui.offerButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.PREPARED
    assert ui.offerFrame.isHidden()
    assert ui.selector.currentText == "8  Ax T2 FLAIR, 2025-12-24  (24)"
    assert "From another study of this patient" in ui.doubtLabel.text
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
