"""Where the parts of the panel stand, and how much room they take."""

from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import ctk
import pytest
import qt
from host.driver import finish
from host.replay_worker import Behaviour
from host.slicer_app import application

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.paths import resource
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.study_table import Column


@pytest.fixture
def shown_panel(open_panel):
    """The panel with a window around it."""
    panel = open_panel(Behaviour.WORKS)
    window = panel.archive.widget.window()
    window.resize(520, 1000)
    window.show()
    application().processEvents()
    return panel


def _top_of(widget) -> int:
    application().processEvents()
    return widget.mapTo(widget.window(), qt.QPoint(0, 0)).y()


def test_nothing_moves_under_the_mouse_when_a_search_begins_and_ends(shown_panel):
    panel = shown_panel
    at_rest = _top_of(panel.archive.ui.patientEdit)
    panel.archive.ui.searchButton.click()
    assert panel.workflow.state is PanelState.SEARCHING
    assert panel.progress.widget.enabled
    assert _top_of(panel.archive.ui.patientEdit) == at_rest
    finish(panel)
    assert not panel.progress.widget.enabled
    assert panel.progress.ui.stageLabel.text == "Nothing runs"
    assert _top_of(panel.archive.ui.patientEdit) == at_rest


_STUDY = StudySummary(
    study_uid="2.25.1",
    patient_name="Müller-Lüdenscheidt^Karl-Friedrich Maximilian",
    patient_id="KIS-2026-0000000035-ÄÖ",
    accession_number="",
    study_date="20260503",
    description="MRT Schädel nativ und mit KM (Tumorprotokoll), Verlaufskontrolle",
    modalities=("MR",),
    series_count=11,
    instance_count=None,
)


def _width_that_slicer_would_give(panel) -> int:
    """Slicer gives its module panel the size hint of the module, whose layout has no margins there."""
    window = panel.archive.widget.window()
    window.layout().setContentsMargins(0, 0, 0, 0)
    application().processEvents()
    return window.sizeHint().width()


def test_no_text_however_long_makes_slicer_s_module_panel_wider(shown_panel):
    panel = shown_panel
    panel.workflow.choose_files(_STUDY, (), "")
    panel.archive.ui.periodSelector.setCurrentIndex(4)
    panel.archive.ui.editButton.click()
    parts = panel.archive.widget.window().findChildren(ctk.ctkCollapsibleButton)
    for part in parts:
        part.collapsed = False
    labels = panel.archive.widget.window().findChildren(qt.QLabel)
    sentences = [label for label in labels if label.wordWrap or label.name == "stageLabel"]
    for label in sentences:
        label.setText("What is wrong, in a sentence that names the thing. " * 4)
        label.setVisible(True)
    panel.message_bar.widget.setVisible(True)
    panel.doctor.ui.stopButton.setVisible(True)
    assert len(sentences) > 15
    assert "KIS-2026-0000000035-ÄÖ" in panel.studies.widget.toolTip, "what the heading has no room for"
    assert _width_that_slicer_would_give(panel) <= 460


def test_at_the_usual_width_the_table_of_studies_shows_what_each_is_and_how_far(shown_panel):
    panel = shown_panel
    panel.studies.show_studies([replace(_STUDY, study_uid=f"2.25.{number}") for number in range(50)])
    table = panel.studies.ui.studyTable
    table.window().resize(450, 1000)
    application().processEvents()
    assert table.columnWidth(int(Column.DESCRIPTION)) >= 80
    assert table.columnWidth(int(Column.PATIENT)) >= 80
    state = int(Column.STATE)
    assert table.columnViewportPosition(state) + table.columnWidth(state) <= table.viewport().width
    assert table.viewport().height // table.rowHeight(0) >= 8
    assert "11 series" in table.item(0, int(Column.DESCRIPTION)).toolTip()


@pytest.mark.parametrize("file", sorted(resource("UI").glob("*.ui")), ids=lambda file: file.stem)
def test_a_label_that_shows_what_others_wrote_says_whether_that_is_markup(file: Path):
    for label in ElementTree.parse(file).iterfind(".//widget[@class='QLabel']"):
        properties = {one.get("name"): one for one in label.iterfind("property")}
        is_filled_later = "text" not in properties or not properties["text"].findtext("string")
        if is_filled_later and label.get("name") != "thumbnailLabel":
            assert "textFormat" in properties, label.get("name")
