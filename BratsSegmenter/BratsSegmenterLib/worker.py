"""Runs one job in a process of its own, so that Slicer stays free and survives whatever happens here.

``python -m BratsSegmenterLib.worker JOB.json`` reads the job and deletes its file. The first line on standard input is
a JSON object with the secrets (``user``, ``password``, ``token``; may be empty). The job is cancelled by the line
``cancel`` or the end of standard input. Standard output carries JSON lines: ``progress``, then one of ``result`` (exit
code 0), ``error`` (1) or ``cancelled`` (2).
"""

from __future__ import annotations

import json
import logging
import os
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import Any, TextIO

from BratsSegmenterLib.errors import BratsSegmenterError, Cancelled, explaining_disk, explaining_memory
from BratsSegmenterLib.jobs import JOB_KINDS, Job, SendJob
from BratsSegmenterLib.logs import keep_identities_out_of_logs
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.progress import Progress, ProgressEvent
from BratsSegmenterLib.records import from_json, to_json

DONE, FAILED, CANCELLED = 0, 1, 2

_GRACE_S = 5.0
_SMALLEST_INTERVAL_S = 0.1
_LOOK_FIRST = "Look into the PACS before you send again."  # how far a sending came is not known


def main(argv: list[str]) -> int:
    """Run the job of the file `argv[1]` and return the exit code."""
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(levelname)s %(name)s: %(message)s")
    keep_identities_out_of_logs()
    lines, sys.stdout = sys.stdout, sys.stderr  # a library's print must not break the protocol
    job: Job | None = None
    try:
        job = take_job(Path(argv[1]))
        secrets = json.loads(sys.stdin.readline() or "{}")
        cancel = _CancelWatch(sys.stdin)
        result = _run(job, secrets, Progress(_Reporter(lines), cancel.is_set))
    except BratsSegmenterError as error:
        _send(lines, _explained(error))
        return FAILED
    except Cancelled as cancelled:
        _send(lines, {"event": "cancelled", "what": cancelled.what})
        return CANCELLED
    except Exception as error:  # noqa: BLE001 - the border of the process: whatever it is, Slicer must be told
        traceback.print_exc()
        _send(lines, _unexpected(error, job))
        return FAILED
    _send(lines, {"event": "result", **to_json(result)})
    return DONE


def worker_environment(python_path: str) -> dict[str, str]:
    """Environment variables with which a process finds this module and speaks as its parent reads.

    Parameters
    ----------
    python_path : str
        The parent's PYTHONPATH; may be empty.
    """
    inherited = filter(None, [python_path])
    return {"PYTHONPATH": os.pathsep.join([str(module_folder()), *inherited]), "PYTHONIOENCODING": "utf-8"}


def write_job(job: Job, path: Path) -> None:
    """Write the job file that :func:`main` takes; it holds no secrets, but may name the patient."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"job": job.KIND, **to_json(job)}), encoding="utf-8")


def take_job(path: Path) -> Job:
    """The job of a file written by :func:`write_job`; the file is gone then, whatever becomes of its writer."""
    parameters = json.loads(path.read_text(encoding="utf-8"))
    path.unlink()
    return from_json(JOB_KINDS[parameters.pop("job")], parameters)


def _run(job: Job, secrets: dict[str, str], progress: Progress) -> Any:
    from BratsSegmenterLib.archive import Credentials  # torch and pydicom load here, not in Slicer
    from BratsSegmenterLib.performing import perform

    about_memory = explaining_memory(f"Close other programs. {_LOOK_FIRST}") if _sends(job) else explaining_memory()
    with explaining_disk(getattr(job, "folder", None)), about_memory:
        return perform(job, Credentials.from_json(secrets), progress)


def _sends(job: Job | None) -> bool:
    return isinstance(job, SendJob) and job.profile is not None


def _explained(error: BratsSegmenterError) -> dict[str, str]:
    kind = type(error).__name__
    return {"event": "error", "kind": kind, "what": error.what, "advice": error.advice, "cause": error.cause}


def _unexpected(error: Exception, job: Job | None) -> dict[str, str]:
    kind = type(error).__name__
    advice = _LOOK_FIRST if _sends(job) else "Nothing was sent."
    return {
        "event": "error",
        "kind": kind,
        "what": f"Something unexpected happened ({kind}).",
        "advice": f"{advice} Please report it with the log.",
        "cause": kind,
    }


def _send(lines: TextIO, message: dict[str, Any]) -> None:
    lines.write(json.dumps(message) + "\n")
    lines.flush()


class _Reporter:
    """Writes progress lines, at most ten a second within a stage."""

    def __init__(self, lines: TextIO) -> None:
        self._lines = lines
        self._stage = ""
        self._written = 0.0

    def __call__(self, event: ProgressEvent) -> None:
        now = time.monotonic()
        if event.stage == self._stage and event.fraction < 1 and now - self._written < _SMALLEST_INTERVAL_S:
            return
        self._stage, self._written = event.stage, now
        _send(self._lines, {"event": "progress", **to_json(event)})


class _CancelWatch:
    """Watches standard input; when it asks to stop and the work does not within a grace time, ends the process."""

    def __init__(self, source: TextIO) -> None:
        self._asked = threading.Event()
        threading.Thread(target=self._watch, args=(source,), daemon=True).start()

    def is_set(self) -> bool:
        return self._asked.is_set()

    def _watch(self, source: TextIO) -> None:
        for line in source:
            if line.strip() == "cancel":
                break
        self._asked.set()
        time.sleep(_GRACE_S)
        os._exit(CANCELLED)


if __name__ == "__main__":
    sys.exit(main(sys.argv))
