"""An archive with a synthetic patient in a process of its own, as a PACS is."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from BratsSegmenterLib.demo.head import synthetic_head
from BratsSegmenterLib.demo.study import SCANS, write_study
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity
from BratsSegmenterLib.domain import Sequence


@dataclass(frozen=True)
class ServedArchive:
    """Where the archive answers, and what it wants to hear first."""

    url: str
    token: str


@contextmanager
def served_archive(folder: Path) -> Iterator[ServedArchive]:
    """Serve `folder` in a child process until the block ends."""
    command = (sys.executable, "-m", "BratsSegmenterLib.cli", "archive", "serve", "--dir", str(folder))
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            answer = json.loads(process.stdout.readline())
            yield ServedArchive(answer["url"], answer["token"])
        finally:
            process.terminate()


def scan_a_patient(
    folder: Path, identity: StudyIdentity, spacing_mm: float = 1.0, without: Sequence | None = None
) -> list[Path]:
    """The DICOM files of a synthetic patient's study; one sequence may be left out."""
    scans = tuple(scan for scan in SCANS if without is None or scan.protocol != PROTOCOLS[without])
    return write_study(synthetic_head(spacing_mm=spacing_mm), folder, identity, scans)
