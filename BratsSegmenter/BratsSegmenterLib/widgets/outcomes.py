"""What a job brought: completed with what only the job knows, and kept, if the disk takes it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from BratsSegmenterLib.errors import folder_refused
from BratsSegmenterLib.job_results import PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import BorrowJob, Job, PrepareJob, ResumeJob, SegmentJob, SendJob
from BratsSegmenterLib.study import JobFolder, KeptStudy, StudyState
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.worker_messages import Failure, Outcome

_MADE_WAY = _("The result that was reviewed had made way for another one by then: segment the study again.")
_CORRECTIONS_STAY = _("Corrections that were not sent are kept in {files}.")

StudyJob = PrepareJob | BorrowJob | SegmentJob | ResumeJob | SendJob
"""The jobs that work in the folder of one study."""


def completed(outcome: Outcome, job: Job | None) -> Outcome:
    """The outcome of `job`; a result of the model's remembers which series it was made with.

    Regions that were taken up do not: a series may stand in a sequence's place only because they were drawn on it.
    """
    if isinstance(outcome, SegmentResult) and isinstance(job, SegmentJob):
        return replace(outcome, sequences=job.sequences)
    return outcome


def keep_unseen(result: SegmentResult, kept: KeptStudy) -> None:
    """A result of a study that is not at hand is kept with the question that it leaves open."""
    prepared = kept.prepared
    question = SequencesModel(prepared, kept.choices).open_question if prepared else ""
    kept.write_result(result)
    kept.write_state(StudyState.SEGMENTED, question)


def keep_for_its_own_study(outcome: Outcome, job: StudyJob) -> None:
    """Another study is at hand by now: what came of the job is not shown, and never kept under that one's name."""
    kept = KeptStudy(job.folder)
    match outcome:
        case PrepareResult():
            kept.write_prepared(outcome)
        case SegmentResult():
            keep_unseen(outcome, kept)
        case SendResult() if outcome.pushed and isinstance(job, SendJob):
            kept.write_sent(outcome.version, job.labels)


def about_lost_result(folder: Path) -> str:
    """That a result is gone whose files had made way for another one, and where corrections of it are."""
    corrections = ", ".join(map(str, JobFolder(folder).all_unsent()))
    return f"{_MADE_WAY} {_CORRECTIONS_STAY.format(files=corrections)}" if corrections else _MADE_WAY


def refusal_of(write: Callable[[], None], folder: Path) -> Failure | None:
    """Keep a record, in the folder of a study, of what is done already; that the disk refuses undoes nothing of it."""
    try:
        write()
    except OSError as error:
        if not isinstance(error, FileNotFoundError) or Path(error.filename) in (folder, *folder.parents):
            return Failure.of(folder_refused(folder, error))
        what = _("{file}, which was to be kept in {folder}, was removed meanwhile.")
        return Failure(what.format(file=Path(error.filename).name, folder=folder), cause=str(error))
    return None
