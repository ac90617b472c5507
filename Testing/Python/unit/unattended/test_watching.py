"""The way of studies that nobody attends, with a worker that a test holds in its hands."""

import argparse
from dataclasses import replace
from pathlib import Path

import pytest
from unattended_studies import (
    BUSY,
    CARRYING,
    CLEAR,
    DAMAGED,
    DOWN,
    FULL,
    PACS,
    FillsDisk,
    FullMeanwhile,
    Source,
    Worker,
    a_study,
    open_studies,
    states_of,
    watch_answers,
)

from BratsSegmenterLib.archive import LoginRefusedError
from BratsSegmenterLib.child_worker import JobFailedError
from BratsSegmenterLib.commands.arguments import add_unattended_arguments
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.jobs import PrepareJob, SegmentJob, SendJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import KeptStudy, QueueInUseError, StudyOrigin, StudyState, study_folder
from BratsSegmenterLib.unattended import Rules, Studies, StudyOutcome, Timing, watch, watching
from BratsSegmenterLib.worker_messages import Failure


def test_each_study_goes_the_whole_way_once(studies: Studies, worker: Worker) -> None:
    both = a_study(1), a_study(2)
    steps = watch_answers(studies, both, both, both)
    assert states_of(steps) == [StudyState.SENT, StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send"] * 2
    prepare, segment, send = worker.jobs[:3]
    assert isinstance(prepare, PrepareJob)
    assert prepare.study_uid == "2.25.1"
    assert isinstance(segment, SegmentJob)
    assert segment.sequences["T1c"] == "key of T1c"
    assert isinstance(send, SendJob)
    assert (send.profile, send.reviewer, send.approved) == (PACS, "", False)


def test_nothing_is_sent_unless_it_was_asked_for(tmp_path: Path, worker: Worker) -> None:
    with open_studies(tmp_path, worker, sends=False) as studies:
        steps = watch_answers(studies, (a_study(1),))
    assert states_of(steps) == [StudyState.SEGMENTED]
    assert worker.kinds == ["prepare", "segment"]


def test_what_was_drawn_without_looking_for_a_cavity_is_not_sent_once_an_operation_is_confirmed(
    tmp_path: Path, worker: Worker
) -> None:
    worker.failures = [None, None, DOWN]
    with open_studies(tmp_path, worker) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.FAILED]
    with open_studies(tmp_path, worker, rules=Rules("glioma-synthetic", is_postoperative=True)) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.SENT]
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
    with open_studies(tmp_path / "here", worker, sends=False) as studies:
        watch_answers(studies, (a_study(1),))
    (tmp_path / "here").rename(tmp_path / "there")
    folder = study_folder(tmp_path / "there", "2.25.1")
    result = KeptStudy(folder).result
    assert result is not None
    assert (result.labels, result.volumes["T1c"]) == (folder / "segmentation.nii.gz", folder / "volumes" / "T1c.mha")


def test_a_share_that_is_away_for_a_moment_is_said_and_looked_at_again(studies: Studies, worker: Worker) -> None:
    said: list[str] = []
    source = Source([OSError(112, "Host is down"), (a_study(1),)])
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0), Progress(), lambda _outcome: None, said.append)
    assert said == ["[Errno 112] Host is down"]
    assert worker.kinds == ["prepare", "segment", "send"]


def test_a_study_that_still_grows_is_left_to_grow(studies: Studies, worker: Worker) -> None:
    growing = [(a_study(1, instances),) for instances in (20, 60, 100)]
    assert watch_answers(studies, *growing, settle_s=1e-9) == []
    assert worker.jobs == []
    assert states_of(watch_answers(studies, growing[-1], growing[-1], settle_s=1e-9)) == [StudyState.SENT]


def test_a_doubtful_result_is_kept_and_not_sent(studies: Studies, worker: Worker, tmp_path: Path) -> None:
    worker.doubts = ("The model found no tumour.",)
    (step,) = watch_answers(studies, (a_study(1),), (a_study(1),))
    assert (step.state, step.reason) == (StudyState.NEEDS_YOU, "The model found no tumour.")
    assert "send" not in worker.kinds
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    assert kept.result is not None
    assert kept.state is StudyState.SEGMENTED


def test_a_study_with_a_result_of_ours_gets_no_second_one(studies: Studies, worker: Worker) -> None:
    worker.prepared = CARRYING
    (step,) = watch_answers(studies, (a_study(1),), (a_study(1),))
    assert (step.state, step.reason) == (StudyState.LEFT_ALONE, "The study carries a result already.")
    assert worker.kinds == ["prepare"]


def test_a_study_that_waits_is_looked_at_again_when_it_has_grown(studies: Studies, worker: Worker) -> None:
    worker.prepared = replace(CLEAR, sequences={})
    (step,) = watch_answers(studies, (a_study(1),), (a_study(1),))
    assert step.state is StudyState.NEEDS_YOU
    worker.prepared = CLEAR
    assert states_of(watch_answers(studies, (a_study(1, 120),), (a_study(1, 120),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "prepare", "segment", "send"]


def test_a_doubtful_result_of_the_rules_waits_on_when_the_router_starts_again(tmp_path: Path, worker: Worker) -> None:
    worker.doubts = ("The model found no tumour.",)
    for _ in range(2):
        with open_studies(tmp_path, worker) as studies:
            assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.NEEDS_YOU]
    assert worker.kinds == ["prepare", "segment"]


def test_a_result_whose_state_a_kill_kept_from_being_written_is_segmented(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, Cancelled()]
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    kept.write_state(StudyState.NEW)
    with open_studies(tmp_path, worker, sends=False) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.SEGMENTED]
        assert watch_answers(studies, (a_study(1),)) == []
    assert worker.kinds == ["prepare", "segment", "send"]
    assert kept.state is StudyState.SEGMENTED


@pytest.mark.parametrize(("failure", "may_pass"), [(DOWN, True), (BUSY, True), (FULL, True), (DAMAGED, False)])
def test_what_may_be_gone_later_is_told_from_what_stays(
    tmp_path: Path, worker: Worker, failure: JobFailedError, may_pass: bool
) -> None:
    worker.failures = [failure]
    with open_studies(tmp_path, worker) as studies:
        outcomes: list[StudyOutcome] = []
        studies.offer(a_study(1))
        studies.work(Progress(), outcomes.append)
    assert [(outcome.state, outcome.may_pass) for outcome in outcomes] == [(StudyState.FAILED, may_pass)]


def test_an_archive_that_fails_is_asked_again_with_growing_pauses(studies: Studies, worker: Worker) -> None:
    worker.failures = [None, None, DOWN, DOWN, DOWN]
    looks = [(a_study(1),)] * 8
    steps = watch_answers(studies, *looks)
    assert states_of(steps) == [StudyState.FAILED] * 3 + [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send", "send", "send", "send"]


def test_a_study_that_fails_for_good_is_named_and_the_others_go_on(studies: Studies, worker: Worker) -> None:
    worker.failures = [DAMAGED]
    both = a_study(1), a_study(2)
    steps = watch_answers(studies, both, both, both)
    assert states_of(steps) == [StudyState.FAILED, StudyState.SENT]
    assert steps[0].reason == "Series 3 is damaged."
    assert worker.kinds.count("prepare") == 2


def test_a_study_that_changed_in_the_archive_waits_for_a_person_and_is_not_sent_again_and_again(
    studies: Studies, worker: Worker
) -> None:
    changed = JobFailedError(Failure("The PACS no longer holds this study.", kind="StudyChangedError"))
    worker.failures = [None, None, changed]
    (step,) = watch_answers(studies, *[(a_study(1),)] * 4)
    assert (step.state, step.may_pass) == (StudyState.NEEDS_YOU, False)
    assert worker.kinds == ["prepare", "segment", "send"]
    assert states_of(watch_answers(studies, (a_study(1, 120),), (a_study(1, 120),))) == [StudyState.SENT]
    assert worker.kinds[3:] == ["prepare", "segment", "send"], "it has grown"


def test_a_study_that_changed_in_the_archive_is_fetched_anew_by_the_next_router(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, JobFailedError(Failure("It has other images.", kind="StudyChangedError"))]
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
    with open_studies(tmp_path, worker) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "send"] * 2


def test_missing_slices_wait_for_a_person(studies: Studies, worker: Worker) -> None:
    worker.failures = [None, JobFailedError(Failure("Series 4 lacks slices 7 and 8.", kind="GapError"))]
    (step,) = watch_answers(studies, (a_study(1),))
    assert (step.state, step.reason) == (StudyState.NEEDS_YOU, "Series 4 lacks slices 7 and 8.")


def test_a_watch_outlives_an_archive_that_cannot_be_searched(studies: Studies) -> None:
    told: list[str] = []
    source = Source([ArchiveError("The PACS is down."), ArchiveError("The PACS is down."), (a_study(1),)])
    steps: list[StudyOutcome] = []
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0), Progress(), steps.append, told.append)
    assert told == ["The PACS is down."]
    assert states_of(steps) == [StudyState.SENT]


def test_an_archive_that_refuses_the_login_is_left_alone_for_longer_and_longer(
    studies: Studies, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds: list[float] = []
    asked_at: list[int] = []
    told: list[str] = []
    monkeypatch.setattr(watching, "_pause", lambda seconds, _progress: rounds.append(seconds))

    class _Asked(Source):
        def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
            asked_at.append(len(rounds))
            return super().studies(progress)

    source = _Asked([LoginRefusedError("The PACS answered 401."), LoginRefusedError("The PACS answered 401."), ()])
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(60, 0), Progress(), lambda _outcome: None, told.append)
    assert asked_at == [0, 9, 26, 27], "8 looks are left out, then 16, and none once it is let in"
    (sentence,) = told
    assert sentence.startswith("The PACS answered 401. It is asked again after growing pauses")


def test_a_login_that_is_refused_over_a_study_is_not_tried_at_the_next_ones(studies: Studies, worker: Worker) -> None:
    worker.failures = [JobFailedError(Failure("The PACS answered 401.", kind="LoginRefusedError"))]
    both = a_study(1), a_study(2)
    with pytest.raises(LoginRefusedError, match="401"):
        for study in both:
            studies.offer(study)
        studies.work(Progress(), lambda _outcome: None)
    assert worker.kinds == ["prepare"]
    assert states_of(watch_answers(studies, both)) == [StudyState.SENT] * 2


def test_what_was_cancelled_goes_on_where_it_was(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled()]
    with open_studies(tmp_path, worker) as studies:
        assert watch_answers(studies, (a_study(1),)) == []
    with open_studies(tmp_path, worker) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "segment", "send"]


def test_a_study_that_rested_is_tried_again_by_the_rules_of_now(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(CLEAR, sequences={"T1c": CLEAR.sequences["T1c"]})
    with open_studies(tmp_path, worker) as studies:
        (step,) = watch_answers(studies, (a_study(1),))
    assert step.reason == "Not found in this study: T1, T2, FLAIR."
    with open_studies(tmp_path, worker, rules=Rules("other", needed=frozenset({Sequence.T1C}))) as studies:
        assert states_of(watch_answers(studies, (a_study(1),))) == [StudyState.SENT]
    segment = next(job for job in worker.jobs if isinstance(job, SegmentJob))
    assert segment.bundle == "other"


def test_another_model_does_not_send_what_the_one_before_drew(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, None, DOWN]
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
    with open_studies(tmp_path, worker, rules=Rules("other")) as studies:
        watch_answers(studies, (a_study(1),))
    assert [job.bundle for job in worker.jobs if isinstance(job, SegmentJob)] == ["glioma-synthetic", "other"]


def test_two_programs_do_not_work_on_one_folder(tmp_path: Path, worker: Worker, studies: Studies) -> None:
    with pytest.raises(QueueInUseError), open_studies(tmp_path, worker):
        pytest.fail("the folder was opened twice")


def test_a_study_whose_folder_is_gone_is_forgotten(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(CLEAR, sequences={})
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
    folder = study_folder(tmp_path, "2.25.1")
    for path in folder.iterdir():
        path.unlink()
    folder.rmdir()
    with open_studies(tmp_path, worker) as studies:
        assert watch_answers(studies, ()) == []
    assert worker.kinds == ["prepare"]


def test_old_studies_that_are_done_are_deleted_and_those_that_wait_stay(
    studies: Studies, worker: Worker, tmp_path: Path
) -> None:
    worker.failures = [DAMAGED]
    steps: list[StudyOutcome] = []
    source = Source([(a_study(1), a_study(2)), ()])
    with pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0, keep_days=-1), Progress(), steps.append, lambda _text: None)
    assert states_of(steps) == [StudyState.FAILED, StudyState.SENT]
    assert study_folder(tmp_path, "2.25.1").is_dir()
    assert not study_folder(tmp_path, "2.25.2").exists()


def test_a_study_that_waited_and_grew_while_nobody_watched_is_fetched_again(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(CLEAR, sequences={})
    with open_studies(tmp_path, worker, sends=False) as studies:
        watch_answers(studies, (a_study(1),))
    worker.prepared = CLEAR
    with open_studies(tmp_path, worker, sends=False) as studies:
        assert states_of(watch_answers(studies, (a_study(1, 120),))) == [StudyState.SEGMENTED]
    assert worker.kinds == ["prepare", "prepare", "segment"]
    known = KeptStudy(study_folder(tmp_path, "2.25.1")).origin
    assert known is not None
    assert known.study.instance_count == 120


def test_a_study_that_waits_in_another_folder_than_it_did_is_read_from_there(tmp_path: Path, worker: Worker) -> None:
    worker.prepared = replace(CLEAR, sequences={})
    here, there = (StudyOrigin(a_study(1).study, files=(Path(name, "1.dcm"),)) for name in ("here", "there"))
    for origin in (here, there):
        with open_studies(tmp_path, worker, sends=False) as studies:
            watch_answers(studies, (origin,))
    assert [job.listed for job in worker.jobs if isinstance(job, PrepareJob)] == [here.files, there.files]


def test_a_study_that_waits_is_not_looked_at_again_because_an_older_version_kept_the_address_as_it_was_typed(
    tmp_path: Path, worker: Worker
) -> None:
    worker.prepared = replace(CLEAR, sequences={})
    origin = replace(a_study(1), url="https://pacs.example/dicom-web")
    kept = study_folder(tmp_path, "2.25.1") / "study.json"
    for _ in range(2):
        with open_studies(tmp_path, worker) as studies:
            watch_answers(studies, (origin,))
        kept.write_text(kept.read_text().replace(origin.url, "HTTPS://pacs.example/dicom-web/"))
    assert worker.kinds == ["prepare"]


def test_an_unfinished_study_goes_on_at_once_also_before_it_has_settled_again(tmp_path: Path, worker: Worker) -> None:
    worker.failures = [None, Cancelled()]
    with open_studies(tmp_path, worker) as studies:
        watch_answers(studies, (a_study(1),))
    with open_studies(tmp_path, worker) as studies:
        assert states_of(watch_answers(studies, (a_study(1),), settle_s=600)) == [StudyState.SENT]
    assert worker.kinds == ["prepare", "segment", "segment", "send"]


def test_nothing_is_sent_beside_another_result(tmp_path: Path, worker: Worker) -> None:
    worker.gives_way = True
    with open_studies(tmp_path, worker) as studies:
        (step,) = watch_answers(studies, (a_study(1),))
    send = worker.jobs[-1]
    assert isinstance(send, SendJob)
    assert send.only_first
    assert (step.state, step.reason) == (StudyState.LEFT_ALONE, "The study carries a result already.")
    kept = KeptStudy(study_folder(tmp_path, "2.25.1"))
    assert (kept.state, kept.sent) == (StudyState.LEFT_ALONE, None)


def test_a_full_disk_is_said_once_and_its_studies_are_done_when_there_is_room(tmp_path: Path, worker: Worker) -> None:
    said: list[str] = []
    steps: list[StudyOutcome] = []
    source = FullMeanwhile([(a_study(1), a_study(2))] * 4)
    with open_studies(tmp_path, worker) as studies, pytest.raises(Cancelled):
        watch(source, studies, Timing(0, 0), Progress(), steps.append, said.append)
    (sentence,) = said
    assert sentence.startswith(f"{tmp_path} cannot be written to: File too large.")
    assert states_of(steps) == [StudyState.SENT] * 2


def test_a_disk_that_fills_up_over_a_study_fails_it_for_a_while(tmp_path: Path) -> None:
    worker = FillsDisk()
    said: list[str] = []
    steps: list[StudyOutcome] = []
    with open_studies(tmp_path, worker) as studies, pytest.raises(Cancelled):
        watch(Source([(a_study(1),)] * 3), studies, Timing(0, 0), Progress(), steps.append, said.append)
    assert states_of(steps) == [StudyState.FAILED, StudyState.SENT]
    assert "cannot be written to: File too large." in steps[0].reason
