"""The whole way by clicks: a live archive, the real worker, the shipped model, Slicer's own editor logic."""

from pathlib import Path

import pytest
from host.fixtures import MODULE_FILE
from host.slicer_app import application
from host.story import Story, archive_with_a_patient
from host.window import SlicerWindow

from BratsSegmenterLib.archive import Archive
from BratsSegmenterLib.demo.story import access_to
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.ledger import Ledger
from BratsSegmenterLib.widgets.state import PanelState


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.usefixtures("scene")
def test_a_study_goes_from_the_archive_through_correction_back_into_the_same_study(tmp_path: Path):
    identity = StudyIdentity()
    application().slicerUserSettingsFilePath = str(tmp_path / "Slicer.ini")
    application().cachePath = str(tmp_path / "cache")
    window = SlicerWindow(MODULE_FILE)
    panel = window.opened.widget.panel
    table = panel.volumes.ui.volumeTable
    with archive_with_a_patient(tmp_path, identity, spacing_mm=2.0) as archive:
        story = Story(panel, archive)
        story.enter_archive()
        story.test_connection()
        assert "✗" not in panel.archive.ui.checksLabel.text
        story.search()
        assert panel.studies.ui.studyTable.rowCount == 1
        story.choose_study()
        story.press_the_button()
        story.wait_for_the_result()
        assert panel.workflow.state is PanelState.REVIEW, panel.message_bar.ui.textLabel.text
        taken = {sequence.value: row.selector.currentText for sequence, row in panel.sequences.rows.items()}
        assert len(set(taken.values())) == 4
        drawn_ml = float(table.item(0, 1).text())
        story.correct()
        corrected_ml = float(table.item(0, 1).text())
        assert corrected_ml > drawn_ml
        story.agree()
        story.send()
        assert panel.workflow.state is PanelState.SENT, panel.message_bar.ui.textLabel.text
        story.continue_from_the_newest_result()
        assert panel.workflow.state is PanelState.REVIEW, panel.message_bar.ui.textLabel.text
        assert "Version 1: corrected, reviewed by R. Eader" in panel.run.earlier.ui.resultsLabel.text
        assert float(table.item(0, 1).text()) == corrected_ml
        story.agree()
        story.send()
        assert "says exactly this already; nothing was sent" in panel.send.ui.receiptLabel.text
        stored = [series.modality for series in Archive(*access_to(archive)).series(identity.study_uid)]
    assert stored.count("RTSTRUCT") == 1
    assert Ledger(tmp_path / "BratsSegmenter" / "ledger").verify() == 1
    window.opened.widget.cleanup()
