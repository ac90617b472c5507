"""Fixtures that every suite shares."""

import os
from pathlib import Path

import pytest

pytest_plugins = ["archives", "phantoms"]

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real images: BRATS_SEGMENTER_DATA, else ../shared/data beside the repository."""
    folder = Path(os.environ.get("BRATS_SEGMENTER_DATA", _REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}; set BRATS_SEGMENTER_DATA to test on them")
    return folder
