"""Puts the panel together: the real worker, archives, settings and scene."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import qt
import slicer

from BratsSegmenterLib.archive import CredentialStore, ProfileStore
from BratsSegmenterLib.scene.dicom_database import SlicerDatabase
from BratsSegmenterLib.scene.review import Review
from BratsSegmenterLib.study import StudyQueue
from BratsSegmenterLib.widgets.considerate_runner import ConsiderateRunner
from BratsSegmenterLib.widgets.dependencies import ensure_dependencies, ensure_sample
from BratsSegmenterLib.widgets.identities import Identities
from BratsSegmenterLib.widgets.interpreter import worker_interpreter
from BratsSegmenterLib.widgets.panel import Panel
from BratsSegmenterLib.widgets.preferences import Preferences
from BratsSegmenterLib.widgets.priors_finder import PriorsFinder
from BratsSegmenterLib.widgets.process import WorkerProcess, worker_command
from BratsSegmenterLib.widgets.profiles_model import ProfilesModel
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.widgets.remaining_time import StageTimes
from BratsSegmenterLib.widgets.sources import Sources
from BratsSegmenterLib.widgets.timed_steps import TimedSteps
from BratsSegmenterLib.widgets.upkeep import Upkeep
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.widgets.worklist import Worklist


def build_panel(layout: Any, parameter_node: Callable[[], Any], command: Sequence[str] = ()) -> Panel:
    """The panel with everything it needs, put into a layout.

    Parameters
    ----------
    layout : QVBoxLayout
    parameter_node : callable
        Gives the module's vtkMRMLScriptedModuleNode.
    command : sequence of str
        Program and arguments that run a job file; by default the worker in Slicer's Python.
    """
    settings_folder = Path(slicer.app.slicerUserSettingsFilePath).parent / "BratsSegmenter"
    profiles = ProfilesModel(
        ProfileStore(settings_folder / "archives.json"), CredentialStore(), slicer.app.userSettings()
    )
    review = Review(parameter_node, run_steps=TimedSteps())
    command = command or worker_command(worker_interpreter(slicer.app.slicerHome))
    studies = studies_folder()
    _take_over_from_cache(studies)
    ledger_folder = settings_folder / "ledger"
    queue = QueueRunner(StudyQueue(studies / "queue.json"), WorkerProcess(command), studies, profiles.connection_of)
    runner = ConsiderateRunner(WorkerProcess(command), queue)
    workflow = Workflow(runner, review, studies, ledger_folder, ensure_dependencies, run_steps=TimedSteps())
    sources = Sources(workflow, profiles, SlicerDatabase())
    worklist = Worklist(
        sources,
        queue,
        PriorsFinder(workflow, WorkerProcess(command), studies, sources.others_of),
        Identities(slicer.app.userSettings()),
    )
    preferences = Preferences(slicer.app.userSettings())
    upkeep = Upkeep(
        preferences,
        studies,
        doctor=WorkerProcess(command),
        storage=WorkerProcess(command),
        stage_times=StageTimes(slicer.app.userSettings()),
        ensure_sample=ensure_sample,
    )
    return Panel(layout, workflow, review, profiles, upkeep, worklist)


def studies_folder() -> Path:
    """Where corrections wait that were not sent: not in Slicer's cache, which is pruned whenever Slicer starts.

    On Windows it is not in the profile either that a domain copies from computer to computer.
    """
    return Path(qt.QStandardPaths.writableLocation(qt.QStandardPaths.AppLocalDataLocation)) / "BratsSegmenter"


def _take_over_from_cache(studies: Path) -> None:
    """What an earlier version kept in Slicer's cache: there may be corrections in it that were not sent."""
    before = Path(slicer.app.cachePath) / studies.name
    if studies.exists() or not before.is_dir():
        return
    studies.parent.mkdir(parents=True, exist_ok=True)
    try:
        before.replace(studies)
    except OSError:  # the cache is on another disk
        whole = studies.with_suffix(".partial")
        shutil.copytree(before, whole, dirs_exist_ok=True)
        whole.replace(studies)
