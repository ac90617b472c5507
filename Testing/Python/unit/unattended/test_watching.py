"""The way of studies that nobody attends, with a worker that a test holds in its hands."""

import argparse
import json
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest
from refusing_disks import full_disk

from BratsSegmenterLib.archive import Credentials, Profile, StudySummary
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.commands.arguments import add_unattended_arguments
from BratsSegmenterLib.dicom import Authorship, ObjectKind, ObjectReference, ResultObject
from BratsSegmenterLib.domain import Algorithm, Sequence
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.job_results import (
    BorrowedSequence,
    PrepareResult,
    SegmentResult,
    SendResult,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.jobs import Job, PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.kept_study import KeptStudy, StudyChoices, StudyOrigin, StudyState, study_folder
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study_queue import QueueInUseError, QueueItem, StudyQueue
from BratsSegmenterLib.unattended import Rules, Studies, StudyOutcome, Timing, watch
from BratsSegmenterLib.versions import EarlierResult
from BratsSegmenterLib.worker_messages import Failure

PACS = Profile("PACS", "https://pacs.example")
DOWN = JobFailedError(Failure("The PACS does not answer.", kind="TemporaryArchiveError"))
BUSY = JobFailedError(Failure("Another window or program works on this study.", kind="FolderInUseError"))
DAMAGED = JobFailedError(Failure("Series 3 is damaged.", kind="SeriesError"))
FULL = JobFailedError(Failure("T1c.mha could not be written.", kind="DiskRefusedError"))
_MODEL = Algorithm("glioma-synthetic", "0.7.1", "0" * 64)
_CLEAR = PrepareResult(
    (), {one.value: SequenceChoice(f"key of {one.value}", "2.25.1", 0.9, ()) for one in Sequence}, (), ()
)


def _study(number: int, instances: int = 100) -> StudyOrigin:
    summary = StudySummary(f"2.25.{number}", "Doe^Jane", "P1", "", f"2026010{number}", "MR head", ("MR",), 4, instances)
    return StudyOrigin(summary, PACS.name)


@dataclass
class Worker:
    """Does jobs as it is told; what stands in `failures` is raised once, in that order."""

    prepared: PrepareResult = _CLEAR
    doubts: tuple[str, ...] = ()
    failures: list[Exception | None] = field(default_factory=list)
    jobs: list[Job] = field(default_factory=list)
    gives_way: bool = False

    def __call__(self, job: Job, secrets: object, progress: Progress) -> PrepareResult | SegmentResult | SendResult:
        self.jobs.append(job)
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        match job:
            case PrepareJob():
                return self.prepared
            case SegmentJob():
                labels = job.folder / "segmentation.nii.gz"
                labels.touch()
                return SegmentResult(
                    "T1c",
                    labels,
                    {"T1c": job.folder / "volumes" / "T1c.mha"},
                    None,
                    {"ET": 1.0},
                    {},
                    labels,
                    _MODEL,
                    (),
                    self.doubts,
                    is_postoperative=job.is_postoperative,
                    doubts=self.doubts,
                )
            case _:
                return SendResult((), (), None, version=1, gave_way=self.gives_way)

    @property
    def kinds(self) -> list[str]:
        return [job.KIND for job in self.jobs]


@dataclass
class Source:
    """One answer for each look; after the last one the watch is cancelled."""

    answers: list[tuple[StudyOrigin, ...] | Exception]
    looks: int = 0

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        if self.looks == len(self.answers):
            raise Cancelled
        answer = self.answers[self.looks]
        self.looks += 1
        if isinstance(answer, Exception):
            raise answer
        return answer


class FullMeanwhile(Source):
    """A source during whose first two looks the disk is full."""

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        if self.looks == 0:
            self.full = ExitStack()
            self.full.enter_context(full_disk(10))
        elif self.looks == 2:
            self.full.close()
        return super().studies(progress)


class FillsDisk(Worker):
    """A worker over whose first study the disk gets full, until the queue is written."""

    def __call__(self, job: Job, secrets: object, progress: Progress) -> PrepareResult | SegmentResult | SendResult:
        if not self.jobs:
            with full_disk(10):
                self.jobs.append(job)
                (job.folder / "1.dcm").write_bytes(b"larger than that")
        return super().__call__(job, secrets, progress)


def _queue_in_panel(folder: Path, item: QueueItem) -> None:
    queue = StudyQueue(folder / "queue.json")
    queue.take()
    queue.remove(item.folder)
    queue.add(item)
    queue.release()


@pytest.fixture
def worker() -> Worker:
    return Worker()


def _open(folder: Path, worker: Worker, sends: bool = True, rules: Rules | None = None) -> Studies:
    return Studies(folder, rules or Rules("glioma-synthetic"), worker, PACS, Credentials(token="secret"), sends)


@pytest.fixture
def studies(tmp_path: Path, worker: Worker) -> Iterator[Studies]:
    with _open(tmp_path, worker) as opened:
        yield opened


def _watch(studies: Studies, *answers: tuple[StudyOrigin, ...] | Exception, settle_s: float = 0) -> list[StudyOutcome]:
    steps: list[StudyOutcome] = []
    with pytest.raises(Cancelled):
        watch(Source(list(answers)), studies, Timing(0, settle_s), Progress(), steps.append, lambda _text: None)
    return steps


def _states(steps: list[StudyOutcome]) -> list[StudyState]:
    return [step.state for step in steps]


def test_each_study_goes_the_whole_way_once(studies: Studies, worker: Worker) -> None:
    both = _study(1), _study(2)
    steps = _watch(studies, both, both, both)
    assert _states(steps) == [StudyState.SENT, StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send"] * 2
    prepare, segment, send = worker.jobs[:3]
    assert isinstance(prepare, PrepareJob)
    assert prepare.study_uid == "2.25.1"
    assert isinstance(segment, SegmentJob)
    assert segment.sequences["T1c"] == "key of T1c"
    assert isinstance(send, SendJob)
    assert (send.profile, send.reviewer, send.approved) == (PACS, "", False)


def test_nothing_is_sent_unless_it_was_asked_for(tmp_path: Path, worker: Worker) -> None:
    with _open(tmp_path, worker, sends=False) as studies:
        steps = _watch(studies, (_study(1),))
    assert _states(steps) == [StudyState.SEGMENTED]
    assert worker.kinds == ["prepare", "segment"]


def test_what_was_drawn_without_looking_for_a_cavity_is_not_sent_once_an_operation_is_confirmed(
    tmp_path: Path, worker: Worker
) -> None:
    worker.failures = [None, None, DOWN]
    with _open(tmp_path, worker) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.FAILED]
    with _open(tmp_path, worker, rules=Rules("glioma-synthetic", is_postoperative=True)) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send", "segment", "send"]


def test_what_is_kept_of_relative_folders_means_the_same_from_elsewhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    parser = argparse.ArgumentParser()
    add_unattended_arguments(parser)
    monkeypatch.chdir(tmp_path)
    arguments = parser.parse_args(["--files", "scans", "--out", "studies"])
    assert (arguments.files, arguments.out) == (tmp_path / "scans", tmp_path / "studies")


def test_results_are_found_in_a_folder_that_was_moved(tmp_path: Path, worker: Worker) -> None:
    with _open(tmp_path / "here", worker, sends=False) as studies:
        _watch(studies, (_study(1),))
    (tmp_path / "here").rename(tmp_path / "there")
    folder = study_folder(tmp_path / "there", "2.25.1")
    result = KeptStudy(folder).result
    assert result is not None
    assert (result.labels, result.volumes["T1c"]) == (folder / "segmentation.nii.gz", folder / "volumes" / "T1c.mha")


def test_a_share_that_is_away_for_a_moment_is_said_and_looked_at_again(studies: Studies, worker: Worker) -> None:
    said: list[str] = []
    source = Source([OSError(112, "Host is down"), (_study(1),)])
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0), Progress(), lambda _outcome: None, said.append)
    assert said == ["[Errno 112] Host is down"]
    assert worker.kinds == ["prepare", "segment", "send"]


def test_a_study_that_still_grows_is_left_to_grow(studies: Studies, worker: Worker) -> None:
    growing = [(_study(1, instances),) for instances in (20, 60, 100)]
    assert _watch(studies, *growing, settle_s=1e-9) == []
    assert worker.jobs == []
    assert _states(_watch(studies, growing[-1], growing[-1], settle_s=1e-9)) == [StudyState.SENT]


def test_a_doubtful_result_is_kept_and_not_sent(studies: Studies, worker: Worker, tmp_path: Path) -> None:
    worker.doubts = ("The model found no tumour.",)
    (step,) = _watch(studies, (_study(1),), (_study(1),))
    assert (step.state, step.reason) == (StudyState.NEEDS_YOU, "The model found no tumour.")
    assert "send" not in worker.kinds
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    assert kept.result is not None
    assert kept.state is StudyState.SEGMENTED


def test_a_study_with_a_result_of_ours_gets_no_second_one(studies: Studies, worker: Worker) -> None:
    reference = ObjectReference("1.2.840.10008.5.1.4.1.1.481.3", "2.25.9", "2.25.8")
    carried = ResultObject(
        path=Path("1.dcm"),
        kind=ObjectKind.RTSTRUCT,
        reference=reference,
        drawn_on=("2.25.7",),
        made_at="2026-01-01T10:00:00",
        algorithm=_MODEL,
        is_ours=True,
        version=1,
        authorship=Authorship.AI,
        reviewer="",
        is_approved=False,
    )
    worker.prepared = replace(_CLEAR, results=(EarlierResult(1, (carried,)),))
    (step,) = _watch(studies, (_study(1),), (_study(1),))
    assert (step.state, step.reason) == (StudyState.SENT, "The study carries a result already.")
    assert worker.kinds == ["prepare"]


def test_a_study_that_waits_is_looked_at_again_when_it_has_grown(studies: Studies, worker: Worker) -> None:
    worker.prepared = replace(_CLEAR, sequences={})
    (step,) = _watch(studies, (_study(1),), (_study(1),))
    assert step.state is StudyState.NEEDS_YOU
    worker.prepared = _CLEAR
    assert _states(_watch(studies, (_study(1, 120),), (_study(1, 120),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "prepare", "segment", "send"]


@pytest.mark.parametrize("state", [StudyState.CORRECTED, StudyState.SENT])
def test_what_a_person_took_up_in_the_panel_is_hers(tmp_path: Path, worker: Worker, state: StudyState) -> None:
    worker.doubts = ("The model found no tumour.",)
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    with _open(tmp_path, worker) as studies:
        (step,) = _watch(studies, (_study(1),))
        assert step.state is StudyState.NEEDS_YOU
        kept.write_state(state)
        assert _watch(studies, (_study(1, 104),), (_study(1, 104),)) == []
    worker.doubts = ()
    with _open(tmp_path, worker) as studies:
        assert _watch(studies, (_study(1, 104),)) == []
    assert worker.kinds == ["prepare", "segment"]
    assert kept.result is not None


def test_what_a_person_segmented_while_it_waited_is_hers_whatever_the_rules(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(_CLEAR, operated=True, operated_reason="postop")
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    with _open(tmp_path, worker) as studies:
        (step,) = _watch(studies, (_study(1),))
        assert step.state is StudyState.NEEDS_YOU
    kept.write_result(worker(SegmentJob(tmp_path / step.folder, {}, "another", is_postoperative=True), {}, Progress()))
    kept.write_state(StudyState.SEGMENTED)
    with _open(tmp_path, worker) as studies:
        assert studies.resting() == ()
        assert _watch(studies, (_study(1),)) == []
    assert worker.kinds == ["prepare", "segment"]
    assert kept.result is not None
    assert kept.state is StudyState.SEGMENTED


def test_a_doubtful_result_of_the_rules_waits_on_when_the_router_starts_again(tmp_path: Path, worker: Worker) -> None:
    worker.doubts = ("The model found no tumour.",)
    for _ in range(2):
        with _open(tmp_path, worker) as studies:
            assert _states(_watch(studies, (_study(1),))) == [StudyState.NEEDS_YOU]
    assert worker.kinds == ["prepare", "segment"]


def test_a_result_whose_state_a_kill_kept_from_being_written_is_segmented(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, Cancelled()]
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    kept.write_state(StudyState.NEW)
    with _open(tmp_path, worker, sends=False) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.SEGMENTED]
        assert _watch(studies, (_study(1),)) == []
    assert worker.kinds == ["prepare", "segment", "send"]
    assert kept.state is StudyState.SEGMENTED


def test_what_a_person_took_up_is_not_sent_when_the_archive_is_back(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, DOWN]
    with _open(tmp_path, worker) as studies:
        (outcome,) = _watch(studies, (_study(1),))
        assert outcome.may_pass
        KeptStudy(study_folder(tmp_path, "2.25.1")).write_state(StudyState.CORRECTED)
        studies.try_again(outcome.folder)
        assert _watch(studies, ()) == []
    assert worker.kinds == ["prepare", "segment", "send"]


@pytest.mark.parametrize(("failure", "may_pass"), [(DOWN, True), (BUSY, True), (FULL, True), (DAMAGED, False)])
def test_what_may_be_gone_later_is_told_from_what_stays(
    tmp_path: Path, worker: Worker, failure: JobFailedError, may_pass: bool
) -> None:
    worker.failures = [failure]
    with _open(tmp_path, worker) as studies:
        outcomes: list[StudyOutcome] = []
        studies.offer(_study(1))
        studies.work(Progress(), outcomes.append)
    assert [(outcome.state, outcome.may_pass) for outcome in outcomes] == [(StudyState.FAILED, may_pass)]


def test_corrections_that_were_not_sent_yet_are_hers_too(tmp_path: Path, worker: Worker) -> None:
    worker.doubts = ("The model found no tumour.",)
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
        JobFolder(study_folder(tmp_path, "2.25.1")).unsent.write_bytes(b"drawn")
        assert _watch(studies, (_study(1, 104),)) == []
    assert worker.kinds == ["prepare", "segment"]


def test_an_archive_that_fails_is_asked_again_with_growing_pauses(studies: Studies, worker: Worker) -> None:
    worker.failures = [None, None, DOWN, DOWN, DOWN]
    looks = [(_study(1),)] * 8
    steps = _watch(studies, *looks)
    assert _states(steps) == [StudyState.FAILED] * 3 + [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send", "send", "send", "send"]


def test_a_study_that_fails_for_good_is_named_and_the_others_go_on(studies: Studies, worker: Worker) -> None:
    worker.failures = [DAMAGED]
    both = _study(1), _study(2)
    steps = _watch(studies, both, both, both)
    assert _states(steps) == [StudyState.FAILED, StudyState.SENT]
    assert steps[0].reason == "Series 3 is damaged."
    assert worker.kinds.count("prepare") == 2


def test_a_study_that_changed_in_the_archive_waits_for_a_person_and_is_not_sent_again_and_again(
    studies: Studies, worker: Worker
) -> None:
    changed = JobFailedError(Failure("The PACS no longer holds this study.", kind="StudyChangedError"))
    worker.failures = [None, None, changed]
    (step,) = _watch(studies, *[(_study(1),)] * 4)
    assert (step.state, step.may_pass) == (StudyState.NEEDS_YOU, False)
    assert worker.kinds == ["prepare", "segment", "send"]
    assert _states(_watch(studies, (_study(1, 120),), (_study(1, 120),))) == [StudyState.SENT]
    assert worker.kinds[3:] == ["prepare", "segment", "send"], "it has grown"


def test_a_study_that_changed_in_the_archive_is_fetched_anew_by_the_next_router(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, JobFailedError(Failure("It has other images.", kind="StudyChangedError"))]
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
    with _open(tmp_path, worker) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send"] * 2


def test_missing_slices_wait_for_a_person(studies: Studies, worker: Worker) -> None:
    worker.failures = [None, JobFailedError(Failure("Series 4 lacks slices 7 and 8.", kind="GapError"))]
    (step,) = _watch(studies, (_study(1),))
    assert (step.state, step.reason) == (StudyState.NEEDS_YOU, "Series 4 lacks slices 7 and 8.")


def test_a_watch_outlives_an_archive_that_cannot_be_searched(studies: Studies) -> None:
    told: list[str] = []
    source = Source([ArchiveError("The PACS is down."), ArchiveError("The PACS is down."), (_study(1),)])
    steps: list[StudyOutcome] = []
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0), Progress(), steps.append, told.append)
    assert told == ["The PACS is down."]
    assert _states(steps) == [StudyState.SENT]


def test_what_was_cancelled_goes_on_where_it_was(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled()]
    with _open(tmp_path, worker) as studies:
        assert _watch(studies, (_study(1),)) == []
    with _open(tmp_path, worker) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "segment", "send"]


def test_a_study_that_rested_is_tried_again_by_the_rules_of_now(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(_CLEAR, sequences={"T1c": _CLEAR.sequences["T1c"]})
    with _open(tmp_path, worker) as studies:
        (step,) = _watch(studies, (_study(1),))
    assert step.reason == "Not found in this study: T1, T2, FLAIR."
    with _open(tmp_path, worker, rules=Rules("other", needed=frozenset({Sequence.T1C}))) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.SENT]
    segment = next(job for job in worker.jobs if isinstance(job, SegmentJob))
    assert segment.bundle == "other"


def test_another_model_does_not_send_what_the_one_before_drew(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, DOWN]
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
    with _open(tmp_path, worker, rules=Rules("other")) as studies:
        _watch(studies, (_study(1),))
    assert [job.bundle for job in worker.jobs if isinstance(job, SegmentJob)] == ["glioma-synthetic", "other"]


def test_two_programs_do_not_work_on_one_folder(tmp_path: Path, worker: Worker, studies: Studies) -> None:
    with pytest.raises(QueueInUseError), _open(tmp_path, worker):
        pytest.fail("the folder was opened twice")


def test_a_study_whose_folder_is_gone_is_forgotten(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(_CLEAR, sequences={})
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
    folder = study_folder(tmp_path, "2.25.1")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with _open(tmp_path, worker) as studies:
        assert _watch(studies, ()) == []
    assert worker.kinds == ["prepare"]


def test_old_studies_that_are_done_are_deleted_and_those_that_wait_stay(
    studies: Studies, worker: Worker, tmp_path: Path
) -> None:
    worker.failures = [DAMAGED]
    steps: list[StudyOutcome] = []
    source = Source([(_study(1), _study(2)), ()])
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0, keep_days=-1), Progress(), steps.append, lambda _text: None)
    assert _states(steps) == [StudyState.FAILED, StudyState.SENT]
    assert study_folder(tmp_path, "2.25.1").is_dir()
    assert not study_folder(tmp_path, "2.25.2").exists()


@pytest.mark.parametrize("state", [StudyState.QUEUED, StudyState.CANCELLED, StudyState.FAILED])
def test_what_a_person_queued_in_the_panel_is_left_to_her(tmp_path: Path, worker: Worker, state: StudyState) -> None:
    hers = QueueItem(study_folder(tmp_path, "2.25.1").name, "Ward 3", "her model", state=state, is_by_rules=False)
    KeptStudy(tmp_path / hers.folder).write_origin(StudyOrigin(_study(1).study, "Ward 3"))
    _queue_in_panel(tmp_path, hers)
    with _open(tmp_path, worker) as studies:
        assert _watch(studies, (_study(1),), (_study(1, 120),)) == []
        assert studies.open_count == 0
    assert worker.jobs == []
    assert StudyQueue(tmp_path / "queue.json").items == (hers,)


@pytest.mark.parametrize(
    "choices", [StudyChoices({"T1": "key of T1c", "T1c": "key of T1"}), StudyChoices(is_postoperative=True)]
)
def test_what_a_person_decided_while_it_waited_is_not_undone(
    tmp_path: Path, worker: Worker, choices: StudyChoices
) -> None:
    worker.prepared = replace(_CLEAR, operated=True, operated_reason="postop")
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
        kept.write_choices(choices)
        worker.prepared = _CLEAR
        (step,) = _watch(studies, *[(_study(1, 120),)] * 3)
        assert (step.state, step.reason.partition(":")[0]) == (
            StudyState.NEEDS_YOU,
            "Somebody decided in the panel how it is segmented",
        )
    with _open(tmp_path, worker) as studies:
        assert _states(_watch(studies, (_study(1, 120),))) == [StudyState.NEEDS_YOU]
        assert [outcome.folder for outcome in studies.resting()] == [step.folder], "no clean-up takes it away"
    assert worker.kinds == ["prepare"]
    assert kept.choices == choices


def test_a_sequence_that_a_person_borrowed_while_it_waited_stays_borrowed(tmp_path: Path, worker: Worker) -> None:
    row = SeriesRow("another study's T1c", "T1c", None, 20)
    choice = SequenceChoice(row.key, "2.25.3", 0.9, ())
    lent = BorrowedSequence("T1c", choice, row, "2026-01-05", -3)
    own = {name: one for name, one in _CLEAR.sequences.items() if name != "T1c"}
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    kept.write_prepared(replace(_CLEAR, sequences=own, borrowed=(lent,)))
    with _open(tmp_path, worker) as studies:
        assert _states(_watch(studies, (_study(1),))) == [StudyState.NEEDS_YOU]
    assert worker.jobs == []
    assert kept.prepared is not None
    assert kept.prepared.borrowed == (lent,)


def _forget_who_queued(folder: Path) -> None:
    """Leave the queue as an older version does."""
    queue = json.loads((folder / "queue.json").read_text())
    for item in queue["items"]:
        del item["is_by_rules"]
    (folder / "queue.json").write_text(json.dumps(queue))


def test_what_a_router_of_an_older_version_left_is_gone_on_with(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled(), DAMAGED]
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1), _study(2)))
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(2),))
    _forget_who_queued(tmp_path)
    with _open(tmp_path, worker) as studies:
        assert studies.unlisted([_study(2)]) == 1
        assert _states(_watch(studies, (_study(1), _study(2)))) == [StudyState.SENT] * 2
    assert StudyQueue(tmp_path / "queue.json").items == ()


def test_what_an_older_version_queued_and_nobody_looks_for_stays_queued(tmp_path: Path, worker: Worker) -> None:
    unknown = QueueItem(study_folder(tmp_path, "2.25.1").name, PACS.name, "glioma-synthetic")
    kept = KeptStudy(tmp_path / unknown.folder)
    kept.write_origin(_study(1))
    kept.write_state(StudyState.SENT)
    _queue_in_panel(tmp_path, unknown)
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(2),))
    assert StudyQueue(tmp_path / "queue.json").items == (unknown,)


def test_what_a_person_cancelled_in_the_panel_stays_cancelled(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [DAMAGED]
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
    (item,) = StudyQueue(tmp_path / "queue.json").items
    _queue_in_panel(tmp_path, replace(item, state=StudyState.CANCELLED))
    with _open(tmp_path, worker) as studies:
        assert _watch(studies, (_study(1, 120),), (_study(1, 120),)) == []
    assert worker.kinds == ["prepare"]


def test_what_is_not_looked_for_any_more_is_left_as_it_is_and_counted(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled()]
    with _open(tmp_path, worker) as studies:
        assert _watch(studies, (_study(1),)) == []
    said: list[str] = []
    with _open(tmp_path, worker, rules=Rules("other", is_postoperative=True)) as studies, pytest.raises(Cancelled):
        watch(Source([(_study(2),)] * 2), studies, Timing(0, 0), Progress(), lambda _outcome: None, said.append)
    assert said == ["Queued here before, and not among the studies that are looked for now: 1. They stay queued."]
    assert worker.kinds == ["prepare", "segment", "prepare", "segment", "send"]
    (left,) = StudyQueue(tmp_path / "queue.json").items
    assert (left.folder, left.bundle) == (study_folder(tmp_path, "2.25.1").name, "glioma-synthetic")


def test_a_study_that_waited_and_grew_while_nobody_watched_is_fetched_again(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(_CLEAR, sequences={})
    with _open(tmp_path, worker, sends=False) as studies:
        _watch(studies, (_study(1),))
    worker.prepared = _CLEAR
    with _open(tmp_path, worker, sends=False) as studies:
        assert _states(_watch(studies, (_study(1, 120),))) == [StudyState.SEGMENTED]
    assert worker.kinds == ["prepare", "prepare", "segment"]
    known = KeptStudy(study_folder(tmp_path, "2.25.1")).origin
    assert known is not None
    assert known.study.instance_count == 120


def test_a_study_that_waits_in_another_folder_than_it_did_is_read_from_there(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(_CLEAR, sequences={})
    here, there = (StudyOrigin(_study(1).study, files=(Path(name, "1.dcm"),)) for name in ("here", "there"))
    for origin in (here, there):
        with _open(tmp_path, worker, sends=False) as studies:
            _watch(studies, (origin,))
    assert [job.listed for job in worker.jobs if isinstance(job, PrepareJob)] == [here.files, there.files]


def test_an_unfinished_study_goes_on_at_once_also_before_it_has_settled_again(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled()]
    with _open(tmp_path, worker) as studies:
        _watch(studies, (_study(1),))
    with _open(tmp_path, worker) as studies:
        assert _states(_watch(studies, (_study(1),), settle_s=600)) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "segment", "send"]


def test_nothing_is_sent_beside_another_result(tmp_path: Path, worker: Worker) -> None:
    worker.gives_way = True
    with _open(tmp_path, worker) as studies:
        (step,) = _watch(studies, (_study(1),))
    send = worker.jobs[-1]
    assert isinstance(send, SendJob)
    assert send.only_first
    assert (step.state, step.reason) == (StudyState.SENT, "The study carries a result already.")
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    assert (kept.state, kept.sent) == (StudyState.SENT, None)


def test_a_full_disk_is_said_once_and_its_studies_are_done_when_there_is_room(tmp_path: Path, worker: Worker) -> None:
    said: list[str] = []
    steps: list[StudyOutcome] = []
    source = FullMeanwhile([(_study(1), _study(2))] * 4)
    with _open(tmp_path, worker) as studies, pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0), Progress(), steps.append, said.append)
    (sentence,) = said
    assert sentence.startswith(f"{tmp_path} cannot be written to: File too large.")
    assert _states(steps) == [StudyState.SENT] * 2


def test_a_disk_that_fills_up_over_a_study_fails_it_for_a_while(tmp_path: Path) -> None:
    worker = FillsDisk()
    said: list[str] = []
    steps: list[StudyOutcome] = []
    with _open(tmp_path, worker) as studies, pytest.raises(Cancelled):
        watch(Source([(_study(1),)] * 3), studies, Timing(0, 0), Progress(), steps.append, said.append)
    assert _states(steps) == [StudyState.FAILED, StudyState.SENT]
    assert "cannot be written to: File too large." in steps[0].reason
