"""Reading the worker's JSON lines."""

import json
import subprocess
import sys

import pytest

from BratsSegmenterLib.archive import Profile, StudyChangedError, StudyQuery, TemporaryArchiveError
from BratsSegmenterLib.dicom import GapError
from BratsSegmenterLib.job_results import SearchResult
from BratsSegmenterLib.jobs import JOB_KINDS, SearchJob
from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.interpreter import worker_interpreter
from BratsSegmenterLib.worker_messages import RESULT_OF, CancelledByUser, Failure, MessageReader

JOB = SearchJob(Profile("p", "https://pacs.example"), StudyQuery())


def _line(**fields) -> bytes:
    return json.dumps(fields).encode() + b"\n"


def test_of_every_job_it_is_known_what_its_result_is():
    assert set(RESULT_OF) == set(JOB_KINDS.values())


def test_messages_are_read_however_the_bytes_are_cut():
    data = _line(event="progress", stage="größe", fraction=0.5, message="") + _line(event="result", studies=[])
    for cut in range(len(data)):
        reader = MessageReader(JOB)
        messages = [*reader.feed(data[:cut]), *reader.feed(data[cut:])]
        assert messages == [ProgressEvent("größe", 0.5), SearchResult(())]


def test_an_error_keeps_its_sentence_its_advice_and_its_cause():
    (message,) = MessageReader(JOB).feed(_line(event="error", what="No.", advice="Try again.", cause="HTTP 500"))
    assert message == Failure("No.", "Try again.", "HTTP 500")
    assert message.sentence == "No. Try again."


def test_missing_slices_are_told_from_every_other_failure():
    (gap,) = MessageReader(JOB).feed(_line(event="error", kind="GapError", what="Slice 7 is missing."))
    (other,) = MessageReader(JOB).feed(_line(event="error", kind="SeriesError", what="No."))
    assert gap.is_gap
    assert not other.is_gap


def test_the_failures_that_a_window_answers_are_those_of_the_classes_that_say_so():
    assert Failure.of(GapError("Slice 7 is missing.")).is_gap
    assert Failure.of(StudyChangedError("Another image.")).is_of_a_changed_study
    assert Failure.of(TemporaryArchiveError("Busy.")).is_archive_out_of_reach


def test_a_cancellation_is_no_failure():
    assert list(MessageReader(JOB).feed(_line(event="cancelled"))) == [CancelledByUser()]
    (told,) = MessageReader(JOB).feed(_line(event="cancelled", what="A part of it is in the PACS."))
    assert told == CancelledByUser("A part of it is in the PACS.")


@pytest.mark.parametrize("line", [b"Traceback\n", b"[1, 2]\n", b'{"no": "event"}\n', b"\xff\n"])
def test_a_line_that_is_no_message_is_passed_over_and_logged(line, caplog):
    assert list(MessageReader(JOB).feed(line)) == []
    assert "no message" in caplog.text


def test_the_worker_runs_in_the_real_python_of_slicer_not_in_its_launcher(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    python_real = tmp_path / "bin" / "python-real"
    python_real.write_text("#!/bin/sh\n")
    python_real.chmod(0o755)
    monkeypatch.setenv("PATH", "/nowhere")
    assert worker_interpreter(str(tmp_path)) == str(python_real)
    assert worker_interpreter("") == sys.executable


def test_slicers_side_of_the_worker_loads_no_network_and_no_tensor_library():
    code = (
        "import sys, BratsSegmenterLib.widgets.workflow, BratsSegmenterLib.worker_messages\n"
        "from BratsSegmenterLib.segmentation import available_bundles\n"
        "print([name for name in ('torch', 'monai', 'highdicom', 'qt', 'slicer') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
