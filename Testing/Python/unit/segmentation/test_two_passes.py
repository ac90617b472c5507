"""A tumour that the model finds is left out when the shading is estimated again, and the model is asked again."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from model_samples import CHANNELS, TINY
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.preprocessing import PreparedCase, corrected_outside, z_score
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Bundle, ResidualUNet, segment, write_bundle
from BratsSegmenterLib.two_passes import segment_prepared

_SHAPE = (64, 72, 68)
_GRID = Geometry.from_axes(_SHAPE, (1.0, 1.0, 1.0), np.eye(3), np.zeros(3))
_BOTH = ["segment", "bias correction beside the tumour", "segment again"]


def _ball(centre: tuple[int, int, int], radius: float) -> NDArray[np.bool_]:
    return sum((axis - middle) ** 2 for axis, middle in zip(np.indices(_SHAPE), centre, strict=True)) <= radius**2


_BRAIN = _ball((32, 36, 34), 31)
_LESION = _ball((32, 44, 42), 14)


@pytest.fixture(scope="module")
def shading() -> NDArray[np.float32]:
    """Logarithm of a slow change from front to back."""
    ramp = 0.2 * np.linspace(-1, 1, _SHAPE[1])[None, :, None] * np.ones(_SHAPE)
    return (ramp - ramp[_BRAIN].mean()).astype(np.float32)


@pytest.fixture(scope="module")
def prepared(shading: NDArray[np.float32]) -> PreparedCase:
    """A brain with a bright lesion that fades at its edges, shaded; its field was taken from all of it."""
    texture = 8 * ndimage.gaussian_filter(np.random.default_rng(0).normal(size=(4, *_SHAPE)), (0, 3, 3, 3)) * 25
    lesion = 80 * ndimage.gaussian_filter(_LESION.astype(float), 4)
    images = ((100 + texture + lesion) * np.exp(shading) * _BRAIN).astype(np.float32)
    uncorrected = dict(zip(Sequence, images, strict=True))
    bare = PreparedCase(images, tuple(Sequence), _BRAIN, _GRID, _GRID, {}, {}, uncorrected)
    return corrected_outside(bare, np.zeros(_SHAPE, bool))


def _bundle(folder: Path, threshold: float) -> Bundle:
    """Random weights; the share of the brain that is a region grows with the threshold."""
    torch.manual_seed(0)
    network = ResidualUNet(out_channels=3, channels=CHANNELS)
    with torch.no_grad():
        network.heads[0].weight *= 8
        network.heads[0].bias.fill_(threshold)
    return write_bundle(folder, network, TINY, "# Test", "Apache-2.0")


def _share(probabilities: NDArray[np.float32]) -> float:
    return float((probabilities >= 0.3).any(axis=0).sum() / _BRAIN.sum())


def test_the_shading_is_found_better_beside_the_lesion(prepared: PreparedCase, shading: NDArray[np.float32]) -> None:
    beside = corrected_outside(prepared, _LESION)
    for sequence in Sequence:
        errors = [np.log(case.bias_fields[sequence]) - shading for case in (prepared, beside)]
        before, after = (error[_BRAIN].std() for error in errors)
        assert after < 0.85 * before
        assert np.array_equal(beside.uncorrected[sequence], prepared.uncorrected[sequence])
        corrected = prepared.uncorrected[sequence] / beside.bias_fields[sequence]
        assert np.array_equal(beside.images[sequence.channel], z_score(corrected, _BRAIN))


def test_a_lesion_is_left_out_and_the_model_asked_again(prepared: PreparedCase, tmp_path: Path) -> None:
    bundle, progress = _bundle(tmp_path / "some", -11.0), Progress()
    first = segment(prepared, bundle, "cpu")
    assert 0 < _share(first.probabilities) < 0.5
    seen, found = segment_prepared(prepared, bundle, "cpu", progress=progress)
    assert [stage.name for stage in progress.stages] == _BOTH
    expected = corrected_outside(prepared, (first.probabilities >= 0.3).any(axis=0))
    assert np.array_equal(seen.images, expected.images)
    assert np.array_equal(found.probabilities, segment(expected, bundle, "cpu").probabilities)


@pytest.mark.parametrize(("threshold", "share"), [(-40.0, 0.0), (20.0, 1.0)], ids=["nothing", "all of the brain"])
def test_what_is_nothing_or_too_much_is_not_left_out(
    prepared: PreparedCase, tmp_path: Path, threshold: float, share: float
) -> None:
    bundle, progress = _bundle(tmp_path / "other", threshold), Progress()
    seen, found = segment_prepared(prepared, bundle, "cpu", progress=progress)
    assert _share(found.probabilities) == pytest.approx(share, abs=0.01)
    assert seen is prepared
    assert [stage.name for stage in progress.stages] == _BOTH[:1]


def test_images_that_were_not_corrected_are_segmented_once(prepared: PreparedCase, tmp_path: Path) -> None:
    bundle, progress = _bundle(tmp_path / "some", -11.0), Progress()
    bare = PreparedCase(prepared.images, prepared.present, _BRAIN, _GRID, _GRID, {}, {})
    seen, found = segment_prepared(bare, bundle, "cpu", progress=progress)
    assert seen is bare
    assert np.array_equal(found.probabilities, segment(bare, bundle, "cpu").probabilities)
    assert [stage.name for stage in progress.stages] == _BOTH[:1]
