"""The whole way of one study: fetched, recognised, segmented, sent; it ends where a person has to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from BratsSegmenterLib.archive import Credentials, Outbox, Profile
from BratsSegmenterLib.delivery import give_up
from BratsSegmenterLib.job_results import JobResult, PrepareResult, SegmentResult, SendResult
from BratsSegmenterLib.jobs import Job, PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, KeptStudy, QueueItem, StudyQueue, StudyState
from BratsSegmenterLib.unattended.outcome import StudyOutcome
from BratsSegmenterLib.unattended.rules import Rules
from BratsSegmenterLib.unattended.standing import holds_undelivered, is_decided, is_half_sent

_DECIDED_IN_THE_PANEL = "Somebody decided in the panel how it is segmented: open it and segment it there."
CARRIES_A_RESULT = "The study carries a result already."
"""Why a study is LEFT_ALONE."""
_CHANGED_WHEN_HALF_SENT = (
    "The study carries a result and was changed while objects still wait to be sent: open it and send what is right."
)
_ANOTHER_WHEN_HALF_SENT = (
    "The study carries another result while objects still wait to be sent: open it and look before you send."
)

RunJob = Callable[[Job, Mapping[str, str], Progress], JobResult]
Result = TypeVar("Result", bound=JobResult)


@dataclass(frozen=True)
class WholeWay:
    """How studies go the whole way.

    Attributes
    ----------
    folder : Path
        Of the job folders.
    queue : StudyQueue
        Taken; told how far each study is.
    rules, run, profile, credentials, sends
        As of :class:`~BratsSegmenterLib.unattended.studies.Studies`.
    """

    folder: Path
    queue: StudyQueue
    rules: Rules
    run: RunJob
    profile: Profile | None
    credentials: Credentials = field(repr=False)
    sends: bool

    def of(self, item: QueueItem, progress: Progress) -> StudyOutcome:
        """Take a study as far as the rules allow; what was done of it before is not done again.

        Raises
        ------
        JobFailedError, Cancelled
        """
        folder = self.folder / item.folder
        kept = KeptStudy(folder)
        if is_decided(folder):  # fetching it anew or a result of the rules would undo that
            return StudyOutcome(item.folder, StudyState.NEEDS_YOU, _DECIDED_IN_THE_PANEL)
        prepared = (kept.prepared if item.is_prepared else None) or self._prepared(item, kept, progress)
        if self.sends and prepared.results:
            if not holds_undelivered(folder):
                return self._left_alone(item, kept)
            if kept.result is None:
                is_its_own = is_half_sent(folder, prepared.results)
                reason = _CHANGED_WHEN_HALF_SENT if is_its_own else _ANOTHER_WHEN_HALF_SENT
                return StudyOutcome(item.folder, StudyState.NEEDS_YOU, reason)
        reason = self.rules.reason_to_wait(prepared)
        if reason:
            return StudyOutcome(item.folder, StudyState.NEEDS_YOU, reason)
        result = kept.result or self._segmented(item, kept, prepared, progress)
        kept.write_state(StudyState.SEGMENTED, is_by_rules=True)
        doubts = " ".join(result.doubts)
        if not self.sends or doubts:
            return StudyOutcome(item.folder, StudyState.NEEDS_YOU if self.sends else StudyState.SEGMENTED, doubts)
        return self._sent(item, kept, result, progress)

    def _prepared(self, item: QueueItem, kept: KeptStudy, progress: Progress) -> PrepareResult:
        origin = kept.origin
        assert origin is not None, "it is written before the study is queued"
        self.queue.update(item.folder, state=StudyState.FETCHING)
        kept.forget_result()  # it was drawn on what was fetched before
        folder = self.folder / item.folder
        if origin.files:
            job = PrepareJob(folder, listed=origin.files)
        else:
            job = PrepareJob(folder, self.profile, origin.study.study_uid)
        prepared = self._do(job, PrepareResult, progress)
        kept.write_prepared(prepared)
        if self.sends and holds_undelivered(folder) and not is_half_sent(folder, prepared.results):
            self._give_up(folder)
        self.queue.update(item.folder, is_prepared=True)
        return prepared

    def _give_up(self, folder: Path) -> None:
        """What waits was drawn on what was fetched before, and is not the rest of what the study carries."""
        assert self.profile is not None, "whatever sends has an archive"
        give_up(Outbox(JobFolder(folder).outbox), self.profile)

    def _segmented(
        self, item: QueueItem, kept: KeptStudy, prepared: PrepareResult, progress: Progress
    ) -> SegmentResult:
        self.queue.update(item.folder, state=StudyState.SEGMENTING)
        rules = self.rules
        job = SegmentJob(
            self.folder / item.folder,
            {name: choice.key for name, choice in prepared.sequences.items()},
            rules.bundle,
            rules.device,
            rules.steps,
            rules.resample_gaps,
            rules.is_postoperative,
        )
        result = self._do(job, SegmentResult, progress)
        kept.write_result(result)
        return result

    def _sent(self, item: QueueItem, kept: KeptStudy, result: SegmentResult, progress: Progress) -> StudyOutcome:
        rules = self.rules
        job = SendJob(
            self.folder / item.folder,
            result.labels,
            edited=False,
            formats=rules.formats,
            profile=self.profile,
            contouring=rules.contouring,
            only_first=True,
        )
        sent = self._do(job, SendResult, progress)
        if sent.gave_way and holds_undelivered(self.folder / item.folder):
            return StudyOutcome(item.folder, StudyState.NEEDS_YOU, _ANOTHER_WHEN_HALF_SENT)
        if sent.gave_way:
            return self._left_alone(item, kept)
        kept.write_sent(sent.version, job.labels)
        return StudyOutcome(item.folder, StudyState.SENT, " ".join((f"Version {sent.version}.", *sent.notes)))

    def _left_alone(self, item: QueueItem, kept: KeptStudy) -> StudyOutcome:
        kept.write_state(StudyState.LEFT_ALONE)
        return StudyOutcome(item.folder, StudyState.LEFT_ALONE, CARRIES_A_RESULT)

    def _do(self, job: Job, kind: type[Result], progress: Progress) -> Result:
        result = self.run(job, self.credentials.to_json(), progress)
        assert isinstance(result, kind)
        return result
