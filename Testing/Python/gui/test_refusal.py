"""The gate refuses: the send page says why and what to do, and nothing leaves."""

from pathlib import Path

import pytest
import qt
from host.driver import finish, paint
from host.faults import a_writer_that_errs
from host.slicer_app import application
from model_samples import tiny_bundle

from BratsSegmenterLib.demo.head import synthetic_head
from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.widgets.assembly import build_panel
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.state import PanelState

MIDDLE_OF_THE_HEAD, RADIUS_MM = (0.0, 0.0, 0.0), 12.0


@pytest.fixture
def reviewed(parameter_node, tmp_path: Path):
    """The panel over the real worker, with a study of this computer under review."""
    application().userSettings().clear()
    application().slicerUserSettingsFilePath = str(tmp_path / "Slicer.ini")
    application().cachePath = str(tmp_path / "cache")
    write_study(synthetic_head(spacing_mm=4.0), tmp_path / "scanner", StudyIdentity())
    frame = qt.QWidget()
    panel = build_panel(qt.QVBoxLayout(frame), parameter_node)
    _be_quick(panel, tiny_bundle(tmp_path / "bundle").folder)
    panel.archive.use_folder(tmp_path / "scanner")
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    while panel.workflow.state is not PanelState.REVIEW:
        assert panel.run.ui.runButton.enabled, panel.message_bar.ui.textLabel.text
        panel.run.ui.runButton.click()
        finish(panel, timeout_s=280)
    yield panel
    panel.shut_down()


def _be_quick(panel: Panel, bundle: Path) -> None:
    """A small network and few steps: this is about the gate, not about the tumour."""
    for step in (panel.run.ui.registrationBox, panel.run.ui.biasCorrectionBox, panel.run.ui.brainMaskBox):
        step.setChecked(False)
    panel.run.ui.modelSelector.addItem(str(bundle))
    panel.run.ui.modelSelector.setCurrentIndex(panel.run.ui.modelSelector.count - 1)


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_contour_that_was_written_beside_its_place_is_refused_with_a_sentence_and_the_next_run_passes(reviewed):
    send = reviewed.send.ui
    paint(reviewed.review.ui.segmentEditor, "ET", MIDDLE_OF_THE_HEAD, RADIUS_MM)
    with a_writer_that_errs():
        send.dryRunButton.click()
        finish(reviewed, timeout_s=120)
    assert reviewed.workflow.state is PanelState.REVIEW
    said = send.refusalLabel.text
    assert "The dry run did not pass" in said
    assert "The RTSTRUCT does not say what you see. Region " in said
    assert "Nothing was sent. Please report this; the segmentation itself is kept." in said
    assert not send.refusalLabel.isHidden()
    send.dryRunButton.click()
    assert send.refusalLabel.isHidden()
    finish(reviewed, timeout_s=120)
    assert "0 voxels differ" in send.checksLabel.text
    _erase_all(reviewed)
    send.dryRunButton.click()
    finish(reviewed)
    assert "Nothing is drawn in any segment." in send.refusalLabel.text
    assert "Draw the tumour, or do not send a result." in send.refusalLabel.text
    assert send.checksLabel.isHidden()


def _erase_all(panel: Panel) -> None:
    editor = panel.review.ui.segmentEditor
    for segment_id in list(editor.segmentationNode().GetSegmentation().GetSegmentIDs()):
        paint(editor, segment_id, MIDDLE_OF_THE_HEAD, 400.0, erase=True)
