"""What a job brought: completed with what only the job knows, and kept for a study that is no longer at hand."""

from __future__ import annotations

from dataclasses import replace

from BratsSegmenterLib.job_results import PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import BorrowJob, Job, PrepareJob, ResumeJob, SegmentJob, SendJob
from BratsSegmenterLib.kept_study import KeptStudy, StudyState
from BratsSegmenterLib.widgets.sequences_model import SequencesModel
from BratsSegmenterLib.worker_messages import Outcome

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
