"""A real MRML scene for the tests of this folder."""

import host.slicer_app  # noqa: F401 - makes qt, ctk and all of slicer importable

# isort: split
from pathlib import Path

import pytest
from host.fixtures import parameter_node, rubbish_goes_in_its_own_thread, scene  # noqa: F401 - fixtures
from host.replay_worker import STUDY, answer

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.records import from_json
from BratsSegmenterLib.scene.review import Review


@pytest.fixture
def study() -> StudySummary:
    """A synthetic patient's study."""
    return from_json(StudySummary, STUDY)


@pytest.fixture
def result(tmp_path: Path) -> SegmentResult:
    """A segmented head on disk: volumes and label map."""
    job = {"job": "segment", "folder": str(tmp_path), "bundle": "glioma-synthetic"}
    return from_json(SegmentResult, answer(job))


@pytest.fixture
def review(parameter_node, study, result, tmp_path) -> Review:  # noqa: F811 - a fixture
    """That result, shown."""
    review = Review(parameter_node)
    review.show(study, tmp_path, result)
    yield review
    review.release()
