"""Reads what the worker process writes: JSON lines into progress, result, failure or cancellation."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.job_results import (
    BorrowedSequence,
    ConnectionResult,
    DoctorResult,
    DownloadResult,
    ElsewhereResult,
    JobResult,
    ListFolderResult,
    PrepareResult,
    PriorsResult,
    SamplePatientResult,
    SearchResult,
    SegmentResult,
    SendResult,
    StorageResult,
)
from BratsSegmenterLib.jobs import (
    BorrowJob,
    ConnectionJob,
    DoctorJob,
    DownloadJob,
    ElsewhereJob,
    Job,
    ListFolderJob,
    PrepareJob,
    PriorsJob,
    ResumeJob,
    SamplePatientJob,
    SearchJob,
    SegmentJob,
    SendJob,
    StorageJob,
)
from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.records import from_json

RESULT_OF: dict[type[Job], type[JobResult]] = {
    ConnectionJob: ConnectionResult,
    DoctorJob: DoctorResult,
    StorageJob: StorageResult,
    SearchJob: SearchResult,
    ListFolderJob: ListFolderResult,
    PrepareJob: PrepareResult,
    SegmentJob: SegmentResult,
    ResumeJob: SegmentResult,
    SendJob: SendResult,
    PriorsJob: PriorsResult,
    ElsewhereJob: ElsewhereResult,
    BorrowJob: BorrowedSequence,
    DownloadJob: DownloadResult,
    SamplePatientJob: SamplePatientResult,
}


@dataclass(frozen=True)
class Failure:
    """Why a job ended without a result: a sentence, what to do next, the technical reason, and the error's class."""

    what: str
    advice: str = ""
    cause: str = ""
    kind: str = ""

    @classmethod
    def of(cls, error: BratsSegmenterError) -> Failure:
        """The failure of something that was done in Slicer's own process."""
        return cls(error.what, error.advice, error.cause, type(error).__name__)

    @property
    def sentence(self) -> str:
        """Both sentences, for the user."""
        return f"{self.what} {self.advice}".strip()

    @property
    def is_gap(self) -> bool:
        """Whether slices are missing, which the user may agree to have interpolated."""
        return self.kind == "GapError"

    @property
    def is_of_a_changed_study(self) -> bool:
        """Whether the archive holds the study otherwise than it was fetched, so that it has to be fetched again."""
        return self.kind == "StudyChangedError"

    @property
    def is_of_the_login(self) -> bool:
        """Whether the archive refused the login, as it would at the next study."""
        return self.kind == "LoginRefusedError"

    @property
    def is_of_a_damaged_study(self) -> bool:
        """Whether none of the study's images can be read, so that it has to be copied or fetched again."""
        return self.kind == "DamagedStudyError"

    @property
    def is_archive_out_of_reach(self) -> bool:
        """Whether the archive could not be reached or had no time, which says nothing about the study."""
        return self.kind == "TemporaryArchiveError"

    @property
    def needs_a_person(self) -> bool:
        """Whether trying again is of no use before somebody has looked at the study."""
        return self.is_gap or self.is_of_a_changed_study or self.is_of_a_damaged_study


@dataclass(frozen=True)
class CancelledByUser:
    """The job stopped because the user wanted it; what came of it all the same, as a sentence."""

    what: str = ""


Outcome = JobResult | Failure | CancelledByUser


class MessageReader:
    """Turns the bytes of the worker's standard output into messages, however they are cut into pieces.

    Parameters
    ----------
    job : Job
        The job that runs; its kind says what the result is.
    """

    def __init__(self, job: Job) -> None:
        self._result_kind = RESULT_OF[type(job)]
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[ProgressEvent | Outcome]:
        """The messages that are complete with `data`."""
        *lines, self._rest = (self._rest + data).split(b"\n")
        for line in lines:
            message = self._message(line)
            if message is not None:
                yield message

    def _message(self, line: bytes) -> ProgressEvent | Outcome | None:
        try:
            fields: Any = json.loads(line)
        except ValueError:
            fields = None
        if not isinstance(fields, dict) or "event" not in fields:
            logging.getLogger(__name__).warning("The worker wrote a line of %d bytes that is no message.", len(line))
            return None
        event = fields.pop("event")
        if event == "progress":
            return from_json(ProgressEvent, fields)
        if event == "result":
            return from_json(self._result_kind, fields)
        return from_json(CancelledByUser, fields) if event == "cancelled" else from_json(Failure, fields)
