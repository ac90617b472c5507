"""What was sent, found again in its folder."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.study import JobFolder, KeptStudy, StudyState, read_sent

GRID = Geometry.from_axes((5, 8, 6), (0.9, 0.9, 3.0), np.eye(3), np.array([-40.0, 12.5, 33.0]))
LABELS = np.arange(5 * 8 * 6, dtype=np.uint8).reshape(5, 8, 6) % 4


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    """A result that was exported and is about to be sent."""
    folder = JobFolder(tmp_path)
    write_image(GRID.image(LABELS), folder.corrected)
    return folder


def _send(folder: JobFolder) -> None:
    KeptStudy(folder.path).write_sent(2, folder.corrected)


def test_what_was_sent_comes_back_voxel_by_voxel_with_its_time(folder):
    _send(folder)
    sent = read_sent(folder, GRID)
    assert np.array_equal(sent.labels, LABELS)
    assert abs(sent.sent_at - datetime.now().astimezone()) < timedelta(minutes=1)
    assert KeptStudy(folder.path).sent.version == 2


def test_what_was_only_rehearsed_is_not_what_was_sent(folder):
    assert read_sent(folder, GRID) is None
    _send(folder)
    write_image(GRID.image(np.zeros_like(LABELS)), folder.corrected)
    assert np.array_equal(read_sent(folder, GRID).labels, LABELS)


def test_a_crash_right_after_the_next_edit_began_leaves_what_was_sent(folder):
    _send(folder)
    KeptStudy(folder.path).write_state(StudyState.CORRECTED)
    assert np.array_equal(read_sent(folder, GRID).labels, LABELS)


def test_what_lies_in_another_grid_or_is_gone_is_not_taken_up(folder):
    _send(folder)
    moved = Geometry.from_axes(GRID.shape, GRID.spacing_mm, GRID.direction, GRID.origin_mm + 1.0)
    assert read_sent(folder, moved) is None
    folder.sent.unlink()
    assert read_sent(folder, GRID) is None
