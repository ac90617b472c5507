"""One tick for each kind of object that can be sent."""

from __future__ import annotations

import qt

from BratsSegmenterLib.widgets.send_model import FORMATS

_COLUMNS = 2


def format_boxes(frame: qt.QWidget, name_ending: str) -> dict[str, qt.QCheckBox]:
    """Put a tick box for each format into the grid of `frame`, and return them by the format's key.

    Parameters
    ----------
    frame : QWidget
        With a grid layout.
    name_ending : str
        Of the boxes' object names, behind the key.
    """
    boxes = {}
    for index, item in enumerate(FORMATS):
        box = qt.QCheckBox(item.name)
        box.setObjectName(f"{item.key}{name_ending}")
        box.setToolTip(item.purpose)
        frame.layout().addWidget(box, index // _COLUMNS, index % _COLUMNS)
        boxes[item.key] = box
    return boxes
