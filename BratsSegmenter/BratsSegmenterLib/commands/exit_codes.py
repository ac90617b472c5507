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

UNEXPECTED = 1
STUDIES_FAILED = 12
CANCELLED = 130
_KINDS: dict[type[BratsSegmenterError], tuple[int, str]] = {
    ArchiveError: (3, "archive, or a file to send"),
    SeriesError: (4, "series"),
    RecognitionError: (5, "recognition"),
    PreprocessingError: (6, "pre-processing"),
    BundleError: (7, "model"),
    InferenceError: (8, "inference"),
    ExportError: (9, "export, or a path that cannot be used"),
    LearningError: (10, "learning, or the ledger"),
    FolderInUseError: (11, "a folder that another program works on"),
}
EXIT_CODES = {kind: code for kind, (code, _words) in _KINDS.items()}


def exit_codes_in_words() -> str:
    """All codes, as the help and the README say them."""
    kinds = "; ".join(f"{code} {words}" for code, words in _KINDS.values())
    return (
        f"0 done; {UNEXPECTED} a check of doctor that failed, or something unexpected; 2 wrong arguments; {kinds}; "
        f"{STUDIES_FAILED} studies of a cohort that failed; {CANCELLED} cancelled"
    )


def exit_code(error: BratsSegmenterError) -> int:
    """By the error's kind; UNEXPECTED for one of no kind that is listed."""
    return next((code for kind, code in EXIT_CODES.items() if isinstance(error, kind)), UNEXPECTED)
