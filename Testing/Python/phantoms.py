"""The synthetic patient as tests use it: coarse, made once in a test run, since making one takes ten seconds."""

from __future__ import annotations

import os
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import pytest
from filelock import FileLock

from BratsSegmenterLib.demo.head import SyntheticHead, synthetic_head
from BratsSegmenterLib.demo.study import write_study
from BratsSegmenterLib.dicom.mr_series import StudyIdentity

_SPACING_MM = 2.0
_COARSE_MM = 4.0


@dataclass(frozen=True)
class PhantomStudy:
    """A study of the synthetic patient on disk.

    Attributes
    ----------
    folder : Path
        Holds the DICOM files.
    files : tuple of Path
    identity : StudyIdentity
    head : SyntheticHead
        What was scanned, with the truth.
    """

    folder: Path
    files: tuple[Path, ...]
    identity: StudyIdentity
    head: SyntheticHead


@pytest.fixture(scope="session")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For what all processes of a test run share."""
    own = tmp_path_factory.getbasetemp()
    return own.parent if "PYTEST_XDIST_WORKER" in os.environ else own


@pytest.fixture(scope="session")
def atlas_cache(shared_folder: Path) -> Path:
    """Where the built-in atlas is kept once one test has prepared it."""
    return shared_folder / "atlas"


def _made_once(folder: Path, spacing_mm: float) -> PhantomStudy:
    """The study as the first process that wanted it made it; not to be written to."""
    folder.mkdir(exist_ok=True)
    made = folder / "study.pickle"
    with FileLock(folder / "making"):
        if not made.exists():
            head, identity = synthetic_head(spacing_mm=spacing_mm), StudyIdentity()
            files = tuple(write_study(head, folder / "study", identity))
            made.write_bytes(pickle.dumps(PhantomStudy(folder / "study", files, identity, head)))
    return cast(PhantomStudy, pickle.loads(made.read_bytes()))


@pytest.fixture(scope="session")
def phantom_study(shared_folder: Path) -> PhantomStudy:
    """A study with localiser, T1, T2, tilted FLAIR after a movement, and 3-D T1c; its head has a glioma."""
    return _made_once(shared_folder / "phantom", _SPACING_MM)


@pytest.fixture(scope="session")
def coarse_study(shared_folder: Path) -> PhantomStudy:
    """As :func:`phantom_study`, of a coarse head, for tests that are not about the tumour."""
    return _made_once(shared_folder / "coarse", _COARSE_MM)


@pytest.fixture(scope="session")
def coarse_head(coarse_study: PhantomStudy) -> SyntheticHead:
    """The head of that study."""
    return coarse_study.head
