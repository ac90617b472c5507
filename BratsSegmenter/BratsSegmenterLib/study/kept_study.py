"""What a study's job folder keeps between sessions: which study it is, how far the work is, and what was found.

Slicer reads it to open a finished study without computing again. It names the patient, as the fetched images beside it
do; nothing outside the job folder does.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import TypeVar

from BratsSegmenterLib.archive import StudySummary, url_in_one_form
from BratsSegmenterLib.durable import whole_file, write_atomically
from BratsSegmenterLib.job_results import PrepareResult, SegmentResult
from BratsSegmenterLib.records import from_json, to_json
from BratsSegmenterLib.study.job_folder import JobFolder, make_job_folder

Record = TypeVar("Record")

_STUDY_FOLDER = re.compile(r"[0-9a-f]{16}")


class StudyState(Enum):
    """How far the work on a study is; the value is what the job folder keeps.

    A study is left alone by a router that found a result in it, beside which it stores none.
    """

    NEW = "new"
    QUEUED = "queued"
    FETCHING = "fetching"
    SEGMENTING = "segmenting"
    NEEDS_YOU = "needs you"
    SEGMENTED = "segmented"
    CORRECTED = "corrected"
    SENT = "sent"
    LEFT_ALONE = "left alone"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True)
class StudyOrigin:
    """Which study it is and where its images come from.

    Attributes
    ----------
    study : StudySummary
    profile : str
        Name of the archive's profile; empty when the images lie on this computer.
    files : tuple of Path
        The study's files on this computer.
    url : str
        Of the archive, which a router and the panel may call otherwise; empty in what an older version wrote.
    """

    study: StudySummary
    profile: str = ""
    files: tuple[Path, ...] = ()
    url: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "url", url_in_one_form(self.url))  # an older version kept it as it was typed


@dataclass(frozen=True)
class StudyProgress:
    """How far the work on the study is, queues aside: NEW, SEGMENTED, CORRECTED, SENT or LEFT_ALONE.

    Attributes
    ----------
    state : StudyState
    question : str
        What a person has yet to answer about the result; empty when nothing.
    is_by_rules : bool
        A router or a cohort segmented it; any other result is a person's, who looks after it.
    """

    state: StudyState = StudyState.NEW
    question: str = ""
    is_by_rules: bool = False


@dataclass(frozen=True)
class StudyChoices:
    """What a person decided about a study before it is segmented.

    Attributes
    ----------
    sequences : mapping of str to str
        Sequence to the key of the series that is to be taken as it, where that was overruled; empty for none.
    is_postoperative : bool
        She confirmed an operation.
    """

    sequences: Mapping[str, str] = field(default_factory=dict)
    is_postoperative: bool = False


@dataclass(frozen=True)
class SentResult:
    """The last sending of a study from this folder.

    Attributes
    ----------
    version : int
        Which version it is in the archive; 0 when that is not known.
    sent_at : str
        ISO 8601, local time with its offset.
    """

    version: int
    sent_at: str


def study_folder(jobs_folder: Path, study_uid: str) -> Path:
    """The job folder of a study: the same for the same study, its name says nothing about whose it is."""
    return jobs_folder / hashlib.sha256(study_uid.encode()).hexdigest()[:16]


def study_folders(jobs_folder: Path) -> Iterator[Path]:
    """The job folders in a folder, told by their names: whatever else lies there is not this program's."""
    if jobs_folder.is_dir():
        for path in sorted(jobs_folder.iterdir()):
            if _STUDY_FOLDER.fullmatch(path.name) and path.is_dir():
                yield path


class KeptStudy:
    """The records in one job folder; what was never written, or cannot be read any more, is None.

    Parameters
    ----------
    folder : Path
        Made at the first write.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def origin(self) -> StudyOrigin | None:
        """Which study it is."""
        return self._read("study.json", StudyOrigin)

    @property
    def progress(self) -> StudyProgress:
        """How far the work is that was done so far."""
        return self._read("state.json", StudyProgress) or StudyProgress()

    @property
    def state(self) -> StudyState:
        """The state of :attr:`progress`."""
        return self.progress.state

    @property
    def prepared(self) -> PrepareResult | None:
        """What was recognised when the study was last fetched."""
        return self._read("prepared.json", PrepareResult)

    @property
    def choices(self) -> StudyChoices:
        """What was decided and not segmented with yet."""
        return self._read("choices.json", StudyChoices) or StudyChoices()

    @property
    def result(self) -> SegmentResult | None:
        """The newest result, as the worker reported it, its files where they are in this folder."""
        result = self._read("result.json", SegmentResult)
        return result and result.found_in(self._folder)

    @property
    def sent(self) -> SentResult | None:
        """The last sending; it stays when another result is drawn."""
        return self._read("sent.json", SentResult)

    def mark_opened(self) -> None:
        """For a clean-up, in whatever program, the study is in use from now on."""
        try:
            os.utime(self._folder)
        except OSError:  # nothing is kept there, or it lets nothing be noted, and so nothing be cleaned up
            return

    def write_origin(self, origin: StudyOrigin) -> None:
        """Remember which study it is."""
        self._write("study.json", origin)

    def write_state(self, state: StudyState, question: str = "", is_by_rules: bool = False) -> None:
        """Remember how far the work is, what a person has yet to answer, and whether rules segmented it."""
        self._write("state.json", StudyProgress(state, question, is_by_rules))

    def write_sent(self, version: int | None, labels: Path) -> None:
        """Remember that the result was sent just now, as which version and with which label map."""
        now = datetime.now().astimezone().isoformat(timespec="seconds")
        with whole_file(JobFolder(self._folder).sent) as partial:
            shutil.copyfile(labels, partial)
        self._write("sent.json", SentResult(version or 0, now))
        self.write_state(StudyState.SENT)

    def write_prepared(self, prepared: PrepareResult) -> None:
        """Remember what was recognised."""
        self._write("prepared.json", prepared)

    def write_choices(self, choices: StudyChoices) -> None:
        """Remember what was decided, until there is a result."""
        self._write("choices.json", choices)

    def write_result(self, result: SegmentResult) -> None:
        """Remember the result, after all of its files were written; it says itself which choices it was made with."""
        self._write("result.json", result)
        (self._folder / "choices.json").unlink(missing_ok=True)

    def forget_result(self) -> None:
        """Before the files of the result are written over: a crash must not leave a result that is half another."""
        (self._folder / "result.json").unlink(missing_ok=True)

    def _write(self, name: str, record: object) -> None:
        make_job_folder(self._folder)
        write_atomically(self._folder / name, json.dumps(to_json(record), indent=1).encode())

    def _read(self, name: str, kind: type[Record]) -> Record | None:
        try:
            return from_json(kind, json.loads((self._folder / name).read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError):
            # Written by another version of this program: the work is done again rather than guessed at.
            return None
