"""Stands in for the MRML scene where only the workflow is of interest."""

from __future__ import annotations

from pathlib import Path

from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.scene.exported import ExportedLabels


class ScriptedScene:
    """Keeps what it was asked to show."""

    def __init__(self, folder: Path) -> None:
        self.shown, self.refuses, self._folder = [], False, folder
        self._drawn = self._exported = self._sent = 0
        self.is_in_view = self.was_sent = False

    @property
    def has_unsent(self):
        return self._drawn != self._sent

    def draw(self):
        self._drawn += 1

    def undo(self):
        self._drawn -= 1

    def mark_sent(self):
        self._sent, self.was_sent = self._exported, True

    def showing(self, study, folder, result):
        yield
        if self.refuses:
            raise SeriesError("The image cannot be read.")
        self.shown.append(result)
        self.is_in_view = True

    def leave(self):
        self.is_in_view = False

    def clear_away(self):
        """Nothing was loaded."""

    def follow(self):
        """Nothing to measure."""

    def export_labels(self, folder):
        self._exported = self._drawn
        labels = self._folder / "corrected.nii.gz"
        labels.touch()
        return ExportedLabels(labels, True)
