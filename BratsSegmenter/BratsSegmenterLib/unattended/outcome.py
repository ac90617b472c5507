"""Where a study came to rest."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.archive import NotStoredError, TemporaryArchiveError
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.errors import ArchiveError, DiskRefusedError, FolderInUseError
from BratsSegmenterLib.study import StudyState

_PASSING_FAILURES = {
    kind.__name__
    for kind in (
        ArchiveError,
        TemporaryArchiveError,
        NotStoredError,
        FolderInUseError,
        DiskRefusedError,
        OSError,  # a full disk beside the studies: those that name a wrong path are classes of their own
    )
}


@dataclass(frozen=True)
class StudyOutcome:
    """Where a study came to rest.

    Attributes
    ----------
    folder : str
        Name of its job folder, which says nothing about whose it is.
    state : StudyState
        SEGMENTED, SENT or LEFT_ALONE: done. NEEDS_YOU: a person has to look. FAILED: see the reason.
    reason : str
        Why it needs a person or failed, or a remark.
    may_pass : bool
        It failed for a reason that may be gone later: the archive, the disk, or somebody who works on it.
    """

    folder: str
    state: StudyState
    reason: str = ""
    may_pass: bool = False

    @property
    def sentence(self) -> str:
        """For people and logs; it says nothing about whose study it is."""
        return f"{self.folder} {self.state.value}{': ' if self.reason else ''}{self.reason}"


def failed(folder: str, error: JobFailedError) -> StudyOutcome:
    """Of a job in the job folder of that name that ended without a result."""
    failure = error.failure
    state = StudyState.NEEDS_YOU if failure.needs_a_person else StudyState.FAILED
    return StudyOutcome(folder, state, str(error), failure.kind in _PASSING_FAILURES)
