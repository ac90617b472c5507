"""Which Python runs the worker process."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def worker_interpreter(slicer_home: str = "") -> str:
    """Slicer's real interpreter, else the one that runs this code.

    Inside Slicer, ``sys.executable`` is PythonSlicer, a launcher: a kill ends the launcher and leaves its child
    running. ``python-real``, on the path of a started Slicer, is the interpreter itself.
    """
    in_slicer = Path(slicer_home, "bin") if slicer_home else None
    return shutil.which("python-real") or shutil.which("python-real", path=in_slicer) or sys.executable
