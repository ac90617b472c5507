"""What the machine gives and what a run took of it."""

from __future__ import annotations

import sys
from pathlib import Path

import psutil

_STATUS = Path("/proc/self/status")


def free_memory_gb() -> float:
    """Memory that programs can have now without any being swapped out, in GB (10^9 bytes)."""
    return psutil.virtual_memory().available / 1e9


def peak_memory_mb() -> float:
    """The largest resident memory this process has had so far, in MB (10^6 bytes)."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    if sys.platform == "darwin":
        import resource

        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    # getrusage would count the process that started this one: its maximum outlives the exec.
    (line,) = (line for line in _STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6
