"""Keeps unsent corrections on the disk a moment after each edit, so that a crash of Slicer loses none of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import qt
from numpy.typing import NDArray
from slicer.i18n import tr as _

from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.study import JobFolder, OwnUnsent
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import Failure

_QUIET_MS = 2000
_SET_ASIDE = _(
    "The study's folder held other corrections that were not sent, drawn in another window or at another time."
    " They are kept in {file}."
)


@dataclass(frozen=True, eq=False)
class _Drawn:
    """What is drawn; complete, so that it can be written when the scene is gone already.

    The study is opened with the settled labels where no corrections are kept: with what the disk noted as sent, else
    with what the model drew. Beside a result that was sent even what the model drew is a correction.
    """

    file: OwnUnsent
    labels: NDArray[np.uint8] = field(repr=False)
    settled_labels: NDArray[np.uint8] = field(repr=False)
    geometry: Geometry

    @property
    def is_settled(self) -> bool:
        return bool((self.labels == self.settled_labels).all())

    def keep(self) -> Path | None:
        """After an edit; where other corrections are kept now."""
        return self._keep_by(self.file.keep)

    def keep_as_left(self) -> Path | None:
        """When it leaves the screen, edited or not."""
        return self._keep_by(self.file.keep_as_left)

    def _keep_by(self, write: Callable[[NDArray[np.uint8], Geometry], Path | None]) -> Path | None:
        if not self.is_settled:
            return write(self.labels, self.geometry)
        self.file.take_back()
        return None


class CorrectionsKeeper:
    """Writes what is drawn into the job folder when the user has not edited for a moment, and when it is left.

    Parameters
    ----------
    workflow : Workflow
    review : Review

    Attributes
    ----------
    waits : bool
        Whether something that was drawn is not on the disk yet.
    """

    def __init__(self, workflow: Workflow, review: Review) -> None:
        self.waits = False
        self._workflow = workflow
        self._review = review
        self._result: SegmentResult | None = None
        self._drawn: _Drawn | None = None
        self._pause = qt.QTimer()
        self._pause.setSingleShot(True)
        self._pause.setInterval(_QUIET_MS)
        self._pause.timeout.connect(self.keep_now)
        workflow.sent.connect(self._on_sent)

    @property
    def come_back(self) -> bool:
        """Whether the study is opened with what is drawn."""
        return self._drawn is not None and not self.waits and self._drawn.file.comes_back

    def update(self) -> None:
        """A study that is left is kept as it was left."""
        if self._workflow.result is None:
            self._say(self.release())

    def follow_edit(self) -> None:
        """The segments were measured: for the first time as they were opened, then after an edit."""
        labels, settled_labels, geometry = self._review.labels, self._review.settled_labels, self._review.geometry
        if labels is None or settled_labels is None:
            return
        if self._workflow.result is not self._result or self._drawn is None:
            self._say(self.release())
            self._result = self._workflow.result
            file = OwnUnsent(JobFolder(self._workflow.folder), labels, geometry)
            self._drawn = _Drawn(file, labels, settled_labels, geometry)
            return
        if self._workflow.has_unnoted_sending:
            settled_labels = self._drawn.settled_labels
        self._drawn = _Drawn(self._drawn.file, labels, settled_labels, geometry)
        self.waits = True
        self._pause.start()

    def keep_now(self) -> None:
        """Write what waits; what cannot be written waits on, for the next edit or until the study is left."""
        if self._drawn is not None and self.waits:
            self._tell(self._outcome_of(self._drawn.keep))

    def keep_as_drawn(self) -> str:
        """Write what is drawn and lies in no file; what the user should know of that, as a sentence."""
        if self._drawn is None:
            return ""
        told = self._outcome_of(self._drawn.keep if self.waits else self._drawn.keep_as_left)
        return told.sentence if isinstance(told, Failure) else told

    def release(self) -> str:
        """As :meth:`keep_as_drawn`, and begin anew with the next result."""
        told = self.keep_as_drawn()
        self._result = self._drawn = None
        self.waits = False
        return told

    def _on_sent(self, _result: object) -> None:
        self.follow_edit()  # now it is told from what was sent; she may have drawn on meanwhile
        if self._drawn is not None and self._drawn.is_settled:
            self._tell(self._outcome_of(self._drawn.file.settle))

    def _outcome_of(self, write: Callable[[], Path | None]) -> Failure | str:
        """Why the disk refused; else what was set aside, as a sentence."""
        self._pause.stop()
        try:
            set_aside = write()
        except ExportError as error:
            self.waits = True
            return Failure.of(error)
        self.waits = False
        return "" if set_aside is None else _SET_ASIDE.format(file=set_aside)

    def _tell(self, told: Failure | str) -> None:
        if isinstance(told, Failure):
            self._workflow.failed.emit(told)
        else:
            self._say(told)

    def _say(self, sentence: str) -> None:
        if sentence:
            self._workflow.noted.emit(sentence)
