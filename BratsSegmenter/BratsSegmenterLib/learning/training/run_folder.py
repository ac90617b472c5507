"""What a run notes in its folder, so that the next call goes on with the same: its settings, and that it began."""

from __future__ import annotations

from pathlib import Path

import yaml

from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.configuration import read_settings, settings_differences, to_plain
from BratsSegmenterLib.learning.training.log import LOSSES
from BratsSegmenterLib.learning.training.settings import TrainingSettings

SETTINGS = "settings.yaml"
"""Name of the settings file in a run's folder."""
ORIGIN = "source.yaml"
"""Name of the file that says what it learns from."""


def has_begun(run: Path) -> bool:
    """Whether the run in a folder came to its training; before that nothing is lost by asking for something else."""
    return (run / LOSSES).exists()


def settings_of(run: Path) -> TrainingSettings:
    """Those of the run that lies in a folder, else the usual ones.

    Raises
    ------
    LearningError
        The run that lies there has lost them.
    """
    if (run / SETTINGS).exists():
        return read_settings(TrainingSettings, run / SETTINGS)
    if (run / ORIGIN).exists():
        raise LearningError(
            f"The folder '{run.name}' holds a run that does not say with which settings it began.",
            "Give them with --settings, or choose another folder.",
        )
    return TrainingSettings()


def claim(run: Path, settings: TrainingSettings) -> None:
    """Note the settings in a run's folder, or make sure that they are those with which the run there began.

    Raises
    ------
    LearningError
        It began with others.
    """
    file = run / SETTINGS
    differences = settings_differences(read_settings(TrainingSettings, file), settings) if file.exists() else []
    if differences and has_begun(run):
        raise LearningError(
            f"The folder '{run.name}' holds a run with another value of '{differences[0]}'.",
            "Continue it with its own settings.yaml, or choose another folder.",
        )
    if differences or not file.exists():
        write_atomically(file, yaml.safe_dump(to_plain(settings), sort_keys=False).encode())
