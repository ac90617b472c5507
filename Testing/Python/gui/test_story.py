"""The whole way by mouse and keys: a live archive, the real worker, the shipped model, Slicer's own editor logic."""

import signal
from pathlib import Path

import pytest
import qt
from child_processes import started_processes
from host.driver import finish, wait_until
from host.faults import a_writer_that_errs
from host.fixtures import MODULE_FILE
from host.slicer_app import application
from host.story import Story, archive_with_a_patient
from host.window import SlicerWindow

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.demo.head import SyntheticHead
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.ledger import Ledger
from BratsSegmenterLib.scene.views import slice_logics
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.state import PanelState


@pytest.fixture
def window(scene, tmp_path: Path):
    """Slicer's window with the module in it, new to this computer."""
    application().userSettings().clear()
    application().settle_in(tmp_path)
    window = SlicerWindow(MODULE_FILE)
    window.resize(1400, 1000)
    yield window
    window.opened.close()
    window.layout_manager.hostClose()
    window.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_reader_goes_from_search_to_a_signed_result_though_she_cancels_and_the_worker_dies(
    window, coarse_head: SyntheticHead, tmp_path: Path
):
    panel, identity = window.opened.widget.panel, StudyIdentity()
    with archive_with_a_patient(tmp_path, identity, coarse_head) as archive:
        story = Story(panel, archive)
        _search_and_choose(story, panel)
        _segment_cancel_and_segment_again(story, panel)
        _paint_undo_and_paint_again(story, panel)
        _walk_to_the_next_doubtful_slice(story, panel)
        _rehearse_with_a_writer_that_errs(story, panel)
        _accept_and_send(story, panel)
        corrected_ml = _volume_ml(panel)
        _correct_further_and_lose_the_worker_while_sending(story, panel)
        _send_again(story, panel)
        _resume(story, panel)
        stored = [series.modality for series in Archive(*access_to(archive)).series(identity.study_uid)]
    assert _volume_ml(panel) > corrected_ml
    assert stored.count("RTSTRUCT") == 2, "one of each version, though the second was sent twice"
    assert Ledger(Path(panel.settings.ui.ledgerEdit.text)).verify() == 2


def _search_and_choose(story: Story, panel: Panel) -> None:
    story.enter_archive()
    story.test_connection()
    assert "✗" not in panel.archive.ui.checksLabel.text
    story.search()
    assert panel.studies.ui.studyTable.rowCount == 1
    story.choose_study()
    assert panel.workflow.state is PanelState.STUDY_CHOSEN


def _segment_cancel_and_segment_again(story: Story, panel: Panel) -> None:
    run = panel.run.ui
    story.hands.unfold(run.advancedButton)
    for step in (run.registrationBox, run.biasCorrectionBox):  # most of the time, and nothing that the panel does
        story.hands.click_box(step)
    others = started_processes()
    story.press_the_button()
    assert panel.workflow.state is PanelState.SEGMENTING, _message(panel)
    wait_until(lambda: bool(set(started_processes()) - set(others)))
    working = set(started_processes()) - set(others)
    story.hands.click(panel.progress.ui.cancelButton)
    finish(panel)
    assert panel.workflow.state is PanelState.PREPARED, _message(panel)
    wait_until(lambda: working.isdisjoint(started_processes()), timeout_s=15)
    taken = {sequence.value: row.selector.currentText for sequence, row in panel.sequences.rows.items()}
    assert len(set(taken.values())) == 4
    story.press_the_button()
    story.wait_for_the_result()
    assert panel.workflow.state is PanelState.REVIEW, _message(panel)


def _paint_undo_and_paint_again(story: Story, panel: Panel) -> None:
    drawn_ml = _volume_ml(panel)
    story.correct()
    painted_ml = _volume_ml(panel)
    assert painted_ml > drawn_ml
    story.hands.press(qt.Qt.Key.Key_Z)
    assert _volume_ml(panel) == drawn_ml
    story.hands.press(qt.Qt.Key.Key_Y)
    assert _volume_ml(panel) == painted_ml


def _walk_to_the_next_doubtful_slice(story: Story, panel: Panel) -> None:
    before_mm = [logic.GetSliceOffset() for logic in slice_logics()]
    story.hands.press(qt.Qt.Key.Key_J)
    assert panel.views.ui.walkLabel.text.startswith("Image ")
    assert all(logic.GetSliceOffset() != offset for logic, offset in zip(slice_logics(), before_mm, strict=True))


def _rehearse_with_a_writer_that_errs(story: Story, panel: Panel) -> None:
    """The gate refuses what was written beside its place, and the page says so."""
    with a_writer_that_errs():
        story.hands.click(panel.send.ui.dryRunButton)
        finish(panel, timeout_s=120)
    assert panel.workflow.state is PanelState.REVIEW
    said = panel.send.ui.refusalLabel.text
    assert "The dry run did not pass" in said
    assert "The RTSTRUCT does not say what you see. Region ET: " in said
    assert "Nothing was sent. Please report this; the segmentation itself is kept." in said


def _accept_and_send(story: Story, panel: Panel) -> None:
    story.hands.click_box(panel.review.rows.rows[ET.key].accepted)
    assert "Accepted: ET" in panel.send.ui.previewLabel.text
    story.agree()
    story.send()
    assert panel.workflow.state is PanelState.SENT, _message(panel)
    assert panel.send.ui.refusalLabel.isHidden()
    assert "Version 1 is in 'Radiology PACS'" in panel.send.ui.receiptLabel.text


def _correct_further_and_lose_the_worker_while_sending(story: Story, panel: Panel) -> None:
    story.correct()
    story.agree()
    story.hands.click(panel.send.ui.sendButton)
    wait_until(lambda: panel.progress.ui.progressBar.value > 0)
    for child in started_processes():
        child.send_signal(signal.SIGKILL)
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert "nothing is stored twice" in _message(panel)


def _send_again(story: Story, panel: Panel) -> None:
    story.hands.set_box(panel.send.ui.consentBox, True)
    story.send()
    assert panel.workflow.state is PanelState.SENT, _message(panel)
    assert "Version 2 is in 'Radiology PACS'" in panel.send.ui.receiptLabel.text


def _resume(story: Story, panel: Panel) -> None:
    sent_ml = _volume_ml(panel)
    story.continue_from_the_newest_result()
    assert panel.workflow.state is PanelState.REVIEW, _message(panel)
    assert "version 2: corrected, reviewed by R. Eader" in panel.run.earlier.ui.resultsLabel.text
    assert _volume_ml(panel) == sent_ml


def _volume_ml(panel: Panel) -> float:
    """Of the enhancing tumour."""
    return float(panel.volumes.ui.volumeTable.item(0, 1).text())


def _message(panel: Panel) -> str:
    return panel.message_bar.ui.textLabel.text
