"""Puts a result into the scene, step by step, so that Slicer draws and listens in between."""

from __future__ import annotations

from pathlib import Path

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.steps import StepRunner, Steps
from BratsSegmenterLib.widgets.review_scene import ReviewScene
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.worker_messages import Failure


class Opening:
    """Shows one result at a time.

    Parameters
    ----------
    scene : ReviewScene
    run_steps : StepRunner

    Attributes
    ----------
    ended : Signal
        Emitted with the SegmentResult when it is shown, with a Failure when it cannot be, with None before an error
        that nobody foresaw is raised; never after :meth:`stop`.
    """

    def __init__(self, scene: ReviewScene, run_steps: StepRunner) -> None:
        self._scene = scene
        self._run_steps = run_steps
        self._steps: Steps[None] | None = None
        self._result: SegmentResult | None = None
        self.ended = Signal()

    def begin(self, study: StudySummary, folder: Path, result: SegmentResult) -> None:
        """Show a result of `study`, whose files lie in `folder`."""
        self._result = result
        self._steps = self._scene.showing(study, folder, result)
        self._run_steps(self._take_one)

    def stop(self) -> None:
        """Take back what was half shown."""
        if self._steps is not None:
            self._steps.close()
            self._steps = None

    def _take_one(self) -> bool:
        """One more step; whether more are to come."""
        if self._steps is None:
            return False
        try:
            next(self._steps)
        except StopIteration:
            self._steps = None
            self.ended.emit(self._result)
        except BratsSegmenterError as error:
            self._steps = None
            self.ended.emit(Failure.of(error))
        except Exception:
            self._steps = None
            self.ended.emit(None)
            raise
        return self._steps is not None
