"""The programs of dcmqi, an implementation of SEG and SR that shares no code with ours."""

from __future__ import annotations

import subprocess
import sys
from importlib.resources import files
from pathlib import Path

from BratsSegmenterLib.errors import ExportError

_TIME_LIMIT_S = 120


def run_dcmqi(program: str, *arguments: str | Path) -> None:
    """Run one program and wait for it.

    Raises
    ------
    ExportError
        It is missing, failed or did not end.
    """
    suffix = ".exe" if sys.platform == "win32" else ""
    command = [str(files("dcmqi") / "bin" / f"{program}{suffix}"), *map(str, arguments)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_TIME_LIMIT_S, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ExportError(
            f"dcmqi's {program}, which checks what is sent, could not be run.", "Install dcmqi again.", repr(error)
        ) from error
    if done.returncode:
        raise ExportError(
            f"dcmqi's {program} could not read the object that was written.",
            "Nothing was sent. Please report this.",
            f"exit code {done.returncode}",
        )
