"""Files that are there whole or not at all."""

import os
import stat
from pathlib import Path

import pytest

from BratsSegmenterLib.durable import stamp_of, whole_file, write_atomically


def test_a_block_that_fails_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "result.nii.gz"
    path.write_text("old")
    with pytest.raises(RuntimeError, match="torn"), whole_file(path) as partial:
        partial.write_text("half")
        raise RuntimeError("torn")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_the_temporary_name_keeps_the_ending_for_libraries_that_go_by_it(tmp_path: Path) -> None:
    with whole_file(tmp_path / "new" / "labels.nii.gz") as partial:
        assert partial.name.endswith("labels.nii.gz")
        partial.write_text("whole")
    assert (tmp_path / "new" / "labels.nii.gz").read_text() == "whole"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such permissions")
def test_records_are_for_their_owner_only_and_tables_for_whom_the_umask_lets(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_atomically(tmp_path / "study.json", b"{}")
        write_atomically(tmp_path / "studies.csv", b"", is_private=False)
    finally:
        os.umask(before)
    modes = [stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ("study.json", "studies.csv")]
    assert modes == [0o600, 0o640]


def test_a_file_that_took_the_place_of_one_of_the_same_time_and_size_is_told_from_it(tmp_path: Path) -> None:
    path = tmp_path / "queue.json"
    assert stamp_of(path) is None
    stamps = []
    for content in (b"one", b"two"):
        write_atomically(path, content)
        os.utime(path, (1e9, 1e9))
        stamps.append(stamp_of(path))
    assert stamps[0] != stamps[1]
    assert stamp_of(path) == stamps[1]
