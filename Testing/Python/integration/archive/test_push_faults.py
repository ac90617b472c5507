"""The fault run of the benchmark, small."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from benchmarks.push_faults import KillableArchive, KillableEmbedded, KillableOrthanc, run


@pytest.mark.parametrize("kind", [KillableEmbedded, KillableOrthanc])
def test_pushes_through_faults_and_deaths_arrive_once_and_unchanged(
    kind: type[KillableArchive], tmp_path: Path
) -> None:
    if kind is KillableOrthanc and shutil.which("Orthanc") is None:
        pytest.skip("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb")

    score = run(kind(tmp_path / "archive"), tmp_path / "client", pushes=10, seed=5)

    assert score.is_perfect, score
    assert score.faults["kill -9 of the client"]
    assert score.faults["kill -9 of the server"]
