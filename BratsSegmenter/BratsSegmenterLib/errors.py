"""One family of exceptions, each with a sentence for the radiologist, its cause and what to do next."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_NO_MEMORY = (
    "out of memory",
    "not enough memory",
    "can't allocate memory",
    "cannot allocate memory",
    "failed to allocate memory",
    "alloc_failed",
    "bad_alloc",
)
"""What PyTorch says of its own allocations (the second on Windows), cuBLAS, cuDNN and SimpleITK of theirs."""
_CLOSE_OTHERS = "Close other programs, then try again."
_OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)


class BratsSegmenterError(Exception):
    """Something went wrong that the user can understand and act on.

    Parameters
    ----------
    what : str
        One plain sentence naming the file, series, tag, server or setting concerned. Never a patient's name or ID.
    advice : str
        What the user can do next, as a sentence; empty when there is nothing to do.
    cause : str
        The technical reason, for engineers; shown folded away. Free of identities and credentials.
    """

    def __init__(self, what: str, advice: str = "", cause: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.what} {self.advice}".strip()


class ArchiveError(BratsSegmenterError):
    """The PACS could not be reached, refused, or answered something that cannot be used."""


class SeriesError(BratsSegmenterError):
    """A file, series or study cannot be read as an exact volume."""


class RecognitionError(BratsSegmenterError):
    """The series of a study do not contain what a segmentation needs."""


class PreprocessingError(BratsSegmenterError):
    """Registration, resampling, bias correction or the brain mask failed."""


class BundleError(BratsSegmenterError):
    """A model bundle is missing, incomplete, damaged or not what its hash says."""


class InferenceError(BratsSegmenterError):
    """The network could not be run on any allowed device."""


class ExportError(BratsSegmenterError):
    """A result object could not be written, or does not say what the user sees."""


class DiskRefusedError(ExportError):
    """The disk is full or read-only, or the folder is not ours: it may take the same file later."""


class FolderInUseError(BratsSegmenterError):
    """Another program works in the folder at this moment."""


def unwritable(path: Path, cause: Exception) -> DiskRefusedError:
    """The error for a file that the disk would not take."""
    # pydicom adds a traceback to its text, and SimpleITK begins its own with a place in its source.
    text = str(cause).partition("\nTraceback")[0].strip().rpartition("\n")[2]
    reason = getattr(cause, "strerror", None) or text
    return DiskRefusedError(
        f"{path.name} could not be written.", "Check the free space and the rights of its folder.", reason
    )


def is_out_of_memory(error: BaseException) -> bool:
    """Whether `error` says that a device or the computer has no memory left."""
    if isinstance(error, MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _NO_MEMORY)


@contextmanager
def explaining_memory(advice: str = _CLOSE_OTHERS) -> Iterator[None]:
    """Say so, and what to do, when work needed more memory than is free, wherever that was noticed.

    Raises
    ------
    BratsSegmenterError
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_out_of_memory(error):
            raise
        what = "The memory of this computer, or of its GPU, was not enough."
        raise BratsSegmenterError(what, advice, type(error).__name__) from error


def folder_refused(folder: Path, cause: OSError) -> DiskRefusedError:
    """The error for a folder of ours that the disk lets nothing be written to."""
    return DiskRefusedError(
        f"{folder} cannot be written to: {cause.strerror}.",
        "Check the free space and your rights there, or choose another folder.",
        str(cause),
    )


@contextmanager
def explaining_disk(folder: Path | None) -> Iterator[None]:
    """Say so when the folder of the results, where there is one, lies on a full or read-only disk or is not ours.

    Other files are left to those who know them: their paths may name a patient.

    Raises
    ------
    DiskRefusedError
    """
    try:
        yield
    except OSError as error:
        if folder is None or error.errno not in _OF_THE_DISK or not _is_about(folder, error):
            raise
        raise folder_refused(folder, error) from error


def _is_about(folder: Path, error: OSError) -> bool:
    named = folder if error.filename is None else Path(error.filename)
    return named == folder or named in folder.parents or folder in named.parents


class LearningError(BratsSegmenterError):
    """Training or evaluation data, settings or checkpoints cannot be used."""


class Cancelled(Exception):  # noqa: N818 - the user's wish, not an error
    """The user asked to stop; raised at the next safe point, with nothing half-written left behind.

    Parameters
    ----------
    what : str
        What came of the work all the same, as a sentence; empty when nothing did.
    """

    def __init__(self, what: str = "") -> None:
        super().__init__(what)
        self.what = what
