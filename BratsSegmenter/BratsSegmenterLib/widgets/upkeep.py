"""What the parts beside the work on a study share: settings, doctor, experience."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from BratsSegmenterLib.widgets.preferences import Preferences
from BratsSegmenterLib.widgets.remaining_time import StageTimes
from BratsSegmenterLib.widgets.runner import JobRunner


@dataclass(frozen=True, eq=False)
class Upkeep:
    """What the user prefers, where studies are kept, and who examines machine and disk while the study's work goes on.

    Attributes
    ----------
    preferences : Preferences
    studies_folder : Path
        With a job folder for each study.
    doctor, storage : JobRunner
        Workers of their own.
    stage_times : StageTimes
        What the jobs of this computer took so far.
    ensure_sample : callable
        Installs what the synthetic patient needs, or raises an InferenceError.
    """

    preferences: Preferences
    studies_folder: Path
    doctor: JobRunner
    storage: JobRunner
    stage_times: StageTimes
    ensure_sample: Callable[[], None]
