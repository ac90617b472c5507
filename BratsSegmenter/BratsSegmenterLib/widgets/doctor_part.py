"""The doctor: what works on this machine and with the archive, examined in the worker, told in plain sentences."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import qt
from slicer.i18n import tr as _

from BratsSegmenterLib.archive import Check, Profile
from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.job_results import DoctorResult
from BratsSegmenterLib.jobs import DoctorJob
from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.doctor_model import as_html, for_support, verdict
from BratsSegmenterLib.widgets.part import Part, is_dark, set_text_or_hide
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.runner import JobRunner
from BratsSegmenterLib.widgets.stage_names import stage_name
from BratsSegmenterLib.worker_messages import Failure, Outcome


class DoctorPart(Part):
    """Examines on request, in a worker of its own, so that it can be asked whatever the study's work is doing.

    Parameters
    ----------
    runner : JobRunner
    profiles : ProfilesModel
        Whose archive in use is tested.
    studies_folder : Path
        Where studies are kept.
    ensure_sample : callable
        Installs what the synthetic patient needs, or raises an InferenceError.
    """

    def __init__(
        self, runner: JobRunner, profiles: ProfilesModel, studies_folder: Path, ensure_sample: Callable[[], None]
    ) -> None:
        super().__init__("DoctorPart")
        self._ensure_sample = ensure_sample
        self.fold(True)
        self._runner = runner
        self._profiles = profiles
        self._studies_folder = studies_folder
        self._profile: Profile | None = None
        self._checks: tuple[Check, ...] = ()
        self.ui.examineButton.clicked.connect(self._examine)
        self.ui.stopButton.clicked.connect(runner.cancel)
        self.ui.copyButton.clicked.connect(self._copy)
        runner.progressed.connect(self._show_progress)
        runner.ended.connect(self._on_ended)
        self._show_state()

    def update(self) -> None:
        """Show what was found, in colours for Slicer's style of now."""
        set_text_or_hide(self.ui.findingsLabel, as_html(self._checks, is_dark()) if self._checks else "")

    def shut_down(self) -> None:
        """End an examination, for a module or an application that closes."""
        self._runner.shut_down()

    def _examine(self) -> None:
        connection = self._profiles.connection()
        self._profile = connection.profile if connection else None
        self._checks = ()
        self.update()
        if self.ui.phantomBox.checked:
            try:
                self._ensure_sample()
            except InferenceError as error:
                self.ui.verdictLabel.setText(str(error))
                return
        secrets = connection.credentials.to_json() if connection else {}
        self._studies_folder.mkdir(parents=True, exist_ok=True)
        self._runner.start(DoctorJob(self._studies_folder, self._profile, self.ui.phantomBox.checked), secrets)
        self.ui.verdictLabel.setText(_("Examining..."))
        self._show_state()

    def _show_state(self) -> None:
        is_running = self._runner.is_running
        self.ui.examineButton.setEnabled(not is_running)
        self.ui.phantomBox.setEnabled(not is_running)
        self.ui.stopButton.setVisible(is_running)
        self.ui.copyButton.setEnabled(bool(self._checks))

    def _show_progress(self, event: ProgressEvent) -> None:
        self.ui.verdictLabel.setText(_("Examining: {stage}...").format(stage=stage_name(event.stage)))

    def _on_ended(self, outcome: Outcome) -> None:
        match outcome:
            case DoctorResult(checks):
                self._checks = checks
                self.ui.verdictLabel.setText(verdict(checks))
            case Failure():
                self.ui.verdictLabel.setText(outcome.sentence)
            case _:
                self.ui.verdictLabel.setText(_("The examination was stopped."))
        self._show_state()
        self.update()

    def _copy(self) -> None:
        qt.QApplication.clipboard().setText(for_support(self._checks, self._profile, Path.home()))
