"""The worker process: what it says, how it stops, what it leaves behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import SimpleITK as sitk
from archives import RunningArchive
from model_samples import threshold_bundle
from small_studies import small_study

from BratsSegmenterLib.archive import Profile, StudyQuery
from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.jobs import (
    Job,
    PrepareJob,
    SearchJob,
    SegmentJob,
    SendJob,
)
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.worker import CANCELLED, DONE, FAILED, write_job

_ALL_STEPS = PreprocessingSteps()
_FAST = PreprocessingSteps(registration=False, bias_correction=False, brain_mask=False)


class _Workers:
    """Starts workers; those that still run at the end are killed, and their pipes closed."""

    def __init__(self) -> None:
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, job: Job, folder: Path, secrets: dict[str, str] | None = None) -> subprocess.Popen[str]:
        write_job(job, folder / "job.json")
        process = subprocess.Popen(
            [sys.executable, "-m", "BratsSegmenterLib.worker", str(folder / "job.json")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": str(module_folder())},
        )
        self._processes.append(process)
        assert process.stdin is not None
        process.stdin.write(json.dumps(secrets or {}) + "\n")
        process.stdin.flush()
        return process

    def segment(
        self,
        study: Path,
        folder: Path,
        steps: PreprocessingSteps = _ALL_STEPS,
        bundle: str = "glioma-synthetic",
    ) -> subprocess.Popen[str]:
        """Prepare the study, then start its segmentation."""
        prepare = self.start(PrepareJob(folder / "work", files=study), folder)
        *_, prepared = _messages(prepare)
        assert prepare.wait() == DONE, prepared
        keys = {role: choice["key"] for role, choice in prepared["sequences"].items()}
        return self.start(SegmentJob(folder / "work", keys, bundle, "cpu", steps), folder)

    def close(self) -> None:
        for process in self._processes:
            with process:
                process.kill()


@pytest.fixture
def workers() -> Iterator[_Workers]:
    with closing(_Workers()) as started:
        yield started


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the files of all sequences."""
    folder = tmp_path_factory.mktemp("study")
    small_study(folder, "20260301", *Sequence)
    return folder


def _messages(process: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    assert process.stdout is not None
    return map(json.loads, process.stdout)


def _wait_for_stage(process: subprocess.Popen[str], stage: str) -> None:
    message = {}
    for message in _messages(process):
        if message["event"] == "progress" and message["stage"] == stage:
            return
    pytest.fail(f"the worker never reached the stage '{stage}': {message}")


def test_a_job_ends_with_one_result_line(embedded_archive: RunningArchive, tmp_path: Path, workers: _Workers) -> None:
    job = SearchJob(embedded_archive.profile, StudyQuery())
    process = workers.start(job, tmp_path, embedded_archive.credentials.to_json())
    messages = list(_messages(process))
    assert process.wait() == DONE
    assert [m["event"] for m in messages].count("result") == 1
    assert messages[-1]["studies"] == []


def test_a_job_s_file_may_name_a_patient_and_is_gone_when_worker_and_parent_are_killed(
    study: Path, tmp_path: Path, workers: _Workers
) -> None:
    process = workers.segment(study, tmp_path, _FAST)
    _wait_for_stage(process, "load")
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (tmp_path / "job.json").exists()


def test_a_wrong_token_is_one_plain_sentence_and_not_in_the_log(
    embedded_archive: RunningArchive, tmp_path: Path, workers: _Workers
) -> None:
    job = SearchJob(embedded_archive.profile, StudyQuery(patient_name="DOE*"))
    process = workers.start(job, tmp_path, {"token": "wrong-token"})
    messages = list(_messages(process))
    assert process.wait() == FAILED
    assert process.stderr is not None
    log = process.stderr.read()
    assert messages[-1]["event"] == "error"
    assert "401" in messages[-1]["what"]
    assert messages[-1]["advice"]
    assert "wrong-token" not in log + json.dumps(messages)
    assert "DOE" not in log


@pytest.mark.parametrize(
    ("profile", "advice"),
    [
        (Profile("PACS", "https://pacs.example"), "Look into the PACS before you send again."),
        (None, "Nothing was sent."),
    ],
)
def test_what_nobody_foresaw_in_a_sending_does_not_claim_that_nothing_was_sent(
    tmp_path: Path, workers: _Workers, profile: Profile | None, advice: str
) -> None:
    work = JobFolder(tmp_path / "work")
    work.path.mkdir()
    (work.path / "segmentation.json").write_text('"of a program to come"')
    job = SendJob(work.path, work.segmentation, edited=False, profile=profile)
    *_, said = _messages(workers.start(job, tmp_path))
    assert said["what"].startswith("Something unexpected happened")
    assert said["advice"] == f"{advice} Please report it with the log."


@pytest.mark.parametrize("way", ["line", "closed input"])
def test_a_cancelled_segmentation_stops_and_leaves_no_result(
    study: Path, tmp_path: Path, workers: _Workers, way: str
) -> None:
    process = workers.segment(study, tmp_path)
    _wait_for_stage(process, "registration")
    assert process.stdin is not None
    if way == "line":
        process.stdin.write("cancel\n")
        process.stdin.flush()
    else:
        process.stdin.close()
    assert process.wait(timeout=30) == CANCELLED
    assert not (tmp_path / "work" / "segmentation.nii.gz").exists()


@pytest.mark.parametrize("stage", ["load", "segment", "write"])
def test_a_killed_worker_leaves_nothing_half_written_and_the_next_one_succeeds(
    study: Path, tmp_path: Path, workers: _Workers, stage: str
) -> None:
    bundle = str(threshold_bundle(tmp_path / "bundle").folder)
    process = workers.segment(study, tmp_path, _FAST, bundle)
    _wait_for_stage(process, stage)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    for pattern in ("[!.]*.nii.gz", "[!.]*.mha"):
        for image in (tmp_path / "work").rglob(pattern):
            sitk.ReadImage(str(image))
    drawn = b"corrections of the earlier result"
    JobFolder(tmp_path / "work").unsent.write_bytes(drawn)
    JobFolder(tmp_path / "work").sent.write_bytes(b"what was sent of the earlier result")
    again = workers.segment(study, tmp_path, _FAST, bundle)
    messages = list(_messages(again))
    assert again.wait() == DONE, messages[-1]
    assert Path(messages[-1]["labels"]).exists()
    assert not JobFolder(tmp_path / "work").unsent.exists()
    assert not JobFolder(tmp_path / "work").sent.exists()
    assert [file.read_bytes() for file in JobFolder(tmp_path / "work").all_unsent()] == [drawn]
    assert "they are kept in" in messages[-1]["warnings"][-1]
