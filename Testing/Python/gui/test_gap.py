"""Missing slices, from the files through the real worker to the question in the panel."""

from pathlib import Path

import pydicom
import pytest
import qt
from host.driver import be_quick, finish
from host.slicer_app import application
from model_samples import threshold_bundle

from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.widgets.assembly import build_panel
from BratsSegmenterLib.widgets.state import PanelState


def _remove_slices_of_flair(files: list[Path]) -> None:
    """Two neighbours from the middle of the series."""
    flair = [file for file in files if "FLAIR" in pydicom.dcmread(file, stop_before_pixels=True).SeriesDescription]
    flair.sort(key=lambda file: pydicom.dcmread(file, stop_before_pixels=True).InstanceNumber)
    for file in flair[len(flair) // 2 : len(flair) // 2 + 2]:
        file.unlink()


@pytest.mark.slow
def test_a_series_with_a_gap_is_not_segmented_before_the_user_agreed_to_its_resampling(
    coarse_head, parameter_node, tmp_path
):
    application().settle_in(tmp_path)
    _remove_slices_of_flair(write_study(coarse_head, tmp_path / "scanner", StudyIdentity()))
    frame = qt.QWidget()
    panel = build_panel(qt.QVBoxLayout(frame), parameter_node)
    panel.archive.use_folder(tmp_path / "scanner")
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.PREPARED
    assert panel.message_bar.ui.offerButton.isHidden(), "what is recognised is said before anything is asked"
    be_quick(panel, threshold_bundle(tmp_path / "bundle").folder)
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.message_bar.ui.textLabel.text.startswith("Series 4 has a gap")
    assert not panel.message_bar.ui.offerButton.isHidden()
    panel.message_bar.ui.offerButton.click()
    finish(panel, timeout_s=200)
    assert panel.workflow.state is PanelState.REVIEW, panel.message_bar.ui.textLabel.text
    panel.shut_down()
