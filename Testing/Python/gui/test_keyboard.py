"""The panel by keyboard alone: Tab passes through it, Return takes up what is selected."""

import pytest
import qt
from host.driver import finish
from host.replay_worker import Behaviour
from host.slicer_app import application
from PySide6.QtTest import QTest

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.widgets.state import PanelState

TAB, RETURN, DOWN = qt.Qt.Key.Key_Tab, qt.Qt.Key.Key_Return, qt.Qt.Key.Key_Down


@pytest.fixture
def panel(open_panel):
    """The panel in a window that has the keyboard, with the studies of its archive."""
    panel = open_panel(Behaviour.WORKS)
    window = panel.archive.widget.window()
    window.resize(520, 1000)
    window.show()
    panel.archive.ui.searchButton.click()
    finish(panel)
    yield panel
    window.close()


def _press(widget, key) -> qt.QWidget:
    """Press a key in a widget and say which one has the keyboard afterwards."""
    widget.window().activateWindow()
    application().processEvents()
    widget.setFocus()
    QTest.keyClick(widget, key)
    return application().focusWidget()


def _segment(panel) -> None:
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)


def test_tab_leaves_each_table(panel):
    studies = panel.studies.ui.studyTable
    studies.selectRow(0)
    assert _press(studies, TAB) is panel.studies.ui.queueButton
    panel.studies.ui.queueButton.click()
    panel.queue.fold(False)
    assert _press(panel.queue.ui.queueTable, TAB) is not panel.queue.ui.queueTable
    panel.volumes.fold(False)
    assert _press(panel.volumes.ui.volumeTable, TAB) is not panel.volumes.ui.volumeTable


def test_return_on_a_row_opens_its_study_where_it_was_left(panel):
    _segment(panel)
    panel.close_scene()
    panel.studies.fold(False)
    panel.studies.ui.studyTable.selectRow(0)
    _press(panel.studies.ui.studyTable, RETURN)
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW


def test_return_in_the_table_of_volumes_goes_to_the_region(panel, monkeypatch):
    _segment(panel)
    went_to: list[str] = []
    monkeypatch.setattr(panel.volumes._review, "jump_to_region", went_to.append)
    table = panel.volumes.ui.volumeTable
    _press(table, RETURN)
    _press(table, DOWN)
    _press(table, RETURN)
    assert went_to == [table.item(row, 0).toolTip() for row in range(2)]


def test_tab_passes_through_the_form_of_an_archive_where_it_stands(panel):
    panel.archive.ui.editButton.click()
    form = panel.archive.editor.ui
    assert _press(panel.archive.ui.testButton, TAB) is form.nameEdit
    assert _press(form.nameEdit, TAB) is form.urlEdit
    assert _press(form.saveButton, TAB) is panel.archive.ui.patientEdit


def test_tab_goes_down_each_part_in_the_order_of_what_is_seen(panel):
    _segment(panel)
    for part in (panel.sequences, panel.run):
        part.fold(False)
    rows, send = panel.review.rows.rows, panel.send
    for before, after in (
        (panel.sequences.rows[Sequence.FLAIR].selector, panel.sequences.ui.surgeryBox),
        (panel.sequences.ui.surgeryBox, panel.run.ui.runButton),
        (panel.views.ui.nextButton, rows["ET"].accepted),
        (rows["ET"].accepted, rows["ET"].compare),
        (rows["ET"].reset, rows["NCR"].accepted),
        (send.format_boxes["RTSTRUCT"], send.format_boxes["SEG"]),
        (send.format_boxes["KEY_IMAGE"], send.ui.nestedBox),
        (send.ui.smoothBox, send.ui.reviewerEdit),
    ):
        assert _press(before, TAB) is after, after.objectName
