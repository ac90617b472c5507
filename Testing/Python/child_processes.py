"""The processes that a panel under test started."""

from __future__ import annotations

import psutil

_ARCHIVE = "Orthanc"


def started_processes() -> list[psutil.Process]:
    """Living children of this process, however deep, without the Orthanc that all tests share."""
    return [
        child
        for child in psutil.Process().children(recursive=True)
        if child.status() != psutil.STATUS_ZOMBIE and child.name() != _ARCHIVE
    ]
