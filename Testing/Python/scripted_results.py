"""What a worker that a test plays comes back with."""

from pathlib import Path

from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.job_results import SegmentResult


def segmented(folder: Path) -> SegmentResult:
    algorithm = Algorithm("glioma-synthetic", "0.1", "0" * 64)
    return SegmentResult("T1c", folder, {}, None, {}, {}, folder, algorithm, (), ())
