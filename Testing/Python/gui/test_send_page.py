"""The send page: what will be sent is shown, rehearsed, signed with one tick; four clicks for an unedited result."""

import html
import shutil
from pathlib import Path

import pytest
import qt
import slicer
from host.driver import finish, paint
from host.hands import Hands
from host.replay_worker import Behaviour

from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.worker_messages import CancelledByUser

LEFT_OF_THE_TUMOUR = (7.0, 7.0, 1.0)


@pytest.fixture
def opened_addresses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What the panel asked the desktop to open."""
    addresses: list[str] = []
    monkeypatch.setattr(qt.QDesktopServices, "openUrl", lambda url: addresses.append(url.toString()))
    return addresses


@pytest.fixture
def open_segmented(open_panel):
    """Opens the panel with a segmented study."""

    def open_it(behaviour: Behaviour = Behaviour.WORKS):
        panel = open_panel(behaviour)
        panel.archive.ui.searchButton.click()
        finish(panel)
        panel.studies.ui.studyTable.selectRow(0)
        panel.run.ui.runButton.click()
        finish(panel)
        return panel

    return open_it


def test_four_clicks_lead_from_an_open_study_list_to_a_sent_unedited_signed_result(open_segmented):
    panel = open_segmented()
    panel.send.ui.reviewerEdit.setText("R. Eader")  # once in a reader's life; remembered at the first sending
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    finish(panel)

    shutil.rmtree(panel.workflow.folder)  # so that it is a study like the next reader's
    panel.archive.ui.searchButton.click()
    finish(panel)
    window = panel.send.widget.window()
    window.resize(600, 1600)
    panel.studies.ui.studyTable.clearSelection()
    panel.studies.fold(False)
    hands = Hands(window)
    hands.click_row(panel.studies.ui.studyTable, 0)
    hands.click(panel.run.ui.runButton)
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert "sign it as R. Eader" in panel.send.ui.consentLabel.text
    hands.click_box(panel.send.ui.consentBox)
    hands.click(panel.send.ui.sendButton)
    finish(panel)
    assert panel.workflow.state is PanelState.SENT
    assert hands.clicks == 4
    window.close()


def test_files_of_the_study_before_are_not_offered_with_the_next(open_segmented):
    panel = open_segmented()
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    finish(panel)
    assert not panel.send.ui.folderButton.isHidden()
    panel.send.fold(True)
    panel.workflow.choose_files(panel.workflow.study, (Path("/scanner/1.dcm"),))
    panel.send.fold(False)
    assert panel.send.ui.folderButton.isHidden()


def test_the_page_shows_what_will_be_sent_before_it_is_agreed_to(open_segmented):
    send = open_segmented().send
    send.ui.reviewerEdit.setText("R. Eader")
    send.format_boxes["KEY_IMAGE"].setChecked(True)
    shown = send.ui.previewLabel.text
    for text in (
        "Version 1, the first of this study",
        "Glioma regions v1 (AI, reviewed by R. Eader)",
        "Key images (a page for each measured lesion",
        "not approved as final",
        "http://127.0.0.1:1/dicom-web",
    ):
        assert text in shown


def test_a_dry_run_sends_nothing_needs_no_consent_and_shows_checks_and_files(open_segmented, opened_addresses):
    panel = open_segmented()
    send = panel.send.ui
    assert not send.consentBox.checked
    send.dryRunButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert send.receiptLabel.text == "Dry run: RT Structure Set written and checked; nothing was sent."
    assert "RTSTRUCT: 0 voxels differ." in send.checksLabel.text
    send.folderButton.click()
    assert opened_addresses[0].startswith("file:///")
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 5.0)
    assert send.receiptLabel.isHidden()
    assert send.folderButton.isHidden()


def test_how_contours_were_wanted_is_said_and_not_asked_for_the_next_result(open_segmented):
    panel = open_segmented()
    panel.send.ui.nestedBox.setChecked(True)
    panel.send.ui.smoothBox.setChecked(True)
    assert "RT Structure Set (with WT and TC, smooth contours)" in panel.send.ui.previewLabel.text
    panel.close_scene()
    panel.studies.ui.studyTable.selectRow(0)
    panel.studies.ui.openButton.click()
    finish(panel)
    assert not panel.send.ui.nestedBox.checked
    assert not panel.send.ui.smoothBox.checked
    assert "with WT and TC" not in panel.send.ui.previewLabel.text


def test_that_nothing_is_drawn_is_sent_as_a_report_alone_in_the_name_of_a_reviewer(open_segmented):
    panel = open_segmented()
    send, editor = panel.send, panel.review.ui.segmentEditor
    for segment_id in ("ET", "NCR", "ED"):
        paint(editor, segment_id, LEFT_OF_THE_TUMOUR, 200.0, erase=True)
    assert "Choose the measurement report" in send.ui.consentLabel.text
    send.format_boxes["SR"].setChecked(True)
    assert "Enter the name of the reviewer" in send.ui.consentLabel.text
    assert not send.ui.consentBox.enabled
    assert not send.ui.dryRunButton.enabled
    send.ui.reviewerEdit.setText("R. Eader")
    assert send.ui.dryRunButton.enabled
    assert "you saw none of the measured regions, and sign that as R. Eader" in send.ui.consentLabel.text
    assert "Glioma volumes v1" in send.ui.previewLabel.text
    assert "Glioma regions" not in send.ui.previewLabel.text
    assert "RT Structure Set" not in send.ui.consentLabel.text
    send.ui.consentBox.setChecked(True)
    send.ui.sendButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.SENT
    paint(editor, "ET", LEFT_OF_THE_TUMOUR, 5.0)
    assert not send.ui.consentBox.checked
    assert "Glioma regions" in send.ui.previewLabel.text


def test_the_button_names_the_archive_as_it_is_called_and_no_wider_than_the_panel(open_segmented):
    panel = open_segmented()
    _segment_files(panel)
    for name, shown in (("R&D", "R&&D"), ("Radiology of the hospital, third floor", "Radiology of t…al, third floor")):
        _add_archive(panel, name)
        assert panel.send.ui.sendButton.text == f"Send to '{shown}'"


def test_the_archive_s_viewer_is_offered_after_sending_where_it_has_one(open_segmented, opened_addresses):
    panel = open_segmented()
    send = panel.send.ui
    editor = panel.archive.editor.ui
    editor.viewerEdit.setText("https://viewer.example/?study={study_uid}")
    editor.saveButton.click()
    assert send.viewerButton.isHidden()
    send.consentBox.setChecked(True)
    send.sendButton.click()
    finish(panel)
    assert not send.viewerButton.isHidden()
    send.viewerButton.click()
    assert opened_addresses == ["https://viewer.example/?study=2.25.1001"]


def test_an_archive_without_a_viewer_offers_none(open_segmented):
    panel = open_segmented()
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    finish(panel)
    assert panel.send.ui.viewerButton.isHidden()


@pytest.mark.parametrize("change", ["approval", "format", "archive"])
def test_a_sent_result_can_be_sent_with_a_signature_a_format_or_to_an_archive_more(open_segmented, change: str):
    panel = open_segmented()
    _segment_files(panel)
    send = panel.send
    send.ui.reviewerEdit.setText("R. Eader")
    _sent_to(panel)
    assert panel.workflow.state is PanelState.SENT
    assert send.ui.consentBox.isHidden(), "nothing else is wanted of it yet"
    match change:
        case "approval":
            send.ui.approvedBox.setChecked(True)
        case "format":
            send.format_boxes["SEG"].setChecked(True)
        case "archive":
            _add_archive(panel, "Research")
    assert not send.ui.consentBox.isHidden()
    assert "Version 2, which refers to version 1" in send.ui.previewLabel.text
    assert not send.ui.receiptLabel.isHidden(), "what was sent still is"
    send.ui.consentBox.setChecked(True)
    (job,) = _jobs_of(panel, send.ui.sendButton.click)
    match change:
        case "approval":
            assert job.approved
        case "format":
            assert job.formats == ("RTSTRUCT", "SEG")
        case "archive":
            assert job.profile.name == "Research"
    assert panel.workflow.state is PanelState.SENT
    assert send.ui.consentBox.isHidden()


@pytest.mark.parametrize("change", ["reviewer", "format", "nested", "smooth", "archive", "address"])
def test_whatever_changes_after_the_signature_takes_it_back(open_segmented, change: str):
    panel = open_segmented()
    send = panel.send
    _add_archive(panel, "Research")
    send.ui.consentBox.setChecked(True)
    match change:
        case "reviewer":
            send.ui.reviewerEdit.setText("Somebody else")
        case "format":
            send.format_boxes["SEG"].setChecked(True)
        case "nested":
            send.ui.nestedBox.setChecked(True)
        case "smooth":
            send.ui.smoothBox.setChecked(True)
        case "archive":
            _choose_archive(panel, "Ward 3")
        case "address":
            panel.archive.editor.ui.urlEdit.setText("http://127.0.0.1:3/dicom-web")
            panel.archive.editor.ui.saveButton.click()
    assert not send.ui.consentBox.checked
    assert not send.ui.sendButton.enabled


def test_a_result_goes_back_to_the_archive_of_its_study_whatever_is_searched_meanwhile(open_segmented):
    panel = open_segmented()
    _add_archive(panel, "Research")
    assert panel.archive.ui.profileSelector.currentText == "Research"
    assert panel.send.ui.sendButton.text == "Send to 'Ward 3'"
    assert "To 'Ward 3', http://127.0.0.1:1/dicom-web" in html.unescape(panel.send.ui.previewLabel.text)
    assert panel.send.ui.consentLabel.text.endswith("in the same study of 'Ward 3'.")
    assert _sent_to(panel) == "Ward 3"
    assert "is in 'Ward 3' since" in panel.send.ui.receiptLabel.text


def test_a_result_of_images_on_this_computer_goes_to_the_archive_in_use(open_segmented):
    panel = open_segmented()
    _segment_files(panel)
    _add_archive(panel, "Research")
    assert panel.send.ui.consentLabel.text.endswith(
        "under this study in 'Research'. Its images are on this computer: should 'Research' not hold the study, the"
        " result would stand there alone."
    )
    assert _sent_to(panel) == "Research"


def test_without_an_archive_a_dry_run_can_be_set_up_and_the_page_says_what_sending_needs(open_segmented, monkeypatch):
    panel = open_segmented()
    _segment_files(panel)
    _remove_archive(panel, monkeypatch)
    send = panel.send.ui
    assert send.consentLabel.text == "Add an archive in part 1 to send this result; a dry run works without one."
    assert send.consentBox.isHidden()
    assert not send.sendButton.enabled
    send.reviewerEdit.setText("R. Eader")
    panel.send.format_boxes["SEG"].setChecked(True)
    (job,) = _jobs_of(panel, send.dryRunButton.click)
    assert job.profile is None
    assert "SEG" in job.formats
    assert job.reviewer == "R. Eader"


def test_before_there_is_a_result_the_page_says_what_it_is_for(open_panel):
    panel = open_panel(Behaviour.WORKS)
    assert panel.send.ui.consentLabel.text == "What is sent is chosen here once a study is segmented."


def test_what_is_sent_is_what_was_agreed_to_though_another_archive_is_in_use_since(open_segmented):
    panel = open_segmented()
    _segment_files(panel)
    _add_archive(panel, "Research")
    _choose_archive(panel, "Ward 3")
    panel.send.ui.consentBox.setChecked(True)
    assert "under this study in 'Ward 3'" in panel.send.ui.consentLabel.text
    panel._worklist.sources.use_archive("Research")  # and nobody told the page
    assert _jobs_of(panel, panel.send.ui.sendButton.click)[0].profile.name == "Ward 3"


def test_the_consent_says_so_when_a_result_cannot_go_back_to_where_its_study_came_from(open_segmented, monkeypatch):
    panel = open_segmented()
    _add_archive(panel, "Research")
    _choose_archive(panel, "Ward 3")
    _remove_archive(panel, monkeypatch)
    assert panel.send.ui.consentLabel.text.endswith(
        "in 'Research', if it holds the same images: the study came from 'Ward 3', which is no longer among your"
        " archives."
    )
    assert _sent_to(panel) == "Research"


def test_a_study_opened_after_its_archive_was_removed_says_so_as_long_as_it_is_open(open_segmented, monkeypatch):
    panel = open_segmented()
    _add_archive(panel, "Research")
    _choose_archive(panel, "Ward 3")
    _remove_archive(panel, monkeypatch)
    panel.studies.ui.studyTable.selectRow(0)
    panel.studies.ui.openButton.click()
    finish(panel)
    panel.workflow.noted.emit("Something else.")
    panel.message_bar.ui.closeButton.click()
    assert "no archive called 'Ward 3' any more, from which this study came" in panel.message_bar.ui.textLabel.text
    assert "the study came from 'Ward 3'" in panel.send.ui.consentLabel.text


def test_a_sending_that_is_cancelled_says_what_became_of_it_on_the_page_and_in_the_bar(open_segmented):
    panel = open_segmented()
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    runner = panel.workflow._runner
    runner.shut_down()
    runner.ended.emit(CancelledByUser())
    assert panel.message_bar.ui.textLabel.text == "The sending was stopped; nothing of it is in the archive."
    assert panel.send.ui.receiptLabel.text == panel.message_bar.ui.textLabel.text
    assert panel.workflow.state is PanelState.REVIEW


def test_the_strip_calls_a_dry_run_by_its_name(open_segmented):
    panel = open_segmented()
    panel.send.ui.dryRunButton.click()
    assert panel.progress.ui.stageLabel.text == "Dry run"
    finish(panel)


def test_regions_of_others_are_offered_and_continued_from(open_segmented):
    panel = open_segmented(Behaviour.FINDS_RESULTS)
    earlier = panel.run.earlier.ui
    offered = [earlier.resultSelector.itemText(row) for row in range(earlier.resultSelector.count)]
    assert offered[1] == "RTSTRUCT 'GTV plan' of Planner, 1 May 2026, 3 regions"
    earlier.resultSelector.setCurrentIndex(1)
    jobs = _jobs_of(panel, earlier.resumeButton.click)
    assert jobs[0].uid == "2.25.61"
    assert panel.workflow.state is PanelState.REVIEW
    assert "The region 'Edema' was taken as ED." in panel.message_bar.ui.textLabel.text


def test_name_and_formats_are_remembered_for_the_next_study(open_segmented, open_panel):
    panel = open_segmented()
    panel.send.ui.reviewerEdit.setText("R. Eader")
    panel.send.format_boxes["SEG"].setChecked(True)
    panel.send.ui.consentBox.setChecked(True)
    panel.send.ui.sendButton.click()
    finish(panel)
    send = open_panel(Behaviour.WORKS).send
    assert send.ui.reviewerEdit.text == "R. Eader"
    assert [key for key, box in send.format_boxes.items() if box.checked] == ["RTSTRUCT", "SEG"]


def _add_archive(panel, name: str) -> None:
    """One more archive, in use from now on."""
    editor = panel.archive.editor.ui
    editor.nameEdit.setText(name)
    editor.urlEdit.setText("http://127.0.0.1:2/dicom-web")
    editor.saveButton.click()


def _remove_archive(panel, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *_question, **_more: True)
    panel.archive.editor.ui.removeButton.click()


def _choose_archive(panel, name: str) -> None:
    selector = panel.archive.ui.profileSelector
    selector.setCurrentIndex(selector.findText(name))


def _segment_files(panel) -> None:
    panel.workflow.choose_files(panel.workflow.study, (Path("/scanner/1.dcm"),))
    panel.run.ui.runButton.click()
    finish(panel)


def _sent_to(panel) -> str:
    """Agree, send, and say to which archive the worker sends."""
    panel.send.ui.consentBox.setChecked(True)
    (job,) = _jobs_of(panel, panel.send.ui.sendButton.click)
    return job.profile.name


def _jobs_of(panel, click) -> list:
    """The jobs that a click starts, which run to their end."""
    jobs = []
    start = panel.workflow._runner.start
    panel.workflow._runner.start = lambda job, secrets: (jobs.append(job), start(job, secrets))
    click()
    finish(panel)
    return jobs
