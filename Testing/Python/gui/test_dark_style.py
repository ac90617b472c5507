"""The panel under another style of Slicer's."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import qt
from host.driver import finish, wait_until
from host.fixtures import MODULE_FILE
from host.replay_worker import Behaviour
from host.slicer_app import application, open_module

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.widgets.sequence_row import SequenceRowWidget
from BratsSegmenterLib.widgets.sequences_model import SequenceRow
from BratsSegmenterLib.widgets.study_table import Column
from BratsSegmenterLib.widgets.tones import Tone
from BratsSegmenterLib.worker_messages import Failure


@pytest.fixture
def darken() -> Iterator:
    """Changes the application's palette to a dark one, as Slicer's settings do; changed back after the test."""
    light = application().palette()
    dark = qt.QPalette(light)
    for role, colour in (
        (qt.QPalette.Window, "#353535"),
        (qt.QPalette.WindowText, "#ffffff"),
        (qt.QPalette.Base, "#2a2a2a"),
        (qt.QPalette.Text, "#ffffff"),
    ):
        dark.setColor(role, qt.QColor(colour))
    yield lambda: application().setPalette(dark)
    application().setPalette(light)


def test_states_confidences_and_findings_follow_a_style_that_changes_while_slicer_runs(open_panel, darken):
    panel = open_panel(Behaviour.DOUBTS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    panel.workflow.study_failed.emit(Failure("The PACS answered 401."))
    panel.doctor.ui.examineButton.click()
    wait_until(lambda: panel.doctor.ui.examineButton.enabled)

    def colours() -> tuple[str, str, bool]:
        state = panel.studies.ui.studyTable.item(0, int(Column.STATE)).foreground().color().name()
        confidence = panel.sequences.rows[Sequence.T2].ui.confidenceLabel.styleSheet
        cross = f"color:{Tone.BAD.colour(on_dark=True)}" in panel.doctor.ui.findingsLabel.text
        return state, Tone.CARE.colour(on_dark=True) in confidence, cross

    assert colours() == (Tone.BAD.colour(on_dark=False), False, False)
    darken()
    panel.follow_style()
    assert colours() == (Tone.BAD.colour(on_dark=True), True, True)
    assert panel.views.ui.sequenceList.palette.color(qt.QPalette.Text).name() == "#ffffff"


def test_the_module_follows_slicer_s_style_until_it_is_closed(scene, tmp_path, darken):
    application().settle_in(tmp_path)
    module = open_module(MODULE_FILE)
    followed = []
    module.widget.panel.follow_style = lambda: followed.append(True)
    darken()
    assert followed == [True]
    module.close()
    darken()
    assert followed == [True]


def test_the_tooltip_of_a_thumbnail_does_not_take_over_its_black_ground():
    application()
    row = SequenceRowWidget(Sequence.T1C)
    row.widget.show()
    row.widget.ensurePolished()
    tooltip_s_kind = qt.QLabel("The middle slice", row.ui.thumbnailLabel)
    tooltip_s_kind.ensurePolished()
    ground = tooltip_s_kind.palette.color(qt.QPalette.Window).name()
    row.widget.hide()
    assert ground != "#000000"


def test_the_picture_of_a_sequence_is_shown_whole_under_the_mouse(tmp_path: Path):
    application()
    row, path = SequenceRowWidget(Sequence.T1C), tmp_path / "a <b> & c.png"
    image = qt.QImage(384, 384, qt.QImage.Format.Format_Grayscale8)
    image.fill(qt.QColor("white"))
    assert image.save(str(path))
    row.show(SequenceRow(Sequence.T1C, "key", 1.0, "its name", False, "", path))
    page = qt.QTextDocument()
    page.setHtml(row.ui.thumbnailLabel.toolTip)
    assert page.size.height() > 384
    row.show(SequenceRow(Sequence.T1C, "", None, "", False, "", None))
    assert row.ui.thumbnailLabel.toolTip == "The middle slice"
