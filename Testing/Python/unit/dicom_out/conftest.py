"""What most tests of this folder write and read: a series of oblique slices, and a tumour drawn on it."""

import pytest
import result_samples as samples

from BratsSegmenterLib.domain import Segmentation, Volume


@pytest.fixture(scope="module")
def volume(tmp_path_factory: pytest.TempPathFactory) -> Volume:
    """The images, read from their files."""
    return samples.volume_on(samples.series_samples.oblique(), tmp_path_factory.mktemp("series"))


@pytest.fixture(scope="module")
def segmentation(volume: Volume) -> Segmentation:
    """The hard labels on them."""
    return samples.segmentation_on(volume)
