"""Runs one job at a time in a child process, without ever blocking Slicer's event loop."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import qt
import slicer
from slicer.i18n import tr as _

from BratsSegmenterLib.jobs import Job, SendJob
from BratsSegmenterLib.widgets.runner import STOPPED_SENDING
from BratsSegmenterLib.widgets.signal import Signal
from BratsSegmenterLib.worker import worker_environment, write_job
from BratsSegmenterLib.worker_messages import CancelledByUser, Failure, MessageReader, Outcome

# The worker ends itself five seconds after it was asked to; only one that hangs is ended from outside.
_GRACE_MS = 6000
_KILL_AFTER_MS = 2000
_LOG_BYTES = 4000
_TRY_AGAIN = _("Close other programs or choose the CPU, then try again; nothing was sent.")
_SEND_AGAIN = _("Send again: what had arrived in the archive by then is recognised, nothing is stored twice.")


class WorkerProcess:
    """The worker under a QProcess.

    Parameters
    ----------
    command : sequence of str
        Program and arguments in front of the job file's name; `worker_command` of this module.
    grace_ms : int
        How long a cancelled worker may take to end by itself.

    Attributes
    ----------
    progressed : Signal
        Emitted with each ProgressEvent.
    ended : Signal
        Emitted once a job with its Outcome, never within :meth:`start`; a handler may start the next job.
    """

    def __init__(self, command: Sequence[str], grace_ms: int = _GRACE_MS) -> None:
        self.progressed = Signal()
        self.ended = Signal()
        self._command = list(command)
        self._grace_ms = grace_ms
        self._process: Any = None
        self._outcome: Outcome | None = None
        self._cancel_asked = self._terminated = False
        self._patience = qt.QTimer()
        self._patience.setSingleShot(True)
        self._patience.timeout.connect(self._lose_patience)

    @property
    def is_running(self) -> bool:
        """Whether a job runs."""
        return self._process is not None

    def start(self, job: Job, secrets: Mapping[str, str]) -> None:
        """Start the worker on `job`; the secrets go to its standard input and nowhere else.

        Raises
        ------
        RuntimeError
            A job is running already.
        """
        if self._process is not None:
            raise RuntimeError("one job at a time: the one before is still running")
        self._reader, self._outcome, self._log = MessageReader(job), None, b""
        self._advice = _SEND_AGAIN if isinstance(job, SendJob) else _TRY_AGAIN
        self._is_sending = isinstance(job, SendJob) and job.profile is not None
        self._cancel_asked = self._terminated = False
        self._folder = tempfile.TemporaryDirectory(prefix="brats-segmenter-job-")
        job_file = Path(self._folder.name) / "job.json"
        write_job(job, job_file)
        self._process = self._new_process()
        self._process.start(self._command[0], [*self._command[1:], str(job_file)])
        self._process.write(json.dumps(dict(secrets)).encode() + b"\n")

    def cancel(self) -> None:
        """Ask the worker to stop, and make it stop when it does not."""
        if self._process is not None and not self._cancel_asked:
            self._cancel_asked = True
            self._process.write(b"cancel\n")
            self._process.closeWriteChannel()
            self._patience.start(self._grace_ms)

    def shut_down(self) -> None:
        """End the worker now, for a Slicer that closes; nothing is emitted any more."""
        if self._process is None:
            return
        process, self._process = self._process, None
        self._patience.stop()
        process.closeWriteChannel()
        process.kill()
        process.waitForFinished(1000)
        process.deleteLater()
        self._folder.cleanup()

    def _new_process(self) -> qt.QProcess:
        # PythonQt deletes an object without a parent as soon as Python drops its last name, whatever deleteLater was
        # told: this one within its own signal, after which Qt still works with it. One with a parent is left to Qt.
        process = qt.QProcess(slicer.app)
        environment = qt.QProcessEnvironment.systemEnvironment()
        for name, value in worker_environment(environment.value("PYTHONPATH")).items():
            environment.insert(name, value)
        process.setProcessEnvironment(environment)
        process.readyReadStandardOutput.connect(self._read_messages)
        process.readyReadStandardError.connect(self._read_log)
        process.errorOccurred.connect(self._on_error)
        process.finished.connect(self._on_finished)
        return process

    def _read_messages(self) -> None:
        if self._process is None:
            return
        for message in self._reader.feed(self._process.readAllStandardOutput().data()):
            if isinstance(message, Outcome):
                self._outcome = message
            else:
                self.progressed.emit(message)

    def _read_log(self) -> None:
        if self._process is not None:
            self._log = (self._log + self._process.readAllStandardError().data())[-_LOG_BYTES:]

    def _on_error(self, error: qt.QProcess.ProcessError) -> None:
        if self._process is not None and error == qt.QProcess.FailedToStart:
            # On Windows Qt says so while start() still runs, and whoever called it is not ready to be told.
            process = self._process
            qt.QTimer.singleShot(0, lambda: self._end_unstarted(process))

    def _end_unstarted(self, process: qt.QProcess) -> None:
        if process is self._process:  # nobody shut down meanwhile
            what, advice = _("The worker process could not be started."), _("Reinstall the extension.")
            self._end(Failure(what, advice, self._command[0]))

    def _on_finished(self) -> None:
        if self._process is None:
            return
        self._read_messages()
        self._read_log()
        self._end(self._outcome or self._outcome_of_a_silent_end())

    def _outcome_of_a_silent_end(self) -> Outcome:
        if self._cancel_asked:
            return CancelledByUser(STOPPED_SENDING if self._is_sending else "")
        return Failure(
            _("The worker process ended in the middle of its work; most often memory ran out."),
            self._advice,
            f"exit code {self._process.exitCode()}\n{self._log.decode(errors='replace')}",
        )

    def _end(self, outcome: Outcome) -> None:
        self._patience.stop()
        self._process.deleteLater()
        self._process = None
        self._folder.cleanup()
        self.ended.emit(outcome)

    def _lose_patience(self) -> None:
        if self._terminated:
            self._process.kill()
            return
        self._terminated = True
        self._process.terminate()
        self._patience.start(_KILL_AFTER_MS)


def worker_command(interpreter: str) -> tuple[str, ...]:
    """Program and arguments of the worker, in front of the job file's name."""
    return interpreter, "-m", "BratsSegmenterLib.worker"
