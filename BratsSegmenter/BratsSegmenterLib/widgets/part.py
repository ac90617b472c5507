"""What the numbered parts of the panel have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from itertools import pairwise
from typing import Any

import qt
import slicer

from BratsSegmenterLib.paths import resource
from BratsSegmenterLib.widgets.tones import Tone

_MIDDLE_GREY = 128


def load_ui(name: str) -> tuple[Any, Any]:
    """The widget of ``Resources/UI/<name>.ui`` and an object with its named children as attributes."""
    widget = slicer.util.loadUI(str(resource(f"UI/{name}.ui")))
    return widget, slicer.util.childWidgetVariables(widget)


class Part:
    """One collapsible part of the panel; :meth:`update` makes it show the workflow's state.

    Parameters
    ----------
    name : str
        Name of the .ui file, whose root is a ctkCollapsibleButton.

    Attributes
    ----------
    column : QLayout
        What the part holds, top to bottom.
    """

    def __init__(self, name: str) -> None:
        self.widget, self.ui = load_ui(name)
        self.column = _in_one_widget(self.widget)

    def update(self) -> None:
        """Show what the workflow's state allows now."""

    def fold(self, folded: bool) -> None:
        """Fold the part away, or open it."""
        self.widget.collapsed = folded


def _in_one_widget(part: Any) -> Any:
    """Move what a part holds into one widget and return its layout.

    A ctkCollapsibleButton that unfolds shows all its children, even those that were hidden; what is hidden within a
    child stays hidden.
    """
    contents = qt.QWidget()
    column = part.layout()
    contents.setLayout(column)
    frame = qt.QVBoxLayout(part)
    frame.setContentsMargins(0, 0, 0, 0)
    frame.addWidget(contents)
    return column


def set_text_or_hide(label: Any, text: str) -> None:
    """Show a label with `text`; hide it when there is none, so that it takes no room."""
    label.setText(text)
    label.setVisible(bool(text))


def as_title(text: str) -> str:
    """What others wrote, for a button or a heading, where Qt takes a single & for the mark of a key."""
    return text.replace("&", "&&")


def tab_through(widgets: Iterable[Any]) -> None:
    """Let Tab pass through widgets of one part in this order."""
    for before, after in pairwise(widgets):
        qt.QWidget.setTabOrder(before, after)


def tab_before(anchor: Any, widgets: Iterable[Any]) -> None:
    """Let Tab pass through widgets in this order before it comes to the anchor, which keeps its place."""
    tab_through((anchor, *widgets, anchor))


def is_dark() -> bool:
    """Whether Slicer's style is a dark one."""
    return slicer.app.palette().color(qt.QPalette.Base).lightness() < _MIDDLE_GREY


def colour_of(tone: Tone) -> str:
    """The tone's colour, legible under Slicer's style of now, as #rrggbb."""
    return tone.colour(is_dark())


def on_return(widget: Any, act: Callable[[], None]) -> None:
    """Call `act` when Return is pressed in a widget.

    A table's own ``itemActivated`` would come with a single click where the desktop wants it so, and never with Return
    on macOS.
    """
    for key in ("Return", "Enter"):
        shortcut = qt.QShortcut(qt.QKeySequence(key), widget)
        shortcut.setContext(qt.Qt.WidgetShortcut)
        shortcut.activated.connect(act)


def swatch(colour: tuple[int, int, int]) -> qt.QPixmap:
    """A small square of a colour, given as red, green, blue from 0 to 255."""
    pixmap = qt.QPixmap(12, 12)
    pixmap.fill(qt.QColor(*colour))
    return pixmap
