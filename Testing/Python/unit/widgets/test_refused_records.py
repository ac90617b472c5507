"""A disk that refuses a record, a result that made way for none, a sending that is cut off: said, and the panel rests.

A folder is in the way of a file where the disk is to refuse that one alone.
"""

from pathlib import Path

import pytest
from refusing_disks import full_disk
from scripted_results import segmented
from scripted_runner import ScriptedRunner

from BratsSegmenterLib.archive import Credentials, Profile, StudySummary
from BratsSegmenterLib.job_results import PrepareResult, SendResult
from BratsSegmenterLib.study import JobFolder, KeptStudy, StudyState
from BratsSegmenterLib.widgets.choices import Connection, RunOptions, SendRequest
from BratsSegmenterLib.widgets.outcomes import refusal_of
from BratsSegmenterLib.widgets.state import PanelState
from BratsSegmenterLib.widgets.workflow import Workflow
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure

CONNECTION = Connection(Profile("Ward 3", "https://pacs.example"), Credentials())
STUDY = StudySummary("2.25.1", "Doe^Jane", "P1", "A1", "20260102", "MR head", ("MR",), 4, 100)
OTHER = StudySummary("2.25.9", "Roe^Rob", "P2", "A2", "20260103", "MR head", ("MR",), 4, 100)


@pytest.fixture
def workflow(runner, scene, tmp_path) -> Workflow:
    workflow = Workflow(runner, scene, tmp_path / "studies", tmp_path / "ledger", lambda _model: None)
    workflow.choose_study(CONNECTION, STUDY)
    return workflow


@pytest.fixture
def reviewed(workflow, runner, tmp_path) -> Workflow:
    workflow.resume()
    runner.end(segmented(tmp_path))
    assert workflow.state is PanelState.REVIEW
    return workflow


@pytest.fixture
def failures(workflow) -> list[Failure]:
    said: list[Failure] = []
    workflow.failed.connect(said.append)
    return said


def _refuse(workflow: Workflow, name: str) -> None:
    path = workflow.folder / name
    path.unlink(missing_ok=True)
    path.mkdir(parents=True)


def _send(workflow: Workflow, runner: ScriptedRunner) -> list[SendResult]:
    receipts = []
    workflow.sent.connect(receipts.append)
    workflow.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    runner.end(SendResult((), ("2.25.7",), None, version=1))
    return receipts


@pytest.mark.parametrize("name", ["sent.nii.gz", "sent.json", "state.json"])
def test_what_was_sent_is_sent_though_this_computer_cannot_note_it(reviewed, runner, name):
    _refuse(reviewed, name)
    receipts = _send(reviewed, runner)
    assert reviewed.state is PanelState.SENT
    assert reviewed.next_version == 2
    assert receipts[0].notes == (
        "It is in the archive, but this computer could not note that. "
        f"{reviewed.folder} cannot be written to: Is a directory. Check the free space and your rights there, or choose"
        " another folder.",
    )


def test_an_edit_that_cannot_be_noted_is_said_and_noted_with_the_next(reviewed, scene, failures):
    scene.draw()
    with full_disk(10):
        reviewed.mark_edited()
    assert [failure.what for failure in failures] == [f"{reviewed.folder} cannot be written to: File too large."]
    reviewed.mark_edited()
    assert KeptStudy(reviewed.folder).state is StudyState.CORRECTED


def test_a_result_that_cannot_be_noted_is_shown_and_says_so(workflow, runner, scene, tmp_path):
    _refuse(workflow, "result.json")
    workflow.resume()
    runner.end(segmented(tmp_path))
    assert workflow.state is PanelState.REVIEW
    (shown,) = scene.shown
    assert shown.warnings[-1].startswith("This computer could not note the result")
    assert f"{workflow.folder} cannot be written to" in shown.warnings[-1]


def test_a_study_whose_recognised_sequences_cannot_be_noted_is_not_segmented(workflow, runner, failures):
    _refuse(workflow, "prepared.json")
    workflow.run(RunOptions())
    runner.end(PrepareResult((), {}, (), ()))
    assert workflow.state is PanelState.STUDY_CHOSEN
    assert len(runner.jobs) == 1
    assert [failure.what for failure in failures] == [f"{workflow.folder} cannot be written to: Is a directory."]


def test_a_result_of_another_study_that_cannot_be_noted_leaves_no_panel_that_is_busy(
    workflow, runner, failures, tmp_path
):
    workflow.resume()
    own_folder = workflow.folder
    _refuse(workflow, "result.json")
    workflow.restore(OTHER, segmented(tmp_path))
    runner.end(segmented(tmp_path))
    assert (workflow.study, workflow.state) == (OTHER, PanelState.REVIEW)
    assert [failure.what for failure in failures] == [f"{own_folder} cannot be written to: Is a directory."]


@pytest.mark.parametrize("outcome", [CancelledByUser(), Failure("segmentation.nii.gz could not be written.")])
def test_a_result_that_made_way_for_one_that_did_not_come_is_left_and_its_corrections_are_named(
    reviewed, runner, scene, failures, outcome
):
    said = []
    reviewed.noted.connect(said.append)
    reviewed.resume()
    KeptStudy(reviewed.folder).forget_result()  # as the worker does when it begins to write
    corrections = JobFolder(reviewed.folder).path / "unsent-20260503-120000.nii.gz"
    corrections.touch()
    runner.end(outcome)
    assert reviewed.result is None
    assert reviewed.state is PanelState.STUDY_CHOSEN
    assert not scene.is_in_view, "its name and volumes may be another's in what would be sent"
    (sentence,) = said or [failure.sentence for failure in failures]
    assert "had made way for another one" in sentence
    assert str(corrections) in sentence


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_result_whose_files_did_not_make_way_stays_under_review(reviewed, runner, is_kept):
    """Of a scene that was loaded nothing may be kept from the beginning."""
    if not is_kept:
        KeptStudy(reviewed.folder).forget_result()
    reviewed.resume()
    runner.end(CancelledByUser())
    assert reviewed.state is PanelState.REVIEW


def test_a_sending_that_a_closed_scene_cuts_off_is_told_to_who_closes_it(reviewed):
    reviewed.send(SendRequest(None, ("RTSTRUCT",)))
    assert reviewed.forget_study() == "", "a dry run stores nothing"
    reviewed.choose_study(CONNECTION, STUDY)
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    assert "Whether a part of it is in the archive is not known" in reviewed.forget_study()
    assert reviewed.state is PanelState.NO_STUDY


def test_what_was_sent_and_is_gone_before_it_is_noted_is_named_not_the_disk(reviewed, runner):
    reviewed.send(SendRequest(CONNECTION, ("RTSTRUCT",)))
    labels = runner.jobs[-1].labels
    labels.unlink()
    receipts = []
    reviewed.sent.connect(receipts.append)
    runner.end(SendResult((), ("2.25.7",), None, version=1))
    assert f"{labels.name}, which was to be kept in {reviewed.folder}, was removed meanwhile." in receipts[0].notes[0]


def test_a_place_that_is_gone_is_not_told_as_a_file_that_was_removed():
    folder = Path("/proc/gone/0123")  # as on Windows a drive that is not connected: no folder can be made there
    failure = refusal_of(lambda: KeptStudy(folder).write_state(StudyState.SENT), folder)
    assert failure is not None
    assert failure.what == f"{folder} cannot be written to: No such file or directory."
    assert failure.advice
