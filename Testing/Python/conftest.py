"""Fixtures that every suite shares."""

import os
from pathlib import Path

import pytest
from keyring.backends.fail import Keyring as NoKeyring

pytest_plugins = ["archives", "phantoms", "stations", "unattended_studies"]

_REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def no_keyring_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    """Secrets of tests stay in memory: the keyring of the machine may be locked, and is not theirs to fill."""
    monkeypatch.setattr("keyring.get_keyring", NoKeyring)


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder with real images: BRATS_SEGMENTER_DATA, else ../shared/data beside the repository."""
    folder = Path(os.environ.get("BRATS_SEGMENTER_DATA", _REPOSITORY.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no real images at {folder}; set BRATS_SEGMENTER_DATA to test on them")
    return folder
