"""What a command's exit code says."""

from __future__ import annotations

from BratsSegmenterLib.errors import (
    ArchiveError,
    BratsSegmenterError,
    BundleError,
    ExportError,
    FolderInUseError,
    InferenceError,
    LearningError,
    PreprocessingError,
    RecognitionError,
    SeriesError,
)

CANCELLED = 130
UNEXPECTED = 1
EXIT_CODES: dict[type[BratsSegmenterError], int] = {
    ArchiveError: 3,
    SeriesError: 4,
    RecognitionError: 5,
    PreprocessingError: 6,
    BundleError: 7,
    InferenceError: 8,
    ExportError: 9,
    LearningError: 10,
    FolderInUseError: 11,
}


def exit_code(error: BratsSegmenterError) -> int:
    """By the error's kind; UNEXPECTED for one of no kind that is listed."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), UNEXPECTED)
