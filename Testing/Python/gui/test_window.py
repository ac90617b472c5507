"""The stand-in for Slicer's window: views that hear the mouse and draw themselves anew."""

import pytest
import qt
from host.demo import usable_platform
from host.driver import finish
from host.layout import ViewWidget
from host.replay_worker import Behaviour
from host.slicer_app import application
from PySide6.QtTest import QTest

from BratsSegmenterLib.scene.layout import LEFT, RIGHT
from BratsSegmenterLib.scene.views import slice_logics


@pytest.fixture
def views(open_panel) -> tuple[ViewWidget, ViewWidget]:
    panel = open_panel(Behaviour.WORKS)
    panel.archive.ui.searchButton.click()
    finish(panel)
    panel.studies.ui.studyTable.selectRow(0)
    panel.run.ui.runButton.click()
    finish(panel)
    left, right = (application().layoutManager().viewWidget(name) for name in (LEFT, RIGHT))
    left.window().resize(800, 600)
    left.window().show()
    application().processEvents()
    return left, right


def _turn_wheel(widget: ViewWidget) -> None:
    middle = qt.QPointF(widget.width / 2, widget.height / 2)
    none = qt.Qt.KeyboardModifier.NoModifier, qt.Qt.ScrollPhase.NoScrollPhase
    buttons = qt.Qt.MouseButton.NoButton
    turn = qt.QWheelEvent(middle, middle, qt.QPoint(), qt.QPoint(0, 120), buttons, *none, False)
    application().sendEvent(widget, turn)
    application().processEvents()


def test_the_wheel_turns_the_slices_of_all_linked_views(views):
    before_mm = [logic.GetSliceOffset() for logic in slice_logics()]
    _turn_wheel(views[0])
    after_mm = [logic.GetSliceOffset() for logic in slice_logics()]
    assert len(set(after_mm)) == 1
    assert abs(after_mm[0] - before_mm[0]) == pytest.approx(2.0)


def test_a_drag_with_the_right_button_zooms_all_linked_views(views):
    left, right = views
    before_mm = right.view.node.GetFieldOfView()[0]
    start, button = qt.QPoint(left.width // 2, left.height // 2), qt.Qt.MouseButton.RightButton
    QTest.mousePress(left, button, pos=start)
    for step in range(1, 6):
        moved = qt.QPointF(start + qt.QPoint(0, -8 * step))
        none = qt.Qt.MouseButton.NoButton, button, qt.Qt.KeyboardModifier.NoModifier
        application().sendEvent(left, qt.QMouseEvent(qt.QEvent.Type.MouseMove, moved, moved, *none))
    QTest.mouseRelease(left, button, pos=start + qt.QPoint(0, -40))
    assert right.view.node.GetFieldOfView()[0] != pytest.approx(before_mm)
    assert right.view.node.GetFieldOfView()[0] == pytest.approx(left.view.node.GetFieldOfView()[0], rel=0.02)


@pytest.mark.parametrize("variables", [{}, {"DISPLAY": ":97"}], ids=["without", "gone"])
def test_without_a_display_that_answers_the_demo_opens_no_window(monkeypatch, variables):
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert usable_platform() is None
