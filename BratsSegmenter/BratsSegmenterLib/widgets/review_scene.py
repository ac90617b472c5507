"""What the workflow needs of the scene, so that it can be tested without one."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.scene.exported import ExportedLabels
from BratsSegmenterLib.steps import Steps


class ReviewScene(Protocol):
    """Where the result is shown and corrected: the MRML scene."""

    @property
    def was_sent(self) -> bool:
        """Whether the result was sent before, as it is drawn now or otherwise."""

    @property
    def has_unsent(self) -> bool:
        """Whether any voxel differs from what was last sent; where nothing was, from what the model drew."""

    def showing(self, study: StudySummary, folder: Path, result: SegmentResult) -> Steps[None]:
        """Load volumes and segments in short steps; leaves nothing behind when it is closed early."""

    def leave(self) -> None:
        """Take what is shown out of the views; it stays in the scene until :meth:`clear_away`."""

    def clear_away(self) -> None:
        """Nothing works on what was left, or replaced, any more: what is kept on the disk leaves the scene."""

    def follow(self) -> None:
        """Measure what is shown, from now on."""

    def export_labels(self, folder: Path) -> ExportedLabels:
        """Write the segments as a label map in the reference's own grid."""

    def mark_sent(self) -> None:
        """What was last exported has been sent."""
