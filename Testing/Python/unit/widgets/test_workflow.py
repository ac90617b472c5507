"""The way of a study through the panel, with a runner and a scene that a test holds in its hands."""

from dataclasses import replace
from pathlib import Path

import pytest
from scripted_results import segmented

from BratsSegmenterLib.archive import Credentials, Profile, StudyQuery, StudySummary
from BratsSegmenterLib.dicom import Authorship, ObjectKind, ObjectReference, ResultObject
from BratsSegmenterLib.domain import Algorithm, PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.job_results import (
    PrepareResult,
    SearchResult,
    SendResult,
    SequenceChoice,
    SeriesRow,
)
from BratsSegmenterLib.jobs import (
    PrepareJob,
    ResumeJob,
    SearchJob,
    SegmentJob,
    SendJob,
)
from BratsSegmenterLib.study import KeptStudy, StudyChoices, StudyState
from BratsSegmenterLib.versions import EarlierResult
from BratsSegmenterLib.widgets.choices import Connection, RunOptions, SendRequest
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure

CONNECTION = Connection(Profile("Ward 3", "https://pacs.example"), Credentials(user="reader", password="secret"))
STUDY = StudySummary("2.25.1", "Doe^Jane", "P1", "A1", "20260102", "MR head", ("MR",), 4, 100)
NAMES = ("T1", "T1c", "T2", "FLAIR")


class Clock:
    """Stands still until the test moves it."""

    def __init__(self):
        self.now_s = 1000.0

    def __call__(self) -> float:
        return self.now_s


def prepared(confidence: float = 0.95, results: tuple[EarlierResult, ...] = ()) -> PrepareResult:
    series = tuple(SeriesRow(name, name, None, 20) for name in NAMES)
    choices = {name: SequenceChoice(name, "2.25.2", confidence, ()) for name in NAMES}
    return PrepareResult(series, choices, (), (), results)


def earlier_result(kind: ObjectKind = ObjectKind.SEG) -> EarlierResult:
    reference = ObjectReference("2.25.5", "1.2.840.10008.5.1.4.1.1.66.4", "2.25.6")
    algorithm = Algorithm("glioma-synthetic", "0.1", "")
    made_at = "2026-05-03T10:00:00"
    made = ResultObject(kind, Path("1.dcm"), reference, True, 1, made_at, Authorship.AI, "", False, algorithm, "2.25.2")
    return EarlierResult(1, (made,))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def workflow(runner, scene, clock, tmp_path) -> Workflow:
    return Workflow(runner, scene, tmp_path / "studies", tmp_path / "ledger", lambda _model: None, clock)


@pytest.fixture
def reviewed(workflow, runner, tmp_path) -> Workflow:
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared())
    runner.end(segmented(tmp_path))
    return workflow


def test_a_search_brings_studies_and_leaves_the_state_as_it_was(workflow, runner):
    found = []
    workflow.studies_found.connect(found.extend)
    workflow.search(CONNECTION, StudyQuery())
    assert workflow.state is PanelState.SEARCHING
    assert isinstance(runner.jobs[0], SearchJob)
    runner.end(SearchResult((STUDY,)))
    assert found == [STUDY]
    assert workflow.state is PanelState.NO_STUDY


def test_one_button_fetches_recognises_and_segments_a_clear_study(workflow, runner, scene, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions(device="cpu"))
    assert isinstance(runner.jobs[0], PrepareJob)
    runner.end(prepared())
    assert isinstance(runner.jobs[1], SegmentJob)
    assert runner.jobs[1].sequences == {name: name for name in NAMES}
    assert runner.jobs[1].device == "cpu"
    assert runner.jobs[1].folder == runner.jobs[0].folder
    runner.end(segmented(tmp_path))
    assert workflow.state is PanelState.REVIEW
    assert len(scene.shown) == 1


def test_a_doubtful_study_waits_for_a_person_before_it_is_segmented(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(confidence=0.3))
    assert workflow.state is PanelState.PREPARED
    assert len(runner.jobs) == 1
    workflow.sequences.override(Sequence.T2, "")
    workflow.run(RunOptions())
    assert set(runner.jobs[1].sequences) == {"T1", "T1c", "FLAIR"}


def test_secrets_go_to_jobs_that_need_the_archive_and_to_no_other(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared())
    assert runner.secrets[0]["password"] == "secret"
    assert runner.secrets[1] == {}


def test_the_job_folder_says_nothing_about_the_patient_and_is_the_same_for_the_same_study(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    first = workflow.folder
    workflow.choose_study(CONNECTION, STUDY)
    assert workflow.folder == first
    assert STUDY.study_uid not in str(first.name)


@pytest.mark.parametrize("outcome", [Failure("The PACS answered 401."), CancelledByUser()])
def test_after_a_failure_or_a_cancel_the_state_before_returns(workflow, runner, outcome):
    failures = []
    workflow.failed.connect(failures.append)
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(outcome)
    assert workflow.state is PanelState.STUDY_CHOSEN
    assert failures == [item for item in [outcome] if isinstance(item, Failure)]


def test_a_fetched_study_is_not_fetched_again_after_its_segmentation_failed(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared())
    runner.end(Failure("The graphics card ran out of memory."))
    workflow.run(RunOptions(device="cpu"))
    assert isinstance(runner.jobs[-1], SegmentJob)


def test_a_result_that_cannot_be_shown_is_a_failure_and_no_result(workflow, runner, scene, tmp_path):
    scene.refuses = True
    failures = []
    workflow.failed.connect(failures.append)
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared())
    runner.end(segmented(tmp_path))
    assert failures[0].what == "The image cannot be read."
    assert workflow.state is PanelState.PREPARED
    assert workflow.result is None


def test_a_result_that_cannot_be_shown_leaves_none_whose_files_it_took(reviewed, runner, scene, tmp_path):
    scene.refuses = True
    reviewed.run(RunOptions())
    runner.end(segmented(tmp_path))
    assert reviewed.state is PanelState.PREPARED
    assert reviewed.result is None
    assert not scene.is_in_view


def test_packages_that_are_not_installed_are_a_sentence_and_nothing_runs(runner, scene, tmp_path):
    def decline(_model):
        raise InferenceError("The network cannot run without its packages.")

    workflow = Workflow(runner, scene, tmp_path, tmp_path / "ledger", decline)
    failures = []
    workflow.failed.connect(failures.append)
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    assert failures[0].what == "The network cannot run without its packages."
    assert runner.jobs == []


def test_what_is_sent_is_what_the_scene_exports(reviewed, runner):
    receipts = []
    reviewed.sent.connect(receipts.append)
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",), "Reader"))
    job = runner.jobs[-1]
    assert isinstance(job, SendJob)
    assert (job.labels.name, job.edited, job.reviewer) == ("corrected.nii.gz", True, "Reader")
    runner.end(SendResult((), ("2.25.9",), None))
    assert reviewed.state is PanelState.SENT
    assert receipts[0].pushed == ("2.25.9",)


def test_who_shows_how_far_the_study_is_hears_of_the_first_edit_and_of_the_last_one_undone(reviewed, scene):
    told = []
    reviewed.state_changed.connect(lambda: told.append(KeptStudy(reviewed.folder).state))
    for change in (scene.draw, scene.draw, scene.undo, scene.undo):
        change()
        reviewed.mark_edited()
    assert told == [StudyState.CORRECTED, StudyState.SEGMENTED]


def test_an_approval_is_sent_with_the_name_of_who_approves(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",), "Reader", approved=True))
    assert (runner.jobs[-1].reviewer, runner.jobs[-1].approved) == ("Reader", True)


def test_corrections_go_to_one_ledger_with_the_minutes_since_the_result_was_shown(reviewed, runner, clock, tmp_path):
    clock.now_s += 150
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    assert (runner.jobs[-1].ledger, runner.jobs[-1].minutes_spent) == (tmp_path / "ledger", 2.5)


def test_minutes_that_were_sent_once_are_not_counted_again(reviewed, runner, clock):
    clock.now_s += 150
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), (), None))
    clock.now_s += 60
    reviewed.mark_edited()
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    assert runner.jobs[-1].minutes_spent == 1


def test_minutes_go_on_when_a_sending_fails(reviewed, runner, clock):
    clock.now_s += 60
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(Failure("The PACS answered 503."))
    clock.now_s += 60
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    assert runner.jobs[-1].minutes_spent == 2


def test_a_study_that_changed_in_the_archive_is_fetched_again_and_what_is_reviewed_stays(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(Failure("The PACS names another patient.", kind="StudyChangedError"))
    assert reviewed.state is PanelState.REVIEW
    assert reviewed.can_run
    reviewed.run(RunOptions())
    assert isinstance(runner.jobs[-1], PrepareJob)
    runner.end(prepared())
    assert not runner.is_running
    assert reviewed.state is PanelState.REVIEW
    assert reviewed.result is not None
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), ("2.25.9",), None))
    assert reviewed.state is PanelState.SENT


def test_a_clear_study_that_carries_regions_waits_and_its_newest_result_can_be_taken_up(
    workflow, runner, scene, tmp_path
):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(results=(earlier_result(),)))
    assert workflow.state is PanelState.PREPARED
    workflow.resume()
    assert runner.jobs[-1] == ResumeJob(workflow.folder)
    assert workflow.state is PanelState.RESUMING
    runner.end(segmented(tmp_path))
    assert workflow.state is PanelState.REVIEW
    assert len(scene.shown) == 1


def test_a_result_without_regions_is_listed_and_holds_nothing_up(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(results=(earlier_result(ObjectKind.KEY_IMAGE),)))
    assert workflow.earlier_results
    assert not workflow.can_resume
    assert isinstance(runner.jobs[-1], SegmentJob)


def test_results_of_one_study_are_not_offered_for_the_next(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(results=(earlier_result(),)))
    workflow.choose_study(CONNECTION, STUDY)
    assert not workflow.can_resume


GAP = Failure("Slices 7 and 8 are missing.", kind="GapError")


def test_a_gap_is_filled_only_after_the_user_agreed_and_all_else_stays_as_chosen(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions(device="cpu", steps=PreprocessingSteps(brain_mask=False)))
    runner.end(prepared())
    stopped = runner.jobs[-1]
    assert not stopped.resample_gaps
    runner.end(GAP)
    workflow.fill_gaps()
    assert runner.jobs[-1] == replace(stopped, resample_gaps=True)


def test_a_gap_below_an_earlier_result_can_be_filled_too(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(results=(earlier_result(),)))
    workflow.resume()
    runner.end(GAP)
    workflow.fill_gaps()
    assert runner.jobs[-1] == ResumeJob(workflow.folder, resample_gaps=True)


def test_a_gap_that_stops_a_sending_is_not_filled_by_another_result_over_what_was_drawn(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(GAP)
    jobs = len(runner.jobs)
    reviewed.fill_gaps()
    assert not reviewed.can_fill_gaps
    assert len(runner.jobs) == jobs
    assert reviewed.state is PanelState.REVIEW


def test_an_edit_after_sending_makes_the_result_unsent_again(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), (), None))
    reviewed.mark_edited()
    assert reviewed.state is PanelState.REVIEW


def test_a_closed_scene_ends_the_worker_and_forgets_the_study(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    reviewed.forget_study()
    assert not runner.is_running
    assert reviewed.state is PanelState.NO_STUDY
    assert reviewed.result is None


def test_a_study_among_others_is_worked_on_by_its_files(workflow, runner, tmp_path):
    workflow.choose_files(STUDY, (tmp_path / "1.dcm",))
    workflow.run(RunOptions())
    assert runner.jobs[0].listed == (tmp_path / "1.dcm",)
    assert runner.jobs[0].profile is None
    assert runner.secrets[0] == {}


def test_a_result_is_kept_and_opened_later_without_a_job(reviewed, runner, scene):
    jobs = len(runner.jobs)
    reviewed.choose_study(CONNECTION, STUDY)
    assert reviewed.result is None
    assert not scene.is_in_view
    reviewed.open_kept()
    assert reviewed.state is PanelState.REVIEW
    assert reviewed.sequences.chosen_keys() == {name: name for name in NAMES}
    assert (len(scene.shown), len(runner.jobs)) == (2, jobs)


def test_a_kept_result_is_opened_first_unless_another_one_is_asked_for_or_it_cannot_be_shown(reviewed, runner, scene):
    assert not reviewed.can_open, "it is shown"
    reviewed.choose_study(CONNECTION, replace(STUDY, study_uid="2.25.77"))
    assert not reviewed.can_open, "there is none"
    reviewed.choose_study(CONNECTION, STUDY)
    assert reviewed.can_open
    for end in (CancelledByUser(), Failure("The PACS cut the connection.")):
        reviewed.run(RunOptions())
        runner.end(end)
        assert reviewed.can_open, "nothing came in its place"
    reviewed.run(RunOptions())
    runner.end(prepared(confidence=0.3))
    assert not reviewed.can_open
    reviewed.choose_study(CONNECTION, STUDY)
    scene.refuses = True
    reviewed.open_kept()
    assert not reviewed.can_open
    assert reviewed.can_run


def test_the_series_that_a_result_was_made_with_are_those_of_the_study_opened_again(workflow, runner, tmp_path):
    """Recognised was T2 with doubt, which the user took as no T2."""
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(confidence=0.3))
    workflow.sequences.override(Sequence.T2, "")
    workflow.run(RunOptions())
    runner.end(segmented(tmp_path))
    chosen = {"T1": "T1", "T1c": "T1c", "FLAIR": "FLAIR"}
    assert runner.jobs[-1].sequences == chosen
    workflow.choose_study(CONNECTION, STUDY)
    workflow.open_kept()
    assert workflow.sequences.chosen_keys() == chosen
    assert workflow.sequences.row(Sequence.T2).reason == "your choice"
    workflow.run(RunOptions())
    assert runner.jobs[-1].sequences == chosen


def test_a_series_that_a_result_was_made_with_and_that_is_gone_is_not_taken(reviewed):
    kept = KeptStudy(reviewed.folder)
    kept.write_result(replace(kept.result, sequences={"T1c": "T1c", "FLAIR": "of a study fetched otherwise"}))
    reviewed.choose_study(CONNECTION, STUDY)
    reviewed.open_kept()
    assert reviewed.sequences.chosen_keys() == {"T1c": "T1c", "FLAIR": "FLAIR"}


def test_regions_that_were_taken_up_choose_no_series(workflow, runner, tmp_path):
    """The worker shows the series that they were drawn on, in whatever sequence's place."""
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared(results=(earlier_result(),)))
    workflow.resume()
    runner.end(segmented(tmp_path))
    assert workflow.result.sequences == {}


def test_what_was_decided_about_a_study_is_there_when_she_comes_back_and_gone_with_the_result(
    workflow, runner, tmp_path
):
    unsure = replace(prepared(confidence=0.4), operated=True, operated_reason="post op")
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(unsure)
    workflow.sequences.override(Sequence.T1, "FLAIR")
    workflow.sequences.override(Sequence.FLAIR, "")
    workflow.sequences.is_postoperative = True
    workflow.keep_choices()
    decided = workflow.sequences.choices
    workflow.choose_study(CONNECTION, replace(STUDY, study_uid="2.25.77"))
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(unsure)
    assert workflow.sequences.choices == decided
    workflow.run(RunOptions())
    assert runner.jobs[-1].sequences == {"T1": "FLAIR", "T1c": "T1c", "T2": "T2"}
    assert runner.jobs[-1].is_postoperative
    runner.end(segmented(tmp_path))
    assert KeptStudy(workflow.folder).choices == StudyChoices()


def test_a_study_without_a_result_opens_with_its_questions(workflow, runner):
    workflow.choose_study(CONNECTION, STUDY)
    KeptStudy(workflow.folder).write_prepared(prepared(confidence=0.3))
    workflow.open_kept()
    assert workflow.state is PanelState.PREPARED
    assert workflow.sequences.questions()


def test_how_far_the_work_is_is_kept_from_segmented_over_corrected_to_sent(reviewed, runner, scene):
    kept = KeptStudy(reviewed.folder)
    assert kept.state is StudyState.SEGMENTED
    reviewed.mark_edited()
    assert kept.state is StudyState.SEGMENTED
    scene.draw()
    reviewed.mark_edited()
    assert kept.state is StudyState.CORRECTED
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), (), None))
    assert kept.state is StudyState.SENT
    assert not reviewed.is_corrected
    scene.draw()
    reviewed.mark_edited()
    assert kept.state is StudyState.CORRECTED


def test_edits_that_are_undone_leave_the_study_as_it_was_and_its_question_open(workflow, runner, scene, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(replace(prepared(), operated=True, operated_reason="post op"))
    runner.end(segmented(tmp_path))
    kept = KeptStudy(workflow.folder)
    before = kept.progress
    assert before.question
    for undone in (StudyState.SEGMENTED, StudyState.SENT):
        scene.draw()
        workflow.mark_edited()
        assert kept.state is StudyState.CORRECTED
        scene.undo()
        workflow.mark_edited()
        assert kept.state is undone
        assert kept.progress == before
        workflow.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
        runner.end(SendResult((), (), None))
        before = kept.progress


def test_corrections_that_a_study_was_opened_with_can_be_taken_back(reviewed, scene):
    scene.draw()
    reviewed.mark_edited()
    reviewed.choose_study(CONNECTION, STUDY)
    reviewed.open_kept()
    scene.undo()
    reviewed.mark_edited()
    assert KeptStudy(reviewed.folder).state is StudyState.SEGMENTED


def test_what_is_drawn_while_a_sending_runs_stays_unsent_and_the_receipt_says_so(reviewed, runner, scene):
    receipts = []
    reviewed.sent.connect(receipts.append)
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    scene.draw()
    reviewed.mark_edited()
    runner.end(SendResult((), ("2.25.9",), None))
    assert reviewed.state is PanelState.REVIEW
    assert reviewed.is_corrected
    assert KeptStudy(reviewed.folder).state is StudyState.CORRECTED
    assert "not in it: send again" in receipts[0].notes[-1]


@pytest.mark.parametrize("outcome", [Failure("The PACS answered 503."), CancelledByUser()])
def test_what_is_drawn_while_a_sending_runs_that_fails_is_a_correction_too(reviewed, runner, scene, outcome):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    scene.draw()
    reviewed.mark_edited()
    runner.end(outcome)
    assert KeptStudy(reviewed.folder).state is StudyState.CORRECTED


def test_versions_count_on_from_what_was_sent_before_the_study_was_opened_again(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), ("2.25.9",), None, version=3))
    reviewed.choose_study(CONNECTION, STUDY)
    reviewed.open_kept()
    assert reviewed.next_version == 4


def test_an_edit_during_a_search_makes_a_sent_result_unsent_again(reviewed, runner, scene):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), (), None))
    reviewed.search(CONNECTION, StudyQuery())
    scene.draw()
    reviewed.mark_edited()
    runner.end(SearchResult(()))
    assert reviewed.state is PanelState.REVIEW
    assert KeptStudy(reviewed.folder).state is StudyState.CORRECTED


def test_a_restored_study_can_be_sent_but_not_fetched_from_nowhere(workflow, runner, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.restore(STUDY, segmented(tmp_path))
    assert workflow.state is PanelState.REVIEW
    assert not workflow.can_run
    workflow.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    assert isinstance(runner.jobs[-1], SendJob)


def test_a_restored_study_whose_folder_is_here_can_be_segmented_again_and_asks_what_is_open(workflow, runner, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(OPERATED)
    runner.end(segmented(tmp_path))
    result = workflow.result
    workflow.forget_study()
    workflow.restore(STUDY, result)
    assert workflow.state is PanelState.REVIEW
    assert workflow.asks_about_surgery
    assert workflow.can_run
    workflow.answer_about_surgery(True, RunOptions())
    assert runner.jobs[-1].is_postoperative
    assert runner.jobs[-1].sequences == {name: name for name in NAMES}


OTHER = replace(STUDY, study_uid="2.25.9", patient_name="Roe^Rob")


def test_a_result_stays_with_the_study_it_was_drawn_for_though_another_is_at_hand_when_it_comes(
    workflow, runner, scene, tmp_path
):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(prepared())
    own_folder = workflow.folder
    workflow.restore(OTHER, segmented(tmp_path / "of the other"))
    result = segmented(own_folder / "segmentation.nii.gz")
    runner.end(result)
    assert (workflow.study, workflow.state) == (OTHER, PanelState.REVIEW)
    assert scene.shown == []
    assert KeptStudy(workflow.folder).result is None
    assert KeptStudy(own_folder).result == replace(result, sequences={name: name for name in NAMES})
    assert KeptStudy(own_folder).state is StudyState.SEGMENTED


OPERATED = replace(prepared(), operated=True, operated_reason="post op")


def test_a_result_drawn_before_anybody_confirmed_an_operation_asks_for_it(workflow, runner, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(OPERATED)
    assert not runner.jobs[-1].is_postoperative
    runner.end(segmented(tmp_path))
    assert workflow.asks_about_surgery
    assert "'post op'" in workflow.sequences.surgery_question
    workflow.answer_about_surgery(True, RunOptions(device="cpu"))
    assert runner.jobs[-1].is_postoperative
    assert runner.jobs[-1].device == "cpu"
    runner.end(replace(segmented(tmp_path), is_postoperative=True))
    assert not workflow.asks_about_surgery
    workflow.choose_study(CONNECTION, STUDY)
    workflow.open_kept()
    assert workflow.sequences.is_postoperative, "what was confirmed is kept with the result"
    assert not workflow.asks_about_surgery


def test_a_result_that_stands_without_a_cavity_does_not_ask_again(workflow, runner, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(OPERATED)
    runner.end(segmented(tmp_path))
    jobs = len(runner.jobs)
    workflow.answer_about_surgery(False, RunOptions())
    assert not workflow.asks_about_surgery
    assert len(runner.jobs) == jobs
    workflow.choose_study(CONNECTION, STUDY)
    workflow.open_kept()
    assert workflow.state is PanelState.REVIEW
    assert not workflow.asks_about_surgery


def test_regions_that_were_taken_up_do_not_ask_about_an_operation(workflow, runner, tmp_path):
    workflow.choose_study(CONNECTION, STUDY)
    workflow.run(RunOptions())
    runner.end(replace(OPERATED, results=(earlier_result(),)))
    workflow.resume()
    runner.end(segmented(tmp_path))
    assert not workflow.asks_about_surgery
