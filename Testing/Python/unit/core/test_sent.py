"""What was sent, found again in its folder."""

from datetime import datetime, timedelta

import numpy as np
import pytest

from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.job_folder import JobFolder
from BratsSegmenterLib.kept_study import KeptStudy, StudyState
from BratsSegmenterLib.labelmap import write_image
from BratsSegmenterLib.sent import read_sent

GRID = Geometry.from_axes((5, 8, 6), (0.9, 0.9, 3.0), np.eye(3), np.array([-40.0, 12.5, 33.0]))
LABELS = np.arange(5 * 8 * 6, dtype=np.uint8).reshape(5, 8, 6) % 4


@pytest.fixture
def folder(tmp_path) -> JobFolder:
    """A result that was exported and is about to be sent."""
    folder = JobFolder(tmp_path)
    write_image(GRID.image(LABELS), folder.corrected)
    return folder


def test_what_was_sent_comes_back_voxel_by_voxel_with_its_time(folder):
    KeptStudy(folder.path).write_sent(2)
    sent = read_sent(folder, GRID)
    assert np.array_equal(sent.labels, LABELS)
    assert abs(sent.sent_at - datetime.now().astimezone()) < timedelta(minutes=1)
    assert KeptStudy(folder.path).sent.version == 2


def test_a_folder_of_an_earlier_program_has_no_record_and_is_taken_up_too(folder):
    KeptStudy(folder.path).write_state(StudyState.SENT)
    sent = read_sent(folder, GRID)
    assert np.array_equal(sent.labels, LABELS)
    assert abs(sent.sent_at - datetime.now().astimezone()) < timedelta(minutes=1)


@pytest.mark.parametrize("state", [StudyState.SEGMENTED, StudyState.CORRECTED])
def test_what_was_only_rehearsed_or_replaced_since_is_not_what_was_sent(folder, state):
    KeptStudy(folder.path).write_sent(1)
    KeptStudy(folder.path).write_state(state)
    assert read_sent(folder, GRID) is None


def test_what_lies_in_another_grid_or_is_gone_is_not_taken_up(folder):
    KeptStudy(folder.path).write_sent(1)
    moved = Geometry.from_axes(GRID.shape, GRID.spacing_mm, GRID.direction, GRID.origin_mm + 1.0)
    assert read_sent(folder, moved) is None
    folder.corrected.unlink()
    assert read_sent(folder, GRID) is None
