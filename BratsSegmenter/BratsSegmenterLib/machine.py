"""What the machine gives and what a run took of it."""

from __future__ import annotations

import sys

import psutil


def peak_memory_mb() -> float:
    """The largest resident memory this process has had so far, in MB (10^6 bytes)."""
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset / 1e6
    import resource

    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6
