"""The part for the views: the third sequence, how regions are drawn, and the walk over doubtful slices."""

from __future__ import annotations

from typing import Any

import qt

from BratsSegmenterLib.domain import LEAF_REGIONS, RC
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.measurement import DoubtfulSlice
from BratsSegmenterLib.scene.overlay import Look, RegionStyle, draw_regions, look_of, show_doubt, show_region
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.scene.views import jump_to, show_in_third_view, third_sequence
from BratsSegmenterLib.widgets.part import Part, swatch
from BratsSegmenterLib.widgets.views_model import STYLES, DoubtWalk, sequence_names
from BratsSegmenterLib.widgets.workflow import Workflow

_PER_CENT = 100.0


class ViewsPart(Part):
    """Steers what the views show of the reviewed study; the keys work as long as there is one."""

    def __init__(self, workflow: Workflow, review: Review) -> None:
        super().__init__("ViewsPart")
        self._workflow = workflow
        self._review = review
        self._result: SegmentResult | None = None
        self._sequences: tuple[str, ...] = ()
        self._walk = DoubtWalk()
        self._region_boxes = {region: getattr(self.ui, f"box{region.key}") for region in LEAF_REGIONS}
        for region, box in self._region_boxes.items():
            box.setIcon(qt.QIcon(swatch(region.colour)))
            box.toggled.connect(self._show_regions)
        for _style, text in STYLES:
            self.ui.styleSelector.addItem(text)
        self.ui.sequenceList.entered.connect(self._on_sequence_entered)
        self.ui.sequenceList.currentRowChanged.connect(self._show_sequence)
        self.ui.styleSelector.currentIndexChanged.connect(self._draw_regions)
        self.ui.fillSlider.valueChanged.connect(self._draw_regions)
        self.ui.doubtBox.toggled.connect(self._show_doubt)
        self.ui.doubtSlider.valueChanged.connect(self._show_doubt)
        self.ui.previousButton.clicked.connect(self._go_back)
        self.ui.nextButton.clicked.connect(self._go_on)
        keys = (
            ("J", self._go_on),
            ("K", self._go_back),
            ("U", self.ui.doubtBox.toggle),
            ("S", self._show_next_sequence),
        )
        self._shortcuts = [self._shortcut(key, action) for key, action in keys]

    def update(self) -> None:
        """Take up the result that is shown."""
        result = self._workflow.result
        self.widget.setEnabled(result is not None)
        if result is not self._result:
            self._result = result
            self._take_up(result)

    def follow_style(self) -> None:
        """Slicer's style became a dark or a light one; a list with a style sheet keeps the colours it was given."""
        sheet = self.ui.sequenceList.styleSheet
        self.ui.sequenceList.setStyleSheet("")
        self.ui.sequenceList.setStyleSheet(sheet)

    def look_of_scene(self) -> Look:
        """How the result in the scene is shown, before it is taken up with the switches as they are."""
        return look_of(self._review.parameters.segmentation, self._review.parameters.doubt)

    def show_as(self, look: Look) -> None:
        """Turn the switches so that the result is shown like that."""
        self.ui.styleSelector.setCurrentIndex([style for style, _text in STYLES].index(look.style))
        self.ui.fillSlider.setValue(round(look.fill_opacity * _PER_CENT))
        for region, box in self._region_boxes.items():
            box.setChecked(region.key not in look.hidden)
        self.ui.doubtBox.setChecked(look.doubt_opacity is not None)
        if look.doubt_opacity is not None:
            self.ui.doubtSlider.setValue(round(look.doubt_opacity * _PER_CENT))

    def _take_up(self, result: SegmentResult | None) -> None:
        has_doubt = result is not None and self._review.parameters.doubt is not None
        self.ui.doubtBox.setEnabled(has_doubt)
        self.ui.doubtSlider.setEnabled(has_doubt)
        self._start_walk(DoubtWalk() if result is None else DoubtWalk(result.doubtful_slices, result.image_numbers))
        if result is None:
            self._list_sequences(())
            return
        self._hide_nothing()
        parameters = self._review.parameters
        self._list_sequences(sequence_names(parameters.volumes))
        segments = parameters.segmentation.GetSegmentation()
        self._region_boxes[RC].setVisible(segments.GetSegment(RC.key) is not None)
        self._draw_regions()
        self._show_regions()
        self._show_doubt()

    def _hide_nothing(self) -> None:
        """What was hidden in one patient must not be missing in the next."""
        for box in self._region_boxes.values():
            box.setChecked(True)
        if STYLES[self.ui.styleSelector.currentIndex][0] is RegionStyle.NONE:
            self.ui.styleSelector.setCurrentIndex(0)

    def _list_sequences(self, names: tuple[str, ...]) -> None:
        chosen = self.ui.sequenceList
        chosen.blockSignals(True)
        chosen.clear()
        for name in names:
            chosen.addItem(name)
        if names and third_sequence() in names:
            chosen.setCurrentRow(names.index(third_sequence()))
        chosen.blockSignals(False)
        self._sequences = names

    def _on_sequence_entered(self, index: qt.QModelIndex) -> None:
        self.ui.sequenceList.setCurrentRow(index.row())

    def _show_sequence(self, row: int) -> None:
        name = self._sequences[row] if 0 <= row < len(self._sequences) else ""
        volume = self._review.parameters.volumes.get(name)
        if volume is not None:  # else the user took it out of the scene
            show_in_third_view(volume)

    def _show_next_sequence(self) -> None:
        if self._sequences:
            self.ui.sequenceList.setCurrentRow((self.ui.sequenceList.currentRow + 1) % len(self._sequences))

    def _draw_regions(self, *_changed: Any) -> None:
        style, _text = STYLES[self.ui.styleSelector.currentIndex]
        draw_regions(self._review.parameters.segmentation, style, self.ui.fillSlider.value / _PER_CENT)

    def _show_regions(self, *_changed: Any) -> None:
        for region, box in self._region_boxes.items():
            show_region(self._review.parameters.segmentation, region.key, box.checked)

    def _show_doubt(self, *_changed: Any) -> None:
        shown = self._review.parameters.doubt if self.ui.doubtBox.checked else None
        show_doubt(shown, self.ui.doubtSlider.value / _PER_CENT)

    def _start_walk(self, walk: DoubtWalk) -> None:
        self._walk = walk
        for button in (self.ui.previousButton, self.ui.nextButton):
            button.setEnabled(self._walk.is_possible)
        self.ui.walkLabel.setText(self._walk.sentence if self._workflow.result is not None else "")

    def _go_on(self) -> None:
        if self._walk.is_possible:
            self._look_at(self._walk.next())

    def _go_back(self) -> None:
        if self._walk.is_possible:
            self._look_at(self._walk.previous())

    def _look_at(self, item: DoubtfulSlice) -> None:
        jump_to((float(item.slice_index), *item.centre), self._review.parameters.reference)
        self.ui.walkLabel.setText(self._walk.sentence)

    def _shortcut(self, key: str, action: Any) -> qt.QShortcut:
        shortcut = qt.QShortcut(qt.QKeySequence(key), self.widget)
        shortcut.activated.connect(action)
        return shortcut
