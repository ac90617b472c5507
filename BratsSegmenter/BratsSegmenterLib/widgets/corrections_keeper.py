"""Keeps unsent corrections on the disk a moment after each edit, so that a crash of Slicer loses none of them."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import qt
from numpy.typing import NDArray

from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.unsent import forget_unsent, keep_unsent
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_QUIET_MS = 2000


@dataclass(frozen=True, eq=False)
class _Drawn:
    """What is to be written; complete, so that it can be when the scene is gone already."""

    folder: JobFolder
    labels: NDArray[np.uint8] = field(repr=False)
    settled_labels: NDArray[np.uint8] = field(repr=False)
    geometry: Geometry

    def write(self) -> None:
        """Beside a result that was sent even what the model drew is a change."""
        if (self.labels != self.settled_labels).any():
            keep_unsent(self.folder, self.labels, self.geometry)
        else:
            forget_unsent(self.folder)


class CorrectionsKeeper:
    """Writes what is drawn into the job folder when the user has not edited for a moment.

    Parameters
    ----------
    workflow : Workflow
    review : Review
    """

    def __init__(self, workflow: Workflow, review: Review) -> None:
        self._workflow = workflow
        self._review = review
        self._result: SegmentResult | None = None
        self._waiting: _Drawn | None = None
        self._pause = qt.QTimer()
        self._pause.setSingleShot(True)
        self._pause.setInterval(_QUIET_MS)
        self._pause.timeout.connect(self.keep_now)
        workflow.sent.connect(self._on_sent)

    @property
    def waits(self) -> bool:
        """Whether something that was drawn is not on the disk yet."""
        return self._waiting is not None

    def update(self) -> None:
        """A study that is left is kept as it was left."""
        if self._workflow.result is None:
            self.release()

    def follow_edit(self) -> None:
        """The segments were measured: for the first time as they were opened, then after an edit."""
        if self._workflow.result is not self._result:
            self._result, self._waiting = self._workflow.result, None
            return
        labels, settled_labels, geometry = self._review.labels, self._review.settled_labels, self._review.geometry
        if labels is not None and settled_labels is not None:
            self._waiting = _Drawn(JobFolder(self._workflow.folder), labels, settled_labels, geometry)
            self._pause.start()

    def keep_now(self) -> None:
        """Write what waits; what cannot be written waits on, for the next edit or until the study is left."""
        self._pause.stop()
        if self._waiting is not None:
            try:
                self._waiting.write()
            except ExportError as error:
                self._workflow.failed.emit(Failure.of(error))
            else:
                self._waiting = None

    def release(self) -> None:
        """Write what waits, and begin anew with the next result."""
        self.keep_now()
        self._result = None

    def _on_sent(self, _result: object) -> None:
        if self._workflow.is_corrected:
            self.follow_edit()  # she drew on while it was sent: now it is told from that
            return
        self._pause.stop()
        self._waiting = None
        forget_unsent(JobFolder(self._workflow.folder))
