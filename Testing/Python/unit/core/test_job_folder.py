"""One program works in a study's folder at a time, and what it keeps there is whole."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from refusing_disks import full_disk

from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.errors import ExportError, FolderInUseError
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.study import JobFolder, KeptStudy, ResultRecord, StudyState

_HOLD = """
import sys
from pathlib import Path
from BratsSegmenterLib.study import JobFolder
with JobFolder(Path(sys.argv[1])).held():
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_program_is_told_and_may_go_on_when_the_first_one_ends_in_whatever_way(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _HOLD, str(tmp_path / "study")]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env={"PYTHONPATH": str(module_folder())}
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        with pytest.raises(FolderInUseError, match="works on this study"), JobFolder(tmp_path / "study").held(0.1):
            pytest.fail("two programs hold one folder")
        with JobFolder(tmp_path / "another study").held(0.1):
            other.kill()
    with JobFolder(tmp_path / "study").held(0.1):
        assert (tmp_path / "study").is_dir()


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
@pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o750), (0o002, 0o770), (0o077, 0o700)])
def test_a_folder_that_is_made_is_closed_to_all_but_those_the_umask_lets_in(tmp_path: Path, umask: int, mode: int):
    before = os.umask(umask)
    try:
        with JobFolder(tmp_path / "held").held():
            pass
        KeptStudy(tmp_path / "kept").write_state(StudyState.NEW)
    finally:
        os.umask(before)
    assert [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("held", "kept")] == [mode, mode]


def test_a_folder_is_free_again_when_the_work_has_failed(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="the work"), JobFolder(tmp_path).held():
        raise ValueError("the work failed")
    with JobFolder(tmp_path).held(0):
        assert not list(tmp_path.glob("*.nii.gz"))


def test_a_full_disk_leaves_the_record_of_before_and_nothing_half_written(tmp_path: Path) -> None:
    record = ResultRecord("T1c", {"T1c": "1.2.3"}, Algorithm("glioma-synthetic", "0.1", "ab" * 32), {})
    JobFolder(tmp_path).write_record(record)
    kept = [*tmp_path.iterdir()]
    with full_disk(10), pytest.raises(OSError, match="too large"):
        JobFolder(tmp_path).write_record(ResultRecord("FLAIR", {}, record.algorithm, {}))
    assert JobFolder(tmp_path).record() == record
    assert [*tmp_path.iterdir()] == kept
    JobFolder(tmp_path).forget_record()
    with pytest.raises(ExportError, match="holds no segmentation"):
        JobFolder(tmp_path).record()
