"""Studies that are fetched and segmented in the background, with runners that a test holds in its hands."""

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from refusing_disks import full_disk
from scripted_runner import ScriptedRunner

from BratsSegmenterLib.archive import Credentials, Profile, StudyQuery, StudySummary
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.job_results import (
    PrepareResult,
    SegmentResult,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.jobs import PrepareJob, SearchJob, SegmentJob
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.study import (
    JobFolder,
    KeptStudy,
    QueueInUseError,
    QueueItem,
    StudyChoices,
    StudyOrigin,
    StudyQueue,
    StudyState,
    study_folder,
)
from BratsSegmenterLib.widgets.choices import Connection, RunOptions
from BratsSegmenterLib.widgets.considerate_runner import ConsiderateRunner
from BratsSegmenterLib.widgets.queue_runner import QueueRunner
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure

WARD = Connection(Profile("Ward 3", "https://pacs.example"), Credentials(password="secret"))
NAMES = ("T1", "T1c", "T2", "FLAIR")
GAP = Failure("Series 4: slices 7 and 8 are missing.", kind="GapError")


def _origin(number: int, **where) -> StudyOrigin:
    study = StudySummary(f"2.25.{number}", f"Doe^{number}", f"P{number}", "", "20260102", "MR head", ("MR",), 4, 100)
    return StudyOrigin(study, **(where or {"profile": "Ward 3"}))


def _prepared(confidence: float = 0.95, warnings: tuple[str, ...] = ()) -> PrepareResult:
    series = tuple(SeriesRow(name, name, None, 20) for name in NAMES)
    choices = {name: SequenceChoice(name, "2.25.2", confidence, ()) for name in NAMES}
    return PrepareResult(series, choices, warnings, ())


def _segmented(folder: Path) -> SegmentResult:
    algorithm = Algorithm("glioma-synthetic", "0.1", "0" * 64)
    return SegmentResult("T1c", folder, {}, None, {"ET": 2.5}, {}, folder, algorithm, (), ())


def _archive_of(origin: StudyOrigin) -> Connection | None:
    return WARD if origin.profile == WARD.profile.name else None


class Desk:
    """A queue with its runner, and the runner of what the user asks for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.worker, self.own_worker = ScriptedRunner(), ScriptedRunner()
        self.queue = QueueRunner(StudyQueue(folder / "queue.json"), self.worker, folder, _archive_of)
        self.user = ConsiderateRunner(self.own_worker, self.queue)

    def states(self) -> list[StudyState]:
        return [item.state for item in self.queue.items]

    def end_both_jobs(self) -> None:
        self.worker.end(_prepared())
        self.worker.end(_segmented(self.folder))


@pytest.fixture
def desk(tmp_path) -> Desk:
    return Desk(tmp_path)


def _segment_job(folder: Path) -> SegmentJob:
    return SegmentJob(folder, {"T1": "T1"}, "glioma-synthetic")


def test_two_studies_are_fetched_and_segmented_one_after_the_other(desk):
    desk.queue.options = lambda: RunOptions(device="cpu")
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    assert desk.states() == [StudyState.FETCHING, StudyState.QUEUED]
    assert desk.worker.secrets[0]["password"] == "secret"
    desk.worker.end(_prepared())
    assert desk.states() == [StudyState.SEGMENTING, StudyState.QUEUED]
    assert desk.worker.jobs[1].device == "cpu"
    assert desk.worker.secrets[1] == {}
    desk.worker.end(_segmented(desk.folder))
    assert desk.states() == [StudyState.SEGMENTED, StudyState.FETCHING]
    desk.end_both_jobs()
    assert desk.states() == [StudyState.SEGMENTED] * 2
    assert desk.queue.kept(desk.queue.items[0]).result.volumes_ml == {"ET": 2.5}


def test_the_queue_on_the_disk_names_no_patient_and_no_study(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(Failure("The PACS answered 401."))
    written = (desk.folder / "queue.json").read_text()
    assert "Ward 3" in written
    assert '"is_by_rules": false' in written, "a router leaves it to her"
    assert "The PACS answered 401." in written
    assert not any(text in written for text in ("Doe", "P1", "2.25.1"))


def test_what_a_crash_interrupted_goes_on_where_it_was_and_in_its_order(desk):
    desk.queue.options = lambda: RunOptions("chosen when queued")
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    desk.worker.end(_prepared())
    desk.queue.shut_down()
    after_restart = Desk(desk.folder)
    after_restart.queue.go_on()
    assert after_restart.states() == [StudyState.SEGMENTING, StudyState.QUEUED]
    assert isinstance(after_restart.worker.jobs[0], SegmentJob), "it was fetched already"
    assert after_restart.worker.jobs[0].bundle == "chosen when queued"
    after_restart.worker.end(_segmented(desk.folder))
    assert isinstance(after_restart.worker.jobs[1], PrepareJob)
    assert after_restart.worker.jobs[1].study_uid == "2.25.2"


def test_a_damaged_queue_is_set_aside_and_the_panel_opens(tmp_path):
    (tmp_path / "queue.json").write_text('{"items": [{"fold')
    queue = StudyQueue(tmp_path / "queue.json")
    assert queue.items == ()
    queue.add(QueueItem("0123", "Ward 3", "glioma-synthetic"))
    assert (tmp_path / "queue.damaged").exists()
    assert [item.folder for item in StudyQueue(tmp_path / "queue.json").items] == ["0123"]


@pytest.mark.parametrize(
    ("prepared", "reason"),
    [
        (_prepared(confidence=0.3), "Not sure about T1, T1c, T2, FLAIR."),
        (_prepared(warnings=("Series 3 is called T2, but its echo time is that of a T1.",)), "Series 3 is called T2"),
        (PrepareResult((), {}, (), ()), "None of the series was recognised"),
        (PrepareResult((), {}, ("Series 1: 8.dcm is truncated.",), ()), "Series 1: 8.dcm is truncated. None of"),
    ],
)
def test_a_study_that_leaves_questions_waits_for_a_person_and_the_next_one_begins(desk, prepared, reason):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    desk.worker.end(prepared)
    assert desk.states() == [StudyState.NEEDS_YOU, StudyState.FETCHING]
    assert reason in desk.queue.items[0].reason
    assert desk.queue.kept(desk.queue.items[0]).prepared == prepared


def test_missing_slices_need_a_person_and_other_failures_say_why(desk):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    desk.worker.end(_prepared())
    desk.worker.end(GAP)
    desk.worker.end(Failure("The PACS answered 503.", "Try later."))
    assert desk.states() == [StudyState.NEEDS_YOU, StudyState.FAILED]
    assert [item.reason for item in desk.queue.items] == [GAP.what, "The PACS answered 503. Try later."]


def test_an_archive_that_does_not_answer_fails_no_study_and_the_queue_goes_on_later(desk):
    for number in (1, 2):
        desk.queue.add(_origin(number))
    first, second = (item.folder for item in desk.queue.items)
    desk.worker.end(Failure("The PACS cut the connection.", kind="TemporaryArchiveError"))
    assert desk.states() == [StudyState.QUEUED] * 2
    assert not desk.worker.is_running
    assert desk.queue.pause == "The queue waits and tries again by itself. The PACS cut the connection."
    desk.queue.go_on()
    assert desk.queue.pause == ""
    assert [item.folder for item in desk.queue.items] == [second, first], "the others come first"
    assert desk.states() == [StudyState.FETCHING, StudyState.QUEUED]
    desk.end_both_jobs()
    desk.end_both_jobs()
    assert desk.states() == [StudyState.SEGMENTED] * 2


def test_a_study_that_is_not_served_though_others_are_has_failed(desk):
    out_of_reach = Failure("The PACS cut the connection.", kind="TemporaryArchiveError")
    for number in (1, 2):
        desk.queue.add(_origin(number))
    desk.worker.end(out_of_reach)
    desk.queue.go_on()
    desk.end_both_jobs()
    desk.worker.end(out_of_reach)
    assert desk.states() == [StudyState.SEGMENTED, StudyState.FAILED]
    assert desk.queue.pause == ""


def test_what_an_archive_says_of_a_single_study_is_a_failure(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(Failure("The PACS 'Ward 3' lists no series of the study.", kind="ArchiveError"))
    assert desk.states() == [StudyState.FAILED]


def test_a_failed_study_is_tried_again_from_where_it_stopped(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared())
    desk.worker.end(Failure("Memory ran out."))
    desk.queue.retry(desk.queue.items[0])
    assert isinstance(desk.worker.jobs[-1], SegmentJob)
    assert desk.queue.items[0].reason == ""


def test_the_order_is_the_user_s(desk):
    for number in (1, 2, 3, 4):
        desk.queue.add(_origin(number))
    desk.queue.move_first(desk.queue.items[3])
    desk.queue.move_up(desk.queue.items[3])
    order = [desk.queue.kept(item).origin.study.study_uid[-1] for item in desk.queue.items]
    assert order == ["4", "1", "3", "2"]


def test_cancelling_stops_what_runs_and_what_has_not_begun(desk):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    desk.queue.cancel(desk.queue.items[1])
    desk.queue.cancel(desk.queue.items[0])
    assert desk.worker.was_cancelled
    desk.worker.end(CancelledByUser())
    assert desk.states() == [StudyState.CANCELLED] * 2
    assert not desk.worker.is_running


def test_a_removed_study_is_stopped_and_the_next_one_begins(desk):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    desk.queue.remove(desk.queue.items[0])
    desk.worker.end(CancelledByUser())
    assert desk.states() == [StudyState.FETCHING]


def test_a_study_queued_twice_is_one(desk):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(1))
    assert len(desk.queue.items) == 1


def test_a_study_of_this_computer_needs_no_archive(desk, tmp_path):
    desk.queue.add(_origin(1, files=(tmp_path / "1.dcm",)))
    assert desk.worker.jobs[0].listed == (tmp_path / "1.dcm",)
    assert desk.worker.jobs[0].profile is None


def test_a_profile_that_was_removed_is_a_reason(desk):
    desk.queue.add(_origin(1, profile="Ward 9"))
    assert desk.queue.items[0].reason == "There is no archive called 'Ward 9' any more."


def test_a_search_does_not_wait_for_the_queue(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared())
    desk.user.start(SearchJob(WARD.profile, StudyQuery()), {})
    assert desk.own_worker.is_running
    assert not desk.worker.was_cancelled


def test_only_one_worker_segments_and_the_user_s_study_goes_first(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared())
    desk.user.start(_segment_job(desk.folder / "hers"), {})
    assert desk.worker.was_cancelled
    assert not desk.own_worker.is_running, "memory is free only after the queue's worker has ended"
    assert desk.user.is_running
    desk.worker.end(CancelledByUser())
    assert desk.own_worker.is_running
    assert desk.states() == [StudyState.QUEUED]
    assert not desk.worker.is_running
    desk.own_worker.end(_segmented(desk.folder))
    assert desk.states() == [StudyState.SEGMENTING]


def test_fetching_goes_on_beside_the_user_s_segmentation_but_segmenting_waits(desk):
    desk.queue.add(_origin(1))
    desk.user.start(_segment_job(desk.folder / "hers"), {})
    assert desk.own_worker.is_running
    assert not desk.worker.was_cancelled
    desk.worker.end(_prepared())
    assert not desk.worker.is_running
    desk.own_worker.end(_segmented(desk.folder))
    assert isinstance(desk.worker.jobs[-1], SegmentJob)


def test_a_study_that_the_user_takes_up_herself_leaves_the_queue(desk):
    desk.queue.add(_origin(1))
    folder = study_folder(desk.folder, "2.25.1")
    desk.user.start(PrepareJob(folder, WARD.profile, "2.25.1"), {})
    desk.worker.end(CancelledByUser())
    assert desk.own_worker.is_running
    assert desk.queue.items == ()


def test_a_job_that_waits_for_the_queue_can_be_cancelled(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared())
    outcomes = []
    desk.user.ended.connect(outcomes.append)
    desk.user.start(_segment_job(desk.folder / "hers"), {})
    desk.user.cancel()
    assert outcomes == [CancelledByUser()]
    desk.worker.end(CancelledByUser())
    assert desk.own_worker.jobs == []
    assert desk.states() == [StudyState.SEGMENTING]


def test_the_state_of_any_study_is_known(desk):
    desk.queue.add(_origin(1))
    assert desk.queue.state_of("2.25.1") == (StudyState.FETCHING, "")
    assert desk.queue.state_of("2.25.9") == (StudyState.NEW, "")
    desk.end_both_jobs()
    KeptStudy(study_folder(desk.folder, "2.25.1")).write_state(StudyState.SENT)
    assert desk.queue.state_of("2.25.1") == (StudyState.SENT, "")


@pytest.mark.parametrize("work", ["unsent corrections", "the panel"])
def test_a_study_that_somebody_took_in_hand_after_it_was_queued_is_not_segmented_over_her_work(desk, work):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    folder = study_folder(desk.folder, "2.25.1")
    if work == "the panel":
        desk.queue.is_in_hands = folder.__eq__
    else:
        JobFolder(folder).unsent.write_bytes(b"drawn")
    desk.worker.end(_prepared())
    assert desk.states() == [StudyState.NEEDS_YOU, StudyState.FETCHING]
    assert desk.queue.items[0].reason == desk.queue.reason_to_spare("2.25.1") != ""
    assert desk.queue.reason_to_spare("2.25.2") == ""


def test_an_operation_that_nobody_confirmed_is_asked_about_when_the_study_is_segmented(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(replace(_prepared(), operated=True, operated_reason="post op"))
    assert not desk.worker.jobs[-1].is_postoperative, "never assumed"
    desk.worker.end(_segmented(desk.folder))
    assert desk.queue.state_of("2.25.1") == (StudyState.SEGMENTED, "operation?")
    KeptStudy(study_folder(desk.folder, "2.25.1")).write_state(StudyState.CORRECTED)
    assert desk.queue.state_of("2.25.1") == (StudyState.CORRECTED, "")


def test_what_she_decided_before_she_queued_the_study_is_what_is_segmented(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared(confidence=0.4))
    assert desk.states() == [StudyState.NEEDS_YOU]
    (item,) = desk.queue.items
    kept = desk.queue.kept(item)
    kept.write_choices(StudyChoices({"T1": "FLAIR", "T1c": "T1c gone", "FLAIR": ""}, is_postoperative=True))
    desk.queue.retry(item)
    job = desk.worker.jobs[-1]
    assert job.sequences == {"T1": "FLAIR", "T1c": "T1c", "T2": "T2"}
    assert job.is_postoperative
    desk.worker.end(_segmented(desk.folder))
    assert kept.result.sequences == job.sequences
    assert kept.choices == StudyChoices()


def test_a_second_slicer_looks_on_says_so_and_takes_over_when_the_first_one_is_closed(desk):
    desk.queue.add(_origin(1))
    desk.queue.add(_origin(2))
    second = Desk(desk.folder)
    second.queue.go_on()
    assert second.worker.jobs == []
    assert second.queue.hindrance.startswith("Another Slicer or a router works on the queue.")
    with pytest.raises(QueueInUseError, match="Another Slicer"):
        second.queue.add(_origin(3))
    assert second.states() == [StudyState.FETCHING, StudyState.QUEUED]
    desk.worker.end(_prepared())
    assert second.states() == [StudyState.SEGMENTING, StudyState.QUEUED], "it shows what the first one does"
    desk.queue.shut_down()
    second.queue.go_on()
    assert second.queue.hindrance == ""
    assert isinstance(second.worker.jobs[0], SegmentJob), "and goes on where that one was"


def test_an_idle_queue_is_free_for_another_slicer(desk):
    desk.queue.add(_origin(1))
    desk.end_both_jobs()
    second = Desk(desk.folder)
    second.queue.add(_origin(2))
    assert desk.states() == [StudyState.SEGMENTED, StudyState.FETCHING]
    with pytest.raises(QueueInUseError):
        desk.queue.add(_origin(3))


def test_a_study_can_be_worked_on_when_another_slicer_took_the_queue_since_the_last_look(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared(confidence=0.3))
    assert desk.states() == [StudyState.NEEDS_YOU]
    second = Desk(desk.folder)
    second.queue.add(_origin(2))
    desk.user.start(SegmentJob(study_folder(desk.folder, "2.25.1"), {}, "glioma-synthetic"), {})
    assert len(desk.own_worker.jobs) == 1
    assert desk.queue.hindrance.startswith("Another Slicer")


def test_the_queue_is_free_again_when_the_program_that_worked_on_it_is_killed(tmp_path):
    path = tmp_path / "queue.json"
    lines = f"""
import sys, time
from pathlib import Path
from BratsSegmenterLib.study import QueueItem, StudyQueue
queue = StudyQueue(Path({str(path)!r}))
queue.add(QueueItem("0123", "Ward 3", "glioma-synthetic"))
print("taken", flush=True)
time.sleep(600)
"""
    environment = {**os.environ, "PYTHONPATH": str(module_folder())}
    with subprocess.Popen([sys.executable, "-c", lines], stdout=subprocess.PIPE, env=environment) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"taken\n"
        queue = StudyQueue(path)
        with pytest.raises(QueueInUseError):
            queue.remove("0123")
        other.kill()
    queue.remove("0123")
    assert queue.items == ()


def test_a_record_of_another_version_is_no_record(tmp_path):
    (tmp_path / "result.json").write_text('{"reference": "T1c"}')
    assert KeptStudy(tmp_path).result is None


def test_a_full_disk_pauses_the_queue_until_it_can_be_noted_again(desk):
    """The result that could not be noted is drawn again; nothing is lost but time."""
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared())
    with full_disk(10):
        desk.worker.end(_segmented(desk.folder))
        assert desk.queue.pause.startswith(f"The queue waits and tries again by itself. {desk.folder} cannot be")
        desk.queue.go_on()
        assert desk.queue.pause
        assert not desk.worker.is_running
    assert desk.states() == [StudyState.QUEUED]
    desk.queue.go_on()
    assert not desk.queue.pause
    assert isinstance(desk.worker.jobs[-1], SegmentJob)
    desk.worker.end(_segmented(desk.folder))
    assert desk.states() == [StudyState.SEGMENTED]


def test_a_job_of_the_user_begins_though_the_disk_refused_what_made_room_for_it(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(_prepared())
    begun = []
    desk.queue.make_room(_segment_job(study_folder(desk.folder, "2.25.9")), lambda: begun.append(True))
    with full_disk(10):
        desk.worker.end(CancelledByUser())
    assert begun == [True]


def test_a_job_of_the_user_begins_though_its_study_could_not_be_taken_from_the_queue(desk):
    desk.queue.add(_origin(1))
    desk.worker.end(Failure("The PACS answered 401."))
    with full_disk(10):
        desk.user.start(_segment_job(study_folder(desk.folder, "2.25.1")), {})
    assert len(desk.own_worker.jobs) == 1
    assert desk.queue.pause.startswith("The queue waits and tries again by itself.")


@pytest.mark.parametrize("change", ["add", "retry", "remove"])
def test_a_change_that_the_disk_refuses_is_said_and_not_made(desk, change):
    desk.queue.add(_origin(1))
    desk.worker.end(Failure("The PACS answered 401."))
    (failed,) = desk.queue.items
    with full_disk(10):
        change_it = {
            "add": lambda: desk.queue.add(_origin(2)),
            "retry": lambda: desk.queue.retry(failed),
            "remove": lambda: desk.queue.remove(failed),
        }[change]
        refusal = desk.queue.refusal_of(change_it)
    assert refusal.what == f"{desk.folder} cannot be written to: File too large."
    assert desk.queue.items == (failed,)
    desk.queue.go_on()
    assert desk.queue.items == (failed,)
    assert desk.queue.refusal_of(change_it) is None
    assert desk.queue.items != (failed,)


def test_a_study_at_work_whose_removal_the_disk_refuses_stays_and_goes_on(desk):
    desk.queue.add(_origin(1))
    with full_disk(10):
        refusal = desk.queue.refusal_of(lambda: desk.queue.remove(desk.queue.items[0]))
    assert refusal is not None
    assert not desk.worker.was_cancelled
    desk.end_both_jobs()
    assert desk.states() == [StudyState.SEGMENTED]
