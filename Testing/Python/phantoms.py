"""The synthetic patient as tests use it: coarse, made once a session, since making one takes ten seconds."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

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


def _study(head: SyntheticHead, folder: Path) -> PhantomStudy:
    identity = StudyIdentity()
    return PhantomStudy(folder, tuple(write_study(head, folder, identity)), identity, head)


@pytest.fixture(scope="session")
def phantom_study(tmp_path_factory: pytest.TempPathFactory) -> PhantomStudy:
    """A study with localiser, T1, T2, tilted FLAIR after a movement, and 3-D T1c; its head has a glioma."""
    return _study(synthetic_head(spacing_mm=_SPACING_MM), tmp_path_factory.mktemp("phantom"))


@pytest.fixture(scope="session")
def coarse_head() -> SyntheticHead:
    """For tests that are not about the tumour."""
    return synthetic_head(spacing_mm=_COARSE_MM)


@pytest.fixture(scope="session")
def coarse_study(coarse_head: SyntheticHead, tmp_path_factory: pytest.TempPathFactory) -> PhantomStudy:
    """As :func:`phantom_study`, of the coarse head."""
    return _study(coarse_head, tmp_path_factory.mktemp("coarse"))
