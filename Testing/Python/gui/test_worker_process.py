"""The worker under a QProcess: what it says, how it ends, and what is left of it."""

import os
import sys
import time

import pytest
import qt
from child_processes import started_processes
from host.driver import wait_until
from host.fixtures import replay_command
from host.replay_worker import Behaviour
from host.slicer_app import application

from BratsSegmenterLib.archive import Profile, StudyQuery
from BratsSegmenterLib.job_results import SearchResult
from BratsSegmenterLib.jobs import SearchJob, SendJob
from BratsSegmenterLib.widgets.process import WorkerProcess
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure

JOB = SearchJob(Profile("p", "https://pacs.example"), StudyQuery())


@pytest.fixture(autouse=True)
def event_loop():
    """Processes need an application."""
    return application()


def _run(worker: WorkerProcess, secrets: dict[str, str] | None = None) -> list:
    outcomes = []
    worker.ended.connect(outcomes.append)
    worker.start(JOB, secrets or {})
    return outcomes


def _processes() -> list:
    """What Qt keeps for the application."""
    return application().findChildren(qt.QProcess)


def _turn_the_event_loop() -> None:
    time.sleep(0.05)
    application().processEvents()
    application().sendPostedEvents(None, qt.QEvent.Type.DeferredDelete)  # a turn of exec() does this too


def test_a_job_brings_progress_and_then_its_result():
    worker = WorkerProcess(replay_command(Behaviour.WORKS))
    events = []
    worker.progressed.connect(events.append)
    outcomes = _run(worker)
    wait_until(lambda: not worker.is_running)
    assert [event.stage for event in events] == ["search"]
    assert isinstance(outcomes[0], SearchResult)
    assert len(outcomes) == 1


def test_a_handler_may_start_the_next_job():
    worker = WorkerProcess(replay_command(Behaviour.WORKS))
    outcomes = []

    def go_on(outcome):
        outcomes.append(outcome)
        if len(outcomes) < 3:
            worker.start(JOB, {})

    worker.ended.connect(go_on)
    worker.start(JOB, {})
    wait_until(lambda: len(outcomes) == 3)


def test_two_jobs_at_once_are_refused():
    worker = WorkerProcess(replay_command(Behaviour.WAITS_FOR_CANCEL))
    _run(worker)
    with pytest.raises(RuntimeError):
        worker.start(JOB, {})
    worker.shut_down()


def test_a_worker_that_stops_when_asked_is_a_cancellation():
    worker = WorkerProcess(replay_command(Behaviour.WAITS_FOR_CANCEL))
    outcomes = _run(worker)
    worker.progressed.connect(lambda event: worker.cancel())
    wait_until(lambda: bool(outcomes))
    assert outcomes == [CancelledByUser()]


def test_a_worker_that_hangs_is_ended_after_a_grace_time():
    worker = WorkerProcess(replay_command(Behaviour.HANGS), grace_ms=100)
    outcomes = _run(worker)
    worker.progressed.connect(lambda event: worker.cancel())
    wait_until(lambda: bool(outcomes))
    assert outcomes == [CancelledByUser()]
    assert started_processes() == []


def test_a_worker_that_hangs_in_a_sending_does_not_say_that_nothing_was_sent(tmp_path):
    worker = WorkerProcess(replay_command(Behaviour.HANGS), grace_ms=100)
    outcomes = []
    worker.ended.connect(outcomes.append)
    worker.start(
        SendJob(tmp_path, tmp_path / "seg.nii.gz", edited=False, profile=Profile("Ward 3", "http://127.0.0.1:1")), {}
    )
    worker.progressed.connect(lambda event: worker.cancel())
    wait_until(lambda: bool(outcomes))
    assert "Whether a part of it is in the archive is not known" in outcomes[0].what


def test_a_killed_worker_is_a_sentence_and_the_next_job_runs():
    worker = WorkerProcess(replay_command(Behaviour.DIES))
    outcomes = _run(worker)
    wait_until(lambda: bool(outcomes))
    assert isinstance(outcomes[0], Failure)
    assert "ended in the middle" in outcomes[0].what
    assert not worker.is_running


def test_a_worker_that_cannot_be_started_is_a_sentence():
    worker = WorkerProcess(("/nowhere/python-real",))
    outcomes = _run(worker)
    wait_until(lambda: bool(outcomes))
    assert "could not be started" in outcomes[0].what


def test_a_worker_whose_start_fails_at_once_is_the_same_sentence_after_the_start():
    worker = WorkerProcess(("",))
    outcomes = _run(worker)
    assert outcomes == []
    wait_until(lambda: bool(outcomes))
    assert "could not be started" in outcomes[0].what
    assert not worker.is_running


def test_a_worker_that_is_shut_down_before_its_failed_start_was_told_says_nothing():
    worker = WorkerProcess(("",))
    outcomes = _run(worker)
    worker.shut_down()
    _turn_the_event_loop()
    assert outcomes == []


def test_a_process_outlives_its_own_signal_and_no_more():
    _turn_the_event_loop()  # what earlier tests used goes
    worker = WorkerProcess(replay_command(Behaviour.WORKS))
    at_the_end = []
    worker.ended.connect(lambda _outcome: at_the_end.extend(_processes()))
    worker.start(JOB, {})
    wait_until(lambda: not worker.is_running)
    assert len(at_the_end) == 1
    _turn_the_event_loop()
    assert _processes() == []


def test_the_log_of_a_crash_is_kept_as_its_cause():
    worker = WorkerProcess((sys.executable, "-c", "import sys; sys.exit('CUDA error: out of memory')"))
    outcomes = _run(worker)
    wait_until(lambda: bool(outcomes))
    assert "CUDA error: out of memory" in outcomes[0].cause


def test_secrets_are_written_to_standard_input_and_nowhere_else(tmp_path):
    script = (
        "import sys, json, os, pathlib\n"
        "secrets = sys.stdin.readline()\n"
        "elsewhere = pathlib.Path(sys.argv[1]).read_text() + repr(sys.argv) + repr(dict(os.environ))\n"
        "fields = {'what': secrets, 'advice': str('topsecret' in elsewhere), 'cause': ''}\n"
        "print(json.dumps({'event': 'error', **fields}))\n"
    )
    worker = WorkerProcess((sys.executable, "-c", script))
    outcomes = _run(worker, {"password": "topsecret"})
    wait_until(lambda: bool(outcomes))
    assert "topsecret" in outcomes[0].what
    assert outcomes[0].advice == "False"


def test_the_worker_finds_the_library_of_this_module(tmp_path):
    script = "import BratsSegmenterLib, sys; sys.exit(BratsSegmenterLib.__file__)"
    worker = WorkerProcess((sys.executable, "-c", script))
    outcomes = _run(worker)
    wait_until(lambda: bool(outcomes))
    assert os.path.join("BratsSegmenter", "BratsSegmenterLib") in outcomes[0].cause


def test_shutting_down_ends_the_worker_at_once_and_says_nothing():
    worker = WorkerProcess(replay_command(Behaviour.HANGS))
    outcomes = _run(worker)
    started = []
    worker.progressed.connect(started.append)
    wait_until(lambda: bool(started))
    worker.shut_down()
    assert started_processes() == []
    _turn_the_event_loop()
    assert outcomes == []
    assert _processes() == []
