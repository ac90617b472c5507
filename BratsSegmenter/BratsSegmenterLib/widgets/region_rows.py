"""A row for each region under review: accepted, compared with the model's outline, taken back to it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.domain import Region
from BratsSegmenterLib.scene.region_review import RegionReview
from BratsSegmenterLib.widgets.part import swatch, tab_through


@dataclass(frozen=True)
class _Row:
    accepted: Any
    compare: Any
    reset: Any
    widgets: tuple[Any, ...]

    @property
    def buttons(self) -> tuple[Any, ...]:
        """From left to right."""
        return self.accepted, self.compare, self.reset


class RegionRows:
    """The rows, in a frame with a grid.

    Parameters
    ----------
    frame : QWidget
        Its layout is a QGridLayout.
    regions : RegionReview
    before_reset : callable
        Called before a region is taken back, so that it can be undone.
    on_accepted : callable
        Called after a region was accepted, or no longer is.
    """

    def __init__(
        self, frame: Any, regions: RegionReview, before_reset: Callable[[], None], on_accepted: Callable[[], None]
    ) -> None:
        self._frame = frame
        self._regions = regions
        self._before_reset = before_reset
        self._on_accepted = on_accepted
        self.rows: dict[str, _Row] = {}
        frame.layout().setColumnStretch(0, 1)

    def update(self) -> None:
        """Offer the regions that have a segment, and show which are accepted."""
        regions = self._regions.regions
        if tuple(region.key for region in regions) != tuple(self.rows):
            self._build(regions)
        accepted = self._regions.accepted if regions else frozenset()
        for key, row in self.rows.items():
            row.accepted.setChecked(key in accepted)

    def clear(self) -> None:
        """Show no rows."""
        self._build(())

    def _build(self, regions: tuple[Region, ...]) -> None:
        for row in self.rows.values():
            for widget in row.widgets:
                widget.setParent(None)
                widget.deleteLater()
        self.rows = {region.key: self._row(index, region) for index, region in enumerate(regions)}
        tab_through((_before(self._frame), *(widget for row in self.rows.values() for widget in row.buttons)))
        self._frame.setVisible(bool(regions))

    def _row(self, index: int, region: Region) -> _Row:
        name = qt.QWidget()
        line = qt.QHBoxLayout(name)
        line.setContentsMargins(0, 0, 0, 0)
        colour = qt.QLabel()
        colour.setPixmap(swatch(region.colour))
        line.addWidget(colour)
        line.addWidget(qt.QLabel(f"{region.name} ({region.key})"), 1)
        accepted, compare, reset = qt.QCheckBox(_("accepted")), qt.QPushButton(_("Compare")), qt.QPushButton(_("Reset"))
        accepted.setObjectName(f"{region.key}AcceptedBox")
        accepted.setToolTip(_("You looked at this region and agree; an edit of it withdraws that"))
        compare.setObjectName(f"{region.key}CompareButton")
        compare.setToolTip(_("Show the model's own outline of this region, thin and pink, over the edited one"))
        compare.setCheckable(True)
        reset.setObjectName(f"{region.key}ResetButton")
        reset.setToolTip(_("Give this region the voxels back that the model drew; can be undone"))
        accepted.clicked.connect(lambda checked: self._accept(region.key, checked))
        compare.toggled.connect(lambda checked: self._regions.compare(region.key, checked))
        reset.clicked.connect(lambda: self._reset(region.key))
        widgets = name, accepted, compare, reset
        for column, widget in enumerate(widgets):
            self._frame.layout().addWidget(widget, index, column)
        return _Row(accepted, compare, reset, widgets)

    def _accept(self, key: str, is_accepted: bool) -> None:
        self._regions.accept(key, is_accepted)
        self._on_accepted()

    def _reset(self, key: str) -> None:
        self._before_reset()
        self._regions.reset(key)


def _before(frame: Any) -> Any:
    """What Tab leaves for the frame: the frame itself takes no keyboard."""
    widget = frame.previousInFocusChain()
    while widget.focusPolicy == qt.Qt.NoFocus:
        widget = widget.previousInFocusChain()
    return widget
