"""Part 5: each region accepted, compared or taken back; corrected with Slicer's own Segment Editor."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from slicer.i18n import tr as _

from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.scene.region_review import RegionReview
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.study import JobFolder, keep_accepted
from BratsSegmenterLib.widgets.part import Part
from BratsSegmenterLib.widgets.region_editor import RegionEditor, keys_text
from BratsSegmenterLib.widgets.region_rows import RegionRows
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_LIMITED = _("Painting and growing change nothing outside the brain that was found before the segmentation")
_NO_MASK = _("This result has no brain mask: it was taken up from the study, or the mask was switched off")


class ReviewPart(Part):
    """The regions of the reviewed study, and the editor on their segmentation.

    Attributes
    ----------
    accepted_changed : Signal
        Emitted after a region was accepted, or no longer is.
    """

    def __init__(self, workflow: Workflow, review: Review) -> None:
        super().__init__("ReviewPart")
        self._workflow = workflow
        self._review = review
        self._regions = RegionReview(review)
        self.accepted_changed = Signal()
        self.accepted_changed.connect(self._keep_accepted)
        self._kept: tuple[str, ...] = ()
        self.editor = RegionEditor(self.ui.segmentEditor, self.widget)
        self.rows = RegionRows(
            self.ui.regionsFrame, self._regions, self.editor.save_for_undo, self.accepted_changed.emit
        )
        self.ui.keysLabel.setToolTip(keys_text())
        self.ui.intensitySelector.currentIndexChanged.connect(self._use_intensities)
        self.ui.brainBox.toggled.connect(self._stay_inside)
        self._brain: NDArray[np.bool_] | None = None

    @property
    def accepted(self) -> tuple[str, ...]:
        """Keys of the accepted regions, in the order of the rows."""
        return tuple(key for key in self.rows.rows if key in self._regions.accepted)

    def update(self) -> None:
        """Edit the result's segments; nothing while there is no result."""
        parameters = self._review.parameters
        segmentation = parameters.segmentation if self._workflow.result is not None else None
        is_busy = self._workflow.state_of_study.is_busy
        self.widget.setEnabled(segmentation is not None and not is_busy)
        if is_busy:
            self.ui.segmentEditor.setActiveEffectByName("")  # in a disabled editor it would still hear the mouse
        if segmentation is self.editor.segmentation:
            self.editor.edit(segmentation, parameters.reference)
            return
        self._regions.release()
        self.rows.clear()
        if segmentation is None:
            self.editor.edit(None, None)
        else:
            self._regions.follow_edit()
            self.rows.update()
            self._kept = self.accepted
            self.editor.edit(segmentation, parameters.reference)
            self._offer_intensities()
            self._offer_brain()

    def follow_edit(self) -> None:
        """The segments changed: what was accepted before is to be looked at again."""
        if self._regions.follow_edit():
            self.rows.update()
            self.accepted_changed.emit()

    def release(self) -> None:
        """Let go of the scene's nodes before they are removed."""
        self._regions.release()
        self.rows.clear()
        self.editor.release()

    def shut_down(self) -> None:
        """The panel closes."""
        self.release()
        self.editor.shut_down()

    def _keep_accepted(self) -> None:
        """On the disk, where they are found when the study is opened again."""
        labels, accepted = self._review.labels, self.accepted
        if labels is None or accepted == self._kept:
            return
        try:
            keep_accepted(JobFolder(self._workflow.folder), labels, accepted)
        except ExportError as error:
            self._workflow.failed.emit(Failure.of(error))
        self._kept = accepted

    def _offer_intensities(self) -> None:
        selector = self.ui.intensitySelector
        volumes = self._review.parameters.volumes
        selector.blockSignals(True)
        selector.clear()
        for name in volumes:
            selector.addItem(name)
        selector.setCurrentIndex(selector.findText(self._review.parameters.result.reference))
        selector.blockSignals(False)

    def _offer_brain(self) -> None:
        """A result with a brain mask is edited inside the brain until the user says otherwise."""
        try:
            self._brain = self._review.read_brain()
        except SeriesError as error:
            self._brain = None
            self._workflow.failed.emit(Failure.of(error))
        has_mask = self._brain is not None
        self.ui.brainBox.blockSignals(True)
        self.ui.brainBox.setChecked(has_mask)
        self.ui.brainBox.blockSignals(False)
        self.ui.brainBox.setEnabled(has_mask)
        self.ui.brainBox.setToolTip(_LIMITED if has_mask else _NO_MASK)
        self._stay_inside(has_mask)

    def _stay_inside(self, wanted: bool) -> None:
        self.editor.stay_inside(self._brain if wanted else None)

    def _use_intensities(self) -> None:
        volume = self._review.parameters.volumes.get(self.ui.intensitySelector.currentText)
        if volume is not None:
            self.editor.use_intensities_of(volume)
