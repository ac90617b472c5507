"""The review part clicked through: regions accepted, compared and taken back, the editor with its keys."""

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import qt
import slicer
from host.driver import finish, paint, wait_until
from host.replay_worker import ROUTINE, Behaviour, head

from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.scene.layout import PLOT
from BratsSegmenterLib.scene.segments import overlapping_regions
from BratsSegmenterLib.widgets.region_editor import EFFECTS, NO_EFFECT_KEY, REDO_KEYS, UNDO_KEYS, keys_text
from BratsSegmenterLib.widgets.state import PanelState

LEFT_OF_THE_TUMOUR = (7.0, 7.0, 1.0)


@pytest.fixture
def panel(open_panel):
    panel = open_panel(Behaviour.WORKS)
    _segment(panel)
    return panel


def _segment(panel) -> None:
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)


def _open_again(panel) -> None:
    panel.studies.ui.studyTable.clearSelection()
    panel.studies.ui.studyTable.selectRow(0)
    panel.workflow.open_kept()
    finish(panel)


def _volume_ml(panel, key: str) -> float:
    table = panel.volumes.ui.volumeTable
    rows = {table.item(row, 0).toolTip(): row for row in range(table.rowCount)}
    return float(table.item(rows[key], 1).text())


def _press(panel, key: str) -> None:
    wanted = qt.QKeySequence(key).toString()
    for shortcut in panel.review.widget.findChildren(qt.QShortcut):
        if shortcut.key.toString() == wanted:
            shortcut.activated.emit()


def test_what_is_said_of_every_study_stands_below_the_volumes_and_raises_no_notice(panel):
    assert panel.volumes.ui.routineLabel.text == ROUTINE
    assert not panel.volumes.ui.routineLabel.isHidden()
    assert not panel.message_bar.has_lasting_notice
    assert panel.message_bar.widget.isHidden()
    panel.close_scene()
    assert panel.volumes.ui.routineLabel.isHidden()


def test_what_is_doubtful_is_not_listed_among_what_is_said_of_every_study(open_panel):
    panel = open_panel(Behaviour.DOUBTS)
    _segment(panel)
    panel.run.ui.runButton.click()
    finish(panel)
    assert "FLAIR ends within the tumour." in panel.message_bar.ui.textLabel.text
    assert ROUTINE not in panel.message_bar.ui.textLabel.text
    assert panel.volumes.ui.routineLabel.text == ROUTINE


def test_an_edit_withdraws_the_acceptance_of_the_regions_it_changed(panel):
    rows = panel.review.rows.rows
    for row in rows.values():
        row.accepted.click()
    assert panel.review.accepted == ("ET", "NCR", "ED")
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 10.0)
    assert panel.review.accepted == ("NCR",), "ET grew into ED"
    assert not rows["ET"].accepted.checked


def test_regions_that_were_accepted_are_when_the_study_is_opened_again_and_not_in_another_result(panel, monkeypatch):
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda *_question, **_more: True)
    for row in panel.review.rows.rows.values():
        row.accepted.click()
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    assert panel.review.accepted == ("NCR",)
    panel._keeper.keep_now()
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    _open_again(panel)
    assert panel.review.accepted == ("NCR",)
    assert panel.review.rows.rows["NCR"].accepted.checked
    panel.run.ui.runButton.click()
    finish(panel)
    assert panel.review.accepted == ()


def test_the_send_page_says_what_was_accepted(panel):
    assert "No region was accepted" in panel.send.ui.previewLabel.text
    panel.review.rows.rows["NCR"].accepted.click()
    assert "Accepted: NCR; not accepted: ET, ED" in panel.send.ui.previewLabel.text


def test_reset_gives_the_model_s_region_back_and_undo_returns_to_the_edit(panel):
    before_ml = _volume_ml(panel, "ET")
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 10.0)
    edited_ml = _volume_ml(panel, "ET")
    assert edited_ml > before_ml
    panel.review.rows.rows["ET"].reset.click()
    assert _volume_ml(panel, "ET") == before_ml
    for keys, shown_ml in (("Z", edited_ml), ("Y", before_ml), ("Ctrl+Z", edited_ml), ("Ctrl+Y", before_ml)):
        _press(panel, keys)
        assert _volume_ml(panel, "ET") == shown_ml


def test_compare_shows_the_model_s_outline_while_it_is_pressed_in(panel):
    button = panel.review.rows.rows["ED"].compare
    button.click()
    (model,) = [node for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode") if "model" in node.GetName()]
    assert model.GetDisplayNode().GetSegmentVisibility("ED")
    button.click()
    assert not model.GetDisplayNode().GetSegmentVisibility("ED")


def test_keys_choose_region_and_effect(panel):
    editor = panel.review.ui.segmentEditor
    _press(panel, "2")
    assert editor.currentSegmentID() == "NCR"
    _press(panel, "4")
    assert editor.currentSegmentID() == "NCR", "there is no cavity to choose"
    _press(panel, EFFECTS["Draw"])
    assert editor.mrmlSegmentEditorNode().GetActiveEffectName() == "Draw"
    _press(panel, "Esc")
    assert editor.mrmlSegmentEditorNode().GetActiveEffectName() in ("", None)


def test_no_two_effects_share_a_key_and_every_key_is_explained(panel):
    keys = [shortcut.key.toString() for shortcut in panel.review.widget.findChildren(qt.QShortcut)]
    assert len(keys) == len(set(keys)) == 4 + len(EFFECTS) + len((*UNDO_KEYS, *REDO_KEYS, NO_EFFECT_KEY))
    assert all(f"{key} " in keys_text() for key in keys)
    assert not {"A", "X", "Return"} & set(keys), "what Draw hears itself"


def test_growing_goes_by_the_sequence_that_is_chosen_and_the_views_keep_theirs(panel):
    selector = panel.review.ui.intensitySelector
    assert selector.currentText == "T1c"
    selector.setCurrentIndex(selector.findText("FLAIR"))
    assert panel.review.ui.segmentEditor.sourceVolumeNode().GetName() == "FLAIR inside the brain"
    view = slicer.app.applicationLogic().GetSliceLogicByLayoutName("BratsLeft")
    assert view.GetBackgroundLayer().GetVolumeNode().GetName() == "T1c"


def test_painting_stays_inside_the_brain_until_the_box_is_unticked(panel):
    editor, box = panel.review.ui.segmentEditor, panel.review.ui.brainBox
    brain_ml = np.count_nonzero(head()) * 0.002
    assert box.checked
    paint(editor, "NCR", LEFT_OF_THE_TUMOUR, 100.0)
    assert _volume_ml(panel, "NCR") == pytest.approx(brain_ml, abs=0.06)
    box.click()
    paint(editor, "NCR", LEFT_OF_THE_TUMOUR, 100.0)
    assert _volume_ml(panel, "NCR") > 2 * brain_ml
    assert set(panel.review.rows.rows) == {"ET", "NCR", "ED"}, "the mask is no region"


def test_the_editor_offers_no_segments_beside_the_regions(panel):
    for name in ("AddSegmentButton", "RemoveSegmentButton"):
        button = panel.review.ui.segmentEditor.findChild(qt.QPushButton, name)
        assert button.isHidden()


def test_what_is_drawn_beside_the_regions_is_named_with_the_volumes_and_not_left_out_of_a_sending_unsaid(panel):
    editor, send = panel.review.ui.segmentEditor, panel.send.ui
    segmentation = panel._review.parameters.segmentation
    satellite = segmentation.GetSegmentation().AddEmptySegment("", "Satellite")  # as other modules of Slicer can
    send.dryRunButton.click()
    finish(panel)
    assert send.refusalLabel.isHidden(), "nothing is drawn in it yet"
    paint(editor, satellite, LEFT_OF_THE_TUMOUR, 6.0)
    lesions = panel.volumes.ui.lesionsLabel
    note = "Not measured, as it belongs to no region: what is drawn in 'Satellite'.\n"
    wait_until(lambda: lesions.text.startswith(note))
    send.consentBox.setChecked(True)
    send.sendButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.REVIEW
    assert "Satellite" in send.refusalLabel.text
    assert "belongs to no region: it would be neither measured nor sent." in send.refusalLabel.text
    segmentation.GetSegmentation().RemoveSegment(satellite)
    wait_until(lambda: lesions.text.startswith("1 enhancing lesion"))
    send.consentBox.setChecked(True)
    send.sendButton.click()
    finish(panel)
    assert panel.workflow.state is PanelState.SENT


@pytest.mark.parametrize("mode", ["OverwriteNone", "OverwriteVisibleSegments"])
def test_regions_exclude_each_other_whatever_is_chosen_in_the_editor(panel, mode: str):
    editor, parameters = panel.review.ui.segmentEditor, panel._review.parameters
    oedema_ml = _volume_ml(panel, "ED")
    panel.views.ui.boxED.setChecked(False)
    editor.mrmlSegmentEditorNode().SetOverwriteMode(getattr(slicer.vtkMRMLSegmentEditorNode, mode))
    paint(editor, "NCR", LEFT_OF_THE_TUMOUR, 10.0)
    assert _volume_ml(panel, "ED") < oedema_ml
    assert overlapping_regions(parameters.segmentation, parameters.reference) == ()


def test_regions_that_another_module_lets_overlap_are_named_with_the_volumes_and_not_sent(panel):
    parameters, send = panel._review.parameters, panel.send.ui
    core = (panel._review.labels == ET.label).astype(np.uint8)
    slicer.util.updateSegmentBinaryLabelmapFromArray(core, parameters.segmentation, "NCR", parameters.reference)
    note = "'Enhancing tumour', 'Necrotic core' overlap: each voxel is measured, kept and sent in one of them only."
    wait_until(lambda: note in panel.volumes.ui.lesionsLabel.text)
    send.dryRunButton.click()
    finish(panel)
    assert "overlap: each voxel would be measured and sent in one of them only." in send.refusalLabel.text


def test_a_result_without_a_brain_mask_says_so_and_is_edited_everywhere(panel):
    (mask,) = Path(panel.workflow.result.brain).parent.glob("brain.mha")
    mask.unlink()
    panel.close_scene()
    _open_again(panel)
    box = panel.review.ui.brainBox
    assert not box.checked
    assert not box.enabled
    assert "no brain mask" in box.toolTip


def test_the_next_study_is_not_limited_to_the_brain_of_the_one_before(panel):
    volume = slicer.mrmlScene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    slicer.util.updateVolumeFromArray(volume, np.zeros((3, 4, 5), np.float32))
    panel.review.editor.edit(None, None)
    panel.review.editor.edit(slicer.mrmlScene.AddNewNodeByClass("vtkMRMLSegmentationNode"), volume)
    assert panel.review.ui.segmentEditor.sourceVolumeNode() is volume


def test_effects_hear_the_mouse_only_while_the_module_is_shown(panel):
    editor = panel.review.ui.segmentEditor
    panel.enter()
    assert editor.hostObservesViews
    editor.setActiveEffectByName("Paint")
    panel.leave()
    assert not editor.hostObservesViews
    assert editor.mrmlSegmentEditorNode().GetActiveEffectName() in ("", None)


def test_a_closed_scene_leaves_no_rows_and_the_next_study_has_its_own(panel):
    panel.review.rows.rows["ET"].accepted.click()
    panel.close_scene()
    slicer.mrmlScene.Clear(0)
    assert panel.review.rows.rows == {}
    shutil.rmtree(panel.workflow._jobs_folder)  # so that it is another study
    _segment(panel)
    assert panel.review.accepted == ()
    assert set(panel.review.rows.rows) == {"ET", "NCR", "ED"}


def test_priors_add_a_column_and_a_plot_and_go_with_them(panel):
    table, button = panel.volumes.ui.volumeTable, panel.volumes.ui.plotButton
    assert table.isColumnHidden(4)
    assert button.isHidden()
    newest = PriorVolumes(date(2025, 11, 2), {"ET": 1.0}, "AI, not reviewed")
    panel.workflow.priors = (PriorVolumes(date(2025, 6, 1), {"ET": 9.0}), newest)
    panel.workflow.priors_changed.emit()
    assert table.horizontalHeaderItem(4).text() == "Since 2 Nov 2025"
    assert table.horizontalHeaderItem(4).toolTip() == "That result: AI, not reviewed."
    assert table.item(0, 4).text() == "+0.82 (+82 %)"
    assert not table.isColumnHidden(4)
    before = slicer.app.layoutManager().layout
    button.click()
    assert slicer.app.layoutManager().layout != before
    (chart,) = slicer.util.getNodesByClass("vtkMRMLPlotChartNode")
    days = chart.GetNthPlotSeriesNode(chart.GetNumberOfPlotSeriesNodes() - 1).GetTableNode().GetTable().GetColumn(0)
    assert [days.GetValue(row) for row in range(days.GetNumberOfValues())] == [-215, -61, 0]
    button.click()
    assert slicer.app.layoutManager().layout == before
    assert slicer.util.getNodesByClass("vtkMRMLPlotChartNode") == []
    button.click()
    panel.close_scene()
    assert slicer.util.getNodesByClass("vtkMRMLPlotChartNode") == []


def test_the_plot_follows_an_edit(panel):
    panel.workflow.priors = (PriorVolumes(date(2025, 6, 1), {"ET": 9.0}),)
    panel.workflow.priors_changed.emit()
    panel.volumes.ui.plotButton.click()
    drawn_ml = _newest_plotted_ml()
    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    wait_until(lambda: _newest_plotted_ml() > drawn_ml)
    shown = slicer.mrmlScene.GetSingletonNode(PLOT, "vtkMRMLPlotViewNode").GetPlotChartNode()
    assert [shown] == slicer.util.getNodesByClass("vtkMRMLPlotChartNode")


def test_what_was_not_measured_is_no_number_in_table_plot_and_lesions_until_it_is_drawn(open_panel):
    panel = open_panel(Behaviour.MEASURES_WHOLE_ONLY)
    _segment(panel)
    _plot(panel)
    table, lesions = panel.volumes.ui.volumeTable, panel.volumes.ui.lesionsLabel
    assert _volumes(table) == ["not measured"] * 3 + [table.item(3, 1).text(), "not measured"]
    assert float(table.item(3, 1).text()) > 5
    assert _newest_plotted_ml() == 9.0, "the earlier study's, as this one has no point"
    wait_until(lambda: lesions.text == "ET needs T1c.")

    paint(panel.review.ui.segmentEditor, "ET", LEFT_OF_THE_TUMOUR, 8.0)
    wait_until(lambda: lesions.text.startswith("1 enhancing lesion"))
    drawn_ml = float(table.item(0, 1).text())
    assert _volumes(table) == [table.item(0, 1).text(), *["not measured"] * 2, table.item(3, 1).text(), "not measured"]
    assert _newest_plotted_ml() == pytest.approx(drawn_ml, abs=0.005)
    panel.volumes.ui.sentenceButton.click()
    sentence = qt.QApplication.clipboard().text()
    assert sentence.startswith(f"Enhancing tumour {drawn_ml:.2f} mL")
    assert "Not measured: necrotic core, tumour core, oedema." in sentence
    assert "Glioma regions v1 (AI, corrected, not reviewed)" in panel.send.ui.previewLabel.text


def _volumes(table) -> list[str]:
    return [table.item(row, 1).text() for row in range(table.rowCount)]


def _plot(panel) -> int:
    """Press the button; the layout before."""
    panel.workflow.priors = (PriorVolumes(date(2025, 6, 1), {"ET": 9.0}),)
    panel.workflow.priors_changed.emit()
    before = slicer.app.layoutManager().layout
    panel.volumes.ui.plotButton.click()
    return before


@pytest.mark.parametrize("way", ["a new result", "the menu"])
def test_a_layout_that_takes_the_plot_s_place_releases_the_button_and_stays(panel, way: str):
    review_layout = _plot(panel)
    if way == "a new result":
        panel.run.ui.runButton.click()
        finish(panel)
    else:
        slicer.app.layoutManager().setLayout(review_layout)
    assert not panel.volumes.ui.plotButton.checked
    assert slicer.app.layoutManager().layout == review_layout
    assert slicer.util.getNodesByClass("vtkMRMLPlotChartNode") == []
    panel.volumes.ui.plotButton.click()
    assert slicer.app.layoutManager().layout != review_layout


def test_a_closed_scene_leaves_no_layout_with_an_empty_plot(panel):
    before = _plot(panel)
    panel.close_scene()
    assert slicer.app.layoutManager().layout == before


def test_no_button_says_that_the_model_s_outlines_of_a_result_before_are_shown(panel):
    panel.review.rows.rows["ET"].compare.click()
    panel.run.ui.runButton.click()
    finish(panel)
    assert not panel.review.rows.rows["ET"].compare.checked
    panel.review.rows.rows["ET"].compare.click()
    names = [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLSegmentationNode")]
    assert names.count("Glioma, as the model drew it") == 1


def _newest_plotted_ml() -> float:
    (series,) = [node for node in slicer.util.getNodesByClass("vtkMRMLPlotSeriesNode") if "Enh" in node.GetName()]
    volumes = series.GetTableNode().GetTable().GetColumnByName("ET (mL)")
    return volumes.GetValue(volumes.GetNumberOfValues() - 1)
