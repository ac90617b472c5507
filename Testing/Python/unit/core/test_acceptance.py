"""What was accepted is accepted again as long as it is what was seen."""

from pathlib import Path

import numpy as np
import pytest

from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.study import JobFolder, forget_accepted, keep_accepted, read_accepted


@pytest.fixture
def labels() -> np.ndarray:
    return np.random.default_rng(1).integers(0, 5, (7, 9, 11)).astype(np.uint8)


def test_a_region_that_was_drawn_anew_since_is_not_accepted_and_the_others_are(tmp_path: Path, labels: np.ndarray):
    folder = JobFolder(tmp_path)
    keep_accepted(folder, labels, ["ET", "NCR", "ED"])
    assert read_accepted(folder, labels) == {"ET", "NCR", "ED"}
    labels[labels == 3] = 0
    assert read_accepted(folder, labels) == {"NCR", "ED"}


def test_what_was_withdrawn_or_belongs_to_another_result_is_not_accepted(tmp_path: Path, labels: np.ndarray):
    folder = JobFolder(tmp_path)
    keep_accepted(folder, labels, ["ET", "NCR"])
    keep_accepted(folder, labels, ["NCR"])
    assert read_accepted(folder, labels) == {"NCR"}
    forget_accepted(folder)
    assert read_accepted(folder, labels) == frozenset()


def test_a_damaged_record_accepts_nothing(tmp_path: Path, labels: np.ndarray):
    JobFolder(tmp_path).accepted.write_text("{", encoding="utf-8")
    assert read_accepted(JobFolder(tmp_path), labels) == frozenset()


def test_a_disk_that_refuses_is_a_sentence(tmp_path: Path, labels: np.ndarray):
    JobFolder(tmp_path).accepted.mkdir()
    with pytest.raises(ExportError, match=r"accepted\.json could not be written"):
        keep_accepted(JobFolder(tmp_path), labels, ["ET"])
