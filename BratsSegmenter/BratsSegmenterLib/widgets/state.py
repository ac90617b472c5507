"""Where the panel is: one explicit state, from which every part derives what it offers."""

from __future__ import annotations

from enum import Enum, auto

from BratsSegmenterLib.jobs import (
    BorrowJob,
    ConnectionJob,
    DownloadJob,
    Job,
    ListFolderJob,
    PrepareJob,
    ResumeJob,
    SearchJob,
    SegmentJob,
    SendJob,
)


class PanelState(Enum):
    """The steps of the work. A busy state runs one job; when it fails or is cancelled, the state before returns.

    OPENING is busy too: what a job left is put into the scene, step by step. REHEARSING stores nothing.
    """

    NO_STUDY = auto()
    STUDY_CHOSEN = auto()
    PREPARED = auto()
    REVIEW = auto()
    SENT = auto()
    TESTING_CONNECTION = auto()
    SEARCHING = auto()
    DOWNLOADING = auto()
    PREPARING = auto()
    SEGMENTING = auto()
    RESUMING = auto()
    REHEARSING = auto()
    SENDING = auto()
    OPENING = auto()

    @property
    def is_busy(self) -> bool:
        """Whether a job runs, or its result is opened."""
        return self in (PanelState.OPENING, PanelState.REHEARSING) or self in _BUSY_WITH.values()

    @property
    def is_about_no_study(self) -> bool:
        """Whether what runs leaves the study at hand, and its result, as they are."""
        return self in (PanelState.TESTING_CONNECTION, PanelState.SEARCHING, PanelState.DOWNLOADING)


_BUSY_WITH: dict[type[Job], PanelState] = {
    ConnectionJob: PanelState.TESTING_CONNECTION,
    SearchJob: PanelState.SEARCHING,
    ListFolderJob: PanelState.SEARCHING,
    DownloadJob: PanelState.DOWNLOADING,
    PrepareJob: PanelState.PREPARING,
    BorrowJob: PanelState.PREPARING,
    SegmentJob: PanelState.SEGMENTING,
    ResumeJob: PanelState.RESUMING,
    SendJob: PanelState.SENDING,
}


def busy_with(job: Job) -> PanelState:
    """The state in which the job runs."""
    if isinstance(job, SendJob) and job.profile is None:
        return PanelState.REHEARSING
    return _BUSY_WITH[type(job)]
