"""The synthetic patient in Slicer's module Sample Data: made on this computer, nothing of it is downloaded."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.job_results import SamplePatientResult
from BratsSegmenterLib.jobs import SamplePatientJob
from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.scene.sample_data import load_sample
from BratsSegmenterLib.widgets.dependencies import ensure_sample
from BratsSegmenterLib.widgets.interpreter import worker_interpreter
from BratsSegmenterLib.widgets.process import WorkerProcess, worker_command
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.stage_names import stage_name
from BratsSegmenterLib.worker_messages import Failure, Outcome

_HUNDRED = 100


class SamplePatient:
    """Made in a process of its own while Slicer stays free; then its images are loaded.

    Parameters
    ----------
    runner : JobRunner
    folder : Path
        Gets the patient.
    ensure : callable
        Installs what making the head needs, or raises an InferenceError.
    say : callable
        Tells the user where the study lies.
    spacing_mm : float
        How finely the head is made; coarser is faster.
    """

    def __init__(
        self,
        runner: JobRunner,
        folder: Path,
        ensure: Callable[[], None],
        say: Callable[[str], object],
        spacing_mm: float = 1.0,
    ) -> None:
        self._runner = runner
        self._say = say
        self._job = SamplePatientJob(folder, spacing_mm)
        self._ensure = ensure
        self._dialog: Any = None
        runner.progressed.connect(self._show_progress)
        runner.ended.connect(self._on_ended)

    @property
    def is_being_made(self) -> bool:
        """Whether the patient is not there yet."""
        return self._runner.is_running

    def make(self) -> None:
        """Make the patient, with a strip that shows how far that is and can stop it."""
        if self._runner.is_running:
            return
        try:
            self._ensure()
        except InferenceError as error:
            slicer.util.errorDisplay(str(error), windowTitle=_("The synthetic patient was not made"))
            return
        self._dialog = qt.QProgressDialog(slicer.util.mainWindow())
        self._dialog.setWindowTitle(_("The synthetic patient is made on this computer"))
        self._dialog.setMaximum(_HUNDRED)
        self._dialog.setAutoReset(False)
        self._dialog.canceled.connect(self._runner.cancel)
        self._dialog.show()
        self._runner.start(self._job, {})

    def _show_progress(self, event: ProgressEvent) -> None:
        self._dialog.setLabelText(stage_name(event.stage))
        self._dialog.setValue(round(_HUNDRED * event.fraction))

    def _on_ended(self, outcome: Outcome) -> None:
        self._dialog.canceled.disconnect(self._runner.cancel)
        self._dialog.reset()  # hidden alone, it would come back once it thinks that it has been patient
        match outcome:
            case SamplePatientResult():
                load_sample(outcome.images)
                text = _("The synthetic study lies in {folder}. Open that folder in BratsSegmenter.")
                self._say(text.format(folder=outcome.dicom))
            case Failure():
                slicer.util.errorDisplay(outcome.sentence, windowTitle=_("The synthetic patient was not made"))


def sample_patient(folder: Path, say: Callable[[str], object], spacing_mm: float = 1.0) -> SamplePatient:
    """The synthetic patient, made by the worker in Slicer's Python, after a question for what is not installed."""
    worker = WorkerProcess(worker_command(worker_interpreter(slicer.app.slicerHome)))
    return SamplePatient(worker, folder, ensure_sample, say, spacing_mm)
