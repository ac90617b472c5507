"""Keeps unsent corrections on the disk a moment after each edit, so that a crash of Slicer loses none of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import qt
from numpy.typing import NDArray
from slicer.i18n import tr as _

from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.own_unsent import OwnUnsent
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_QUIET_MS = 2000
_SET_ASIDE = _(
    "The study's folder held other corrections that were not sent, drawn in another window or at another time."
    " They are kept in {file}."
)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """What is to be written; complete, so that it can be when the scene is gone already."""

    file: OwnUnsent
    labels: NDArray[np.uint8] = field(repr=False)
    settled_labels: NDArray[np.uint8] = field(repr=False)
    geometry: Geometry

    def write(self) -> Path | None:
        """Beside a result that was sent even what the model drew is a change; where other corrections are kept now."""
        if (self.labels != self.settled_labels).any():
            return self.file.keep(self.labels, self.geometry)
        self.file.take_back()
        return None


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
        self._file: OwnUnsent | None = None
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
        labels, settled_labels, geometry = self._review.labels, self._review.settled_labels, self._review.geometry
        if labels is None or settled_labels is None:
            return
        if self._workflow.result is not self._result or self._file is None:
            self._result, self._waiting = self._workflow.result, None
            self._file = OwnUnsent(JobFolder(self._workflow.folder), labels, geometry)
        else:
            self._waiting = _Drawn(self._file, labels, settled_labels, geometry)
            self._pause.start()

    def keep_now(self) -> None:
        """Write what waits; what cannot be written waits on, for the next edit or until the study is left."""
        self._pause.stop()
        if self._waiting is not None:
            try:
                set_aside = self._waiting.write()
            except ExportError as error:
                self._workflow.failed.emit(Failure.of(error))
            else:
                self._waiting = None
                self._say_what_was_set_aside(set_aside)

    def keep_as_drawn(self) -> None:
        """As :meth:`keep_now`; corrections that another window took away since they were written are written again."""
        if self._file is not None and self._file.was_taken_away and self._workflow.is_corrected:
            self.follow_edit()
        self.keep_now()

    def release(self) -> None:
        """Write what waits, and begin anew with the next result."""
        self.keep_now()
        self._result = self._file = None

    def _on_sent(self, _result: object) -> None:
        if self._workflow.is_corrected:
            self.follow_edit()  # she drew on while it was sent: now it is told from that
        elif self._file is not None and self._workflow.is_sending_noted:  # else this is the only copy that is here
            self._pause.stop()
            self._waiting = None
            self._say_what_was_set_aside(self._file.settle())

    def _say_what_was_set_aside(self, file: Path | None) -> None:
        if file is not None:
            self._workflow.noted.emit(_SET_ASIDE.format(file=file))
