"""The part for the views: what a click, a key or a pointing at a name does to the views."""

from dataclasses import replace

import pytest
import qt
import slicer
from host.driver import finish
from host.replay_worker import Behaviour
from host.slicer_app import application
from PySide6.QtTest import QTest

from BratsSegmenterLib.measurement import DoubtfulSlice, DoubtKind
from BratsSegmenterLib.scene.views import slice_logics, third_sequence
from BratsSegmenterLib.slice_names import ImageNumbers
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.views_model import DoubtWalk, ordinal, sequence_names

LOWEST_SLICE_MM, SLICE_MM = -23.0, 2.0


@pytest.fixture
def reviewed(open_panel) -> Panel:
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    return panel


def _slice_number() -> int:
    height_mm = slice_logics()[0].GetSliceNode().GetSliceToRAS().GetElement(2, 3)
    return round((height_mm - LOWEST_SLICE_MM) / SLICE_MM) + 1


def _press(window: qt.QWidget, key: qt.Qt.Key) -> None:
    QTest.keyClick(window, key)
    application().processEvents()


def _images_in_view() -> list[str]:
    return [logic.GetSliceCompositeNode().GetBackgroundVolumeID() or "" for logic in slice_logics()]


def _doubt_is_shown() -> bool:
    return all(logic.GetSliceCompositeNode().GetForegroundVolumeID() for logic in slice_logics())


def test_nothing_can_be_steered_before_there_is_a_result(open_panel):
    views = open_panel(Behaviour.WORKS).views
    assert views.widget.collapsed
    assert not views.widget.enabled
    assert views.ui.walkLabel.text == ""


def test_pointing_at_a_sequence_whose_image_was_taken_out_of_the_scene_shows_nothing_else(reviewed):
    before = _images_in_view()
    slicer.mrmlScene.RemoveNode(reviewed._review.parameters.volumes["FLAIR"])
    reviewed.views.ui.sequenceList.setCurrentRow(3)
    assert third_sequence() == "T2"
    assert _images_in_view()[2] == before[2]


def test_pointing_at_a_sequence_shows_it_in_the_third_view(reviewed):
    names = reviewed.views.ui.sequenceList
    assert [names.item(row).text() for row in range(names.count)] == ["T1", "T1c", "T2", "FLAIR"]
    assert names.currentItem().text() == third_sequence() == "T2"
    reviewed.views.widget.window().show()
    middle = names.visualItemRect(names.item(0)).center()
    QTest.mouseMove(names.viewport(), middle)
    QTest.mouseMove(names.viewport(), middle + qt.QPoint(1, 0))
    assert third_sequence() == "T1"


def test_the_walk_says_where_it_is_and_takes_the_views_along(reviewed):
    views = reviewed.views.ui
    assert views.walkLabel.text == "3 slices are worth a second look."
    views.nextButton.click()
    assert views.walkLabel.text == "Slice 12: 1st of 3, mostly the border of oedema"
    assert _slice_number() == 12
    views.nextButton.click()
    assert views.walkLabel.text == "Slice 18: 2nd of 3, mostly the inside of enhancing tumour"
    views.previousButton.click()
    views.previousButton.click()
    assert views.walkLabel.text == "Slice 6: 3rd of 3, mostly where nothing was drawn"
    assert _slice_number() == 6


def test_keys_walk_and_switch_the_map_of_doubt_while_the_part_is_open(reviewed):
    window = reviewed.views.widget.window()
    window.show()
    window.activateWindow()
    application().processEvents()
    _press(window, qt.Qt.Key.Key_J)
    assert _slice_number() == 12
    _press(window, qt.Qt.Key.Key_K)
    assert _slice_number() == 6
    _press(window, qt.Qt.Key.Key_U)
    assert _doubt_is_shown()
    _press(window, qt.Qt.Key.Key_U)
    assert not _doubt_is_shown()
    _press(window, qt.Qt.Key.Key_S)
    assert third_sequence() == "FLAIR"


def test_regions_are_hidden_one_by_one_and_drawn_as_the_user_likes(reviewed):
    display = reviewed.review.ui.segmentEditor.segmentationNode().GetDisplayNode()
    reviewed.views.ui.boxED.click()
    assert not display.GetSegmentVisibility("ED")
    assert display.GetSegmentVisibility("ET")
    reviewed.views.ui.styleSelector.setCurrentText("Outline")
    assert not display.GetVisibility2DFill()
    reviewed.views.ui.styleSelector.setCurrentText("Fill")
    reviewed.views.ui.fillSlider.setValue(70)
    assert display.GetSegmentOpacity2DFill("ET") == pytest.approx(0.7)


def test_a_study_that_is_chosen_next_is_not_named_beside_the_images_of_the_one_before(reviewed):
    (segmentation,) = slicer.mrmlScene.GetNodesByClass("vtkMRMLSegmentationNode")
    images = _images_in_view()
    assert all(images)
    reviewed.workflow.choose_files(replace(reviewed.workflow.study, study_uid="2.25.77"), ())
    assert not any(_images_in_view())
    assert not segmentation.GetDisplayVisibility()
    assert not any(slicer.mrmlScene.GetNodeByID(image) for image in images), "they lie on the disk"


def test_a_cavity_is_offered_only_where_there_is_one(reviewed):
    assert reviewed.views.ui.boxRC.isHidden()


@pytest.mark.parametrize(("chosen", "next_one"), [("Outline", "Outline"), ("Hidden", "Outline and fill")])
def test_how_things_are_drawn_holds_for_the_next_result_and_what_was_hidden_is_seen_in_it(reviewed, chosen, next_one):
    reviewed.views.ui.boxED.click()
    reviewed.views.ui.styleSelector.setCurrentText(chosen)
    reviewed.views.ui.doubtBox.click()
    reviewed.run.ui.runButton.click()
    finish(reviewed)
    display = reviewed.review.ui.segmentEditor.segmentationNode().GetDisplayNode()
    assert reviewed.views.ui.boxED.checked
    assert display.GetSegmentVisibility("ED")
    assert reviewed.views.ui.styleSelector.currentText == next_one
    assert display.GetVisibility2DOutline()
    assert display.GetVisibility2DFill() == (next_one != "Outline")
    assert _doubt_is_shown()


def test_a_click_in_the_table_of_volumes_goes_to_the_region(reviewed):
    reviewed.views.ui.nextButton.click()
    reviewed.views.ui.nextButton.click()
    table = reviewed.volumes.ui.volumeTable
    rows = [row for row in range(table.rowCount) if table.item(row, 0).text().startswith("Necrotic core")]
    table.cellClicked.emit(rows[0], 0)
    assert _slice_number() == 13
    crosshair = slicer.mrmlScene.GetFirstNodeByClass("vtkMRMLCrosshairNode")
    assert crosshair.GetCrosshairMode() == slicer.vtkMRMLCrosshairNode.ShowSmallBasic


def test_a_walk_without_slices_says_so_and_one_begins_with_the_last_when_going_back():
    assert DoubtWalk().sentence == "The model left no map of its doubt."
    slices = tuple(DoubtfulSlice(index, DoubtKind.ELSEWHERE, "", (0.0, 0.0)) for index in (7, 3))
    walk = DoubtWalk(slices)
    assert walk.previous().slice_index == 3
    assert walk.next().slice_index == 7
    assert walk.sentence == "Slice 8: 1st of 2, mostly where nothing was drawn"


def test_a_doubtful_slice_is_named_as_viewers_number_its_image():
    slices = (DoubtfulSlice(1, DoubtKind.ELSEWHERE, "", (0.0, 0.0)),)
    walk = DoubtWalk(slices, ImageNumbers(5, (10, 9)))
    walk.next()
    assert walk.sentence == "Image 9 of series 5: 1st of 1, mostly where nothing was drawn"


def test_a_doubtful_plane_that_was_cut_across_the_images_is_named_by_where_it_lies():
    slices = (DoubtfulSlice(1, DoubtKind.ELSEWHERE, "", (0.0, 0.0), "axial plane S 51 mm"),)
    walk = DoubtWalk(slices, ImageNumbers(5, (10, 9)))
    walk.next()
    assert walk.sentence == "Axial plane S 51 mm: 1st of 1, mostly where nothing was drawn"


def test_ranks_and_sequences_read_as_people_say_them():
    assert [ordinal(number) for number in (1, 2, 3, 4, 12)] == ["1st", "2nd", "3rd", "4th", "12th"]
    assert sequence_names({"FLAIR", "T1c"}) == ("T1c", "FLAIR")
