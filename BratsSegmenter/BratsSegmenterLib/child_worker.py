"""Runs a job in a worker process and waits for it: for programs without an event loop, which must survive the job."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import IO

from BratsSegmenterLib.errors import BratsSegmenterError, Cancelled
from BratsSegmenterLib.job_results import JobResult
from BratsSegmenterLib.jobs import Job
from BratsSegmenterLib.progress import Progress, ProgressEvent
from BratsSegmenterLib.worker import worker_environment, write_job
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure, MessageReader, Outcome

_CANCEL_CHECK_S = 0.2
# The worker ends itself five seconds after it was asked to; only one that hangs is ended from outside.
_GRACE_S = 8.0
_CHUNK = 65536
_LOG_BYTES = 4000


class JobFailedError(BratsSegmenterError):
    """A job ended without a result.

    Attributes
    ----------
    failure : Failure
        As the worker put it, with the class of the error.
    """

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.what, failure.advice, failure.cause)
        self.failure = failure


def run_in_child(job: Job, secrets: Mapping[str, str], progress: Progress) -> JobResult:
    """Do a job in a process of its own and wait for what comes of it.

    Parameters
    ----------
    job : Job
    secrets : mapping of str to str
        They go to the worker's standard input and nowhere else.
    progress : Progress
        Told what the worker reports; when it is cancelled the worker is stopped.

    Raises
    ------
    JobFailedError
        The job failed, or the worker died over it.
    Cancelled
        With nothing half-written left behind.
    """
    with tempfile.TemporaryDirectory(prefix="brats-segmenter-job-") as folder, tempfile.TemporaryFile() as log:
        job_file = Path(folder) / "job.json"
        write_job(job, job_file)
        with _started(job_file, log) as process:
            _send(process, json.dumps(dict(secrets)))
            outcome = _outcome(process, MessageReader(job), progress)
            code = process.wait()
        if outcome is None:
            outcome = _death(code, log)
    if isinstance(outcome, Failure):
        raise JobFailedError(outcome)
    if isinstance(outcome, CancelledByUser):
        raise Cancelled(outcome.what)
    return outcome


@contextmanager
def _started(job_file: Path, log: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """The worker; when the block ends in whatever way, so does the worker."""
    process = subprocess.Popen(
        [sys.executable, "-m", "BratsSegmenterLib.worker", str(job_file)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
        env={**os.environ, **worker_environment(os.environ.get("PYTHONPATH", ""))},
        start_new_session=True,  # Ctrl+C is for this process, which asks the worker to stop
    )
    with process:
        try:
            yield process
        except BaseException:
            _stop(process)
            raise


def _send(process: subprocess.Popen[bytes], line: str) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(line.encode() + b"\n")
        process.stdin.flush()
    except BrokenPipeError:
        return  # it ended already, and its end says why


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ask the worker to stop, and make it stop when it does not."""
    _send(process, "cancel")
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()


def _outcome(process: subprocess.Popen[bytes], reader: MessageReader, progress: Progress) -> Outcome | None:
    """What the worker said last; None when it said nothing final."""
    outcome: Outcome | None = None
    for chunk in _chunks(process, progress):
        for message in reader.feed(chunk):
            if isinstance(message, ProgressEvent):
                progress.relay(message)
            else:
                outcome = message
    return outcome


def _chunks(process: subprocess.Popen[bytes], progress: Progress) -> Iterator[bytes]:
    """The worker's standard output until its end; looks all the while whether it is to be stopped."""
    output = process.stdout
    assert output is not None
    arrived: SimpleQueue[bytes] = SimpleQueue()

    def read() -> None:
        while chunk := os.read(output.fileno(), _CHUNK):
            arrived.put(chunk)
        arrived.put(b"")

    Thread(target=read, daemon=True).start()
    while True:
        progress.raise_if_cancelled()
        try:
            chunk = arrived.get(timeout=_CANCEL_CHECK_S)
        except Empty:
            continue
        if not chunk:
            return
        yield chunk


def _death(code: int, log: IO[bytes]) -> Failure:
    size = log.seek(0, os.SEEK_END)
    log.seek(max(0, size - _LOG_BYTES))
    return Failure(
        "The worker process ended in the middle of its work; most often memory ran out.",
        "Close other programs or choose the CPU, then try again.",
        f"exit code {code}\n{log.read().decode(errors='replace')}",
    )
