"""What the workflow needs of the scene, so that it can be tested without one."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.jobs import SegmentResult
from BratsSegmenterLib.scene.exported import ExportedLabels


class ReviewScene(Protocol):
    """Where the result is shown and corrected: the MRML scene."""

    def show(self, study: StudySummary, folder: Path, result: SegmentResult) -> None:
        """Load volumes and segments."""

    def export_labels(self, folder: Path) -> ExportedLabels:
        """Write the segments as a label map in the reference's own grid."""
