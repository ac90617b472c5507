"""Corrections of one study that two windows keep: neither takes away what the other drew."""

import numpy as np
import pytest
from refusing_disks import unanswering

from BratsSegmenterLib.errors import DiskRefusedError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.study import JobFolder, OwnUnsent, holds_unsent, read_unsent
from BratsSegmenterLib.study.unsent import set_aside_unsent, write_unsent

SHAPE = (6, 12, 10)
GEOMETRY = Geometry.from_axes(SHAPE, (1.0, 1.0, 3.0), np.eye(3), np.zeros(3))


def _drawn(label: int) -> np.ndarray:
    labels = np.zeros(SHAPE, np.uint8)
    labels[2:4, 3:9, 3 : 5 + label] = label
    return labels


MODEL, MINE, THEIRS = _drawn(1), _drawn(2), _drawn(3)


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    return JobFolder(tmp_path)


@pytest.fixture
def mine(folder) -> OwnUnsent:
    """Of a window in which a result was opened as the model drew it."""
    return OwnUnsent(folder, MODEL, GEOMETRY)


def _kept(folder: JobFolder) -> np.ndarray:
    return read_unsent(folder, GEOMETRY).labels


def test_what_this_window_kept_makes_way_for_what_it_keeps_next(folder, mine):
    mine.keep(THEIRS, GEOMETRY)
    assert mine.keep(MINE, GEOMETRY) is None
    assert np.array_equal(_kept(folder), MINE)
    assert folder.all_unsent() == (folder.unsent,)
    assert mine.comes_back


@pytest.mark.parametrize("has_kept_before", [False, True])
def test_what_another_window_drew_is_set_aside_and_not_written_over(folder, mine, has_kept_before):
    if has_kept_before:
        mine.keep(MODEL, GEOMETRY)
    write_unsent(THEIRS, GEOMETRY, folder.unsent)
    assert not mine.comes_back
    theirs = folder.unsent.read_bytes()
    set_aside = mine.keep(MINE, GEOMETRY)
    assert set_aside is not None
    assert set_aside.read_bytes() == theirs
    assert np.array_equal(_kept(folder), MINE)


def test_what_is_taken_back_in_one_window_stays_in_the_other(folder, mine):
    mine.keep(MINE, GEOMETRY)
    write_unsent(THEIRS, GEOMETRY, folder.unsent)
    mine.take_back()
    assert np.array_equal(_kept(folder), THEIRS)


def test_what_another_window_drew_does_not_come_before_what_was_sent(folder, mine):
    write_unsent(THEIRS, GEOMETRY, folder.unsent)
    set_aside = mine.settle()
    assert set_aside is not None
    assert folder.all_unsent() == (set_aside,)


def test_corrections_that_the_study_was_opened_with_are_this_window_s(folder):
    write_unsent(MINE, GEOMETRY, folder.unsent)
    mine = OwnUnsent(folder, MINE, GEOMETRY)
    assert mine.keep(THEIRS, GEOMETRY) is None
    mine.take_back()
    assert folder.all_unsent() == ()


def test_what_was_taken_up_from_the_disk_is_not_set_aside(folder, mine):
    write_unsent(MINE, GEOMETRY, folder.unsent)
    assert mine.keep(MINE, GEOMETRY) is None
    assert folder.all_unsent() == (folder.unsent,)


def _replace_result(folder: JobFolder) -> None:
    """As a worker does, whichever window or router it works for."""
    set_aside_unsent(folder)
    folder.segmentation.write_bytes(b"another result")


def test_what_no_file_holds_is_written_when_it_is_left(folder, mine):
    mine.keep(MINE, GEOMETRY)
    folder.unsent.unlink()
    mine.keep_as_left(MINE, GEOMETRY)
    assert np.array_equal(_kept(folder), MINE)
    assert mine.comes_back


def test_what_is_left_does_not_come_before_what_another_window_drew(folder, mine):
    write_unsent(THEIRS, GEOMETRY, folder.unsent)
    mine.keep_as_left(MINE, GEOMETRY)
    assert np.array_equal(_kept(folder), THEIRS)
    assert holds_unsent(folder, MINE, GEOMETRY)
    assert not mine.comes_back


def test_corrections_of_a_result_that_was_replaced_are_not_kept_for_the_new_one(folder, mine):
    mine.keep(MINE, GEOMETRY)
    _replace_result(folder)
    set_aside = folder.all_unsent()
    mine.keep_as_left(MINE, GEOMETRY)
    assert folder.all_unsent() == set_aside
    assert not mine.comes_back
    for drawn in (_drawn(4), _drawn(5)):
        assert mine.keep(drawn, GEOMETRY) is None
    write_unsent(THEIRS, GEOMETRY, folder.unsent)
    mine.keep(_drawn(4), GEOMETRY)
    assert np.array_equal(_kept(folder), THEIRS)
    assert holds_unsent(folder, _drawn(4), GEOMETRY)
    assert len(folder.all_unsent()) == 3, "each edit takes the place of the one before it"


@pytest.mark.parametrize(
    "change",
    [
        lambda mine: mine.keep(THEIRS, GEOMETRY),
        lambda mine: mine.keep_as_left(THEIRS, GEOMETRY),
        lambda mine: mine.take_back(),
        lambda mine: mine.settle(),
    ],
    ids=["keep", "keep as left", "take back", "settle"],
)
def test_a_share_that_does_not_answer_is_a_refusal_and_what_was_kept_there_stays(folder, mine, change):
    mine.keep(MINE, GEOMETRY)
    with unanswering(folder.path), pytest.raises(DiskRefusedError, match=r"unsent\.nii\.gz could not be written"):
        change(mine)
    assert np.array_equal(_kept(folder), MINE)
    assert mine.comes_back


def test_nothing_has_to_be_taken_back_on_a_share_that_does_not_answer_where_nothing_was_kept(folder, mine):
    with unanswering(folder.path):
        mine.take_back()
        assert not mine.comes_back
