"""What a support desk asks for can be selected and copied: failures, findings, receipts."""

import pytest
import qt
from host.driver import finish
from host.replay_worker import Behaviour

from BratsSegmenterLib.worker_messages import Failure


@pytest.fixture
def panel(open_panel):
    return open_panel(Behaviour.WORKS)


def test_whatever_tells_a_failure_a_check_or_a_receipt_can_be_selected(panel):
    labels = (
        panel.message_bar.ui.textLabel,
        panel.message_bar.ui.causeLabel,
        panel.archive.ui.checksLabel,
        panel.queue.ui.reasonLabel,
        panel.volumes.ui.routineLabel,
        panel.send.ui.refusalLabel,
        panel.send.ui.receiptLabel,
        panel.send.ui.checksLabel,
        panel.send.ui.detailsLabel,
        panel.doctor.ui.verdictLabel,
        panel.doctor.ui.findingsLabel,
    )
    selectable = qt.Qt.TextSelectableByMouse
    assert [label.name for label in labels if not label.textInteractionFlags & selectable] == []


def test_address_and_uids_of_a_receipt_unfold_and_are_gone_with_it(panel):
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    send = panel.send.ui
    assert send.detailsButton.isHidden()
    send.consentBox.setChecked(True)
    send.sendButton.click()
    finish(panel)
    assert send.detailsLabel.isHidden()
    send.detailsButton.click()
    assert send.detailsLabel.text.splitlines()[0] == "http://127.0.0.1:1/dicom-web"
    assert "2.25.70" in send.detailsLabel.text
    panel.send.follow_edit()
    assert send.detailsButton.isHidden()
    assert send.detailsLabel.isHidden()


def test_the_technical_reason_of_a_refusal_unfolds(panel):
    panel.workflow.refused.emit(Failure("The archive refused the SEG.", "Ask its administrator.", "HTTP 409"))
    send = panel.send.ui
    assert "HTTP 409" not in send.refusalLabel.text
    send.detailsButton.click()
    assert send.detailsLabel.text == "HTTP 409"
