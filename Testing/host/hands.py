"""The mouse and the keyboard of a person in front of a window: they reach what can be seen and is enabled, no more."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import qt
from PySide6.QtTest import QTest

from host.slicer_app import application

_LEFT = qt.Qt.MouseButton.LeftButton
_TITLE, _TICK = qt.QPoint(40, 12), 8
_ROUNDS = 3


class Hands:
    """Work on one window, which is shown and active from now on.

    Parameters
    ----------
    window : QWidget

    Attributes
    ----------
    clicks : int
        How many clicks there were so far.
    """

    def __init__(self, window: Any) -> None:
        self._window = window
        self.clicks = 0
        window.show()
        self._activate()

    def click(self, widget: Any) -> None:
        """Click into the middle of a widget."""
        self._click(widget, widget.rect.center())

    def click_box(self, box: Any) -> None:
        """Click on the square of a tick box."""
        self._click(box, qt.QPoint(_TICK, box.height // 2))

    def set_box(self, box: Any, wanted: bool) -> None:
        """Tick a box, or take the tick away, where it is not so already."""
        if box.checked is not wanted:
            self.click_box(box)

    def click_row(self, table: Any, row: int) -> None:
        """Click into the first cell of a table's row."""
        self._click(table.viewport(), table.visualItemRect(table.item(row, 0)).center())

    def unfold(self, part: Any) -> None:
        """Open a folded part of the panel by its title."""
        if part.collapsed:
            self._click(part, _TITLE)

    def write(self, edit: Any, text: str) -> None:
        """Replace what an edit line says."""
        self.click(edit)
        edit.selectAll()
        QTest.keyClick(edit, qt.Qt.Key.Key_Delete)
        QTest.keyClicks(edit, text)

    def choose(self, selector: Any, index: int) -> None:
        """Choose an entry of a list by the arrow keys."""
        self._reach(selector, selector.rect.center())
        selector.setFocus()
        QTest.keyClick(selector, qt.Qt.Key.Key_Home)
        for _step in range(index):
            QTest.keyClick(selector, qt.Qt.Key.Key_Down)

    def press(self, key: qt.Qt.Key) -> None:
        """Press a key of the keyboard, wherever the focus is."""
        self._activate()
        QTest.keyClick(application().focusWidget() or self._window, key)
        application().processEvents()

    def drag(self, widget: Any, points: Sequence[qt.QPoint]) -> None:
        """Press the left button at the first point, draw through the others, and let go at the last."""
        self._reach(widget, points[0])
        QTest.mousePress(widget, _LEFT, pos=points[0])
        for point in points[1:]:
            self._move(widget, point)
        QTest.mouseRelease(widget, _LEFT, pos=points[-1])
        application().processEvents()

    def _activate(self) -> None:
        """Keys reach the active window alone, and a dialog or another window may have become it."""
        self._window.activateWindow()
        application().processEvents()

    def _click(self, widget: Any, point: qt.QPoint) -> None:
        self._reach(widget, point)
        QTest.mouseClick(widget, _LEFT, qt.Qt.KeyboardModifier.NoModifier, point)
        application().processEvents()  # what was clicked may have moved the rest
        self.clicks += 1

    def _reach(self, widget: Any, point: qt.QPoint) -> None:
        """Scroll until the point can be seen."""
        application().processEvents()
        for _round in range(_ROUNDS):  # a layout in a layout settles one turn of the event loop later
            for scroll in _scroll_areas_around(widget):
                scroll.ensureWidgetVisible(widget)
            application().processEvents()
        assert widget.isEnabled(), f"{widget.objectName} is not enabled"
        assert widget.visibleRegion().contains(point), f"{widget.objectName} cannot be seen"

    @staticmethod
    def _move(widget: Any, point: qt.QPoint) -> None:
        """QTest's own moves hold no button down."""
        at, none = qt.QPointF(point), qt.Qt.KeyboardModifier.NoModifier
        move = qt.QMouseEvent(
            qt.QEvent.Type.MouseMove, at, widget.mapToGlobal(at), qt.Qt.MouseButton.NoButton, _LEFT, none
        )
        application().sendEvent(widget, move)


def _scroll_areas_around(widget: Any) -> list[Any]:
    """From the inside outwards."""
    found, around = [], widget.parentWidget()
    while around is not None:
        if isinstance(around, qt.QScrollArea):  # tables scroll too, but by their rows
            found.append(around)
        around = around.parentWidget()
    return found
