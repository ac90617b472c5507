"""Where the network doubts, tissue that looks like the tumour becomes tumour and other tissue does not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_samples import TINY, prepared_arrays, tiny_bundle
from numpy.typing import NDArray
from scipy import ndimage

from BratsSegmenterLib.domain import ET, TC, WT
from BratsSegmenterLib.segmentation import InferenceSettings, load_bundle, segment
from BratsSegmenterLib.segmentation.appearance import corrected_by_appearance

_SHAPE = (56, 60, 64)
_CENTRE = (28, 30, 32)
_MM = (1.0, 1.0, 1.0)
_CHANNEL = {"WT": 0, "TC": 1, "ET": 2}


def _ball(radius: float, shift: float = 0.0) -> NDArray[np.bool_]:
    k, j, i = np.indices(_SHAPE)
    return np.hypot(np.hypot(k - _CENTRE[0], j - _CENTRE[1]), i - _CENTRE[2] - shift) <= radius


_BRAIN = _ball(27)
_TRUTH = {"WT": _ball(15), "TC": _ball(10), "ET": _ball(10) & ~_ball(6)}


def _images(seed: int = 0) -> NDArray[np.float32]:
    """Tissue of four kinds, each with an intensity of its own in every sequence, and noise."""
    intensities = ((0.0, -0.5, -1.0, -0.5), (0.0, 0.0, -1.0, 3.0), (0.0, 2.0, 3.0, 1.5), (0.0, 2.5, 1.5, 1.5))
    kind = _TRUTH["WT"].astype(int) + _TRUTH["TC"] + _TRUTH["ET"]
    noise = np.random.default_rng(seed).normal(scale=0.5, size=(4, *_SHAPE))
    return ((np.array(intensities)[:, kind] + noise) * _BRAIN).astype(np.float32)


def _doubtful(truth: NDArray[np.bool_], shift: int = 2) -> NDArray[np.float32]:
    """An answer with soft edges whose outline lies some voxels aside."""
    soft = ndimage.gaussian_filter(np.roll(truth, shift, axis=2).astype(np.float32), 1.2)
    return np.clip(soft * _BRAIN, 0.0, 0.999)


def _answers(shift: int = 2) -> NDArray[np.float32]:
    return np.stack([_doubtful(truth, shift) for truth in _TRUTH.values()])


def _dice(probability: NDArray[np.float32], truth: NDArray[np.bool_]) -> float:
    drawn = probability > 0.5
    return float(2 * (drawn & truth).sum() / (drawn.sum() + truth.sum()))


@pytest.mark.parametrize("region", _TRUTH)
def test_the_outline_moves_to_where_the_tissue_changes(region: str) -> None:
    answers = _answers()
    corrected = corrected_by_appearance(answers, (WT, TC, ET), _images(), _BRAIN, _MM)
    channel = _CHANNEL[region]
    before, after = (_dice(each[channel], _TRUTH[region]) for each in (answers, corrected))
    assert after > before + 0.03
    assert corrected.dtype == np.float32
    assert 0 <= corrected.min() <= corrected.max() <= 1


def test_nothing_outside_the_brain_or_far_from_the_tumour_changes() -> None:
    answers = _answers()
    answers[0] += 0.1 * _BRAIN * (answers[0] < 0.1)
    corrected = corrected_by_appearance(answers, (WT, TC, ET), _images(), _BRAIN, _MM)
    far = ndimage.distance_transform_edt(answers[0] <= 0.5) > 12
    assert not corrected[:, ~_BRAIN].any()
    assert np.array_equal(corrected[:, far & _BRAIN], answers[:, far & _BRAIN])
    assert (corrected != answers)[0].any()


def test_a_piece_that_the_network_did_not_see_is_not_added() -> None:
    """Tissue 4 mm from the outline looks as the tumour does; the answer there is below one half."""
    images, answers, crumb = _images(), _answers(), _ball(2, shift=21)
    images[:, crumb] = images[:, _ball(2, shift=12)]
    answers[0, crumb] = 0.45
    corrected = corrected_by_appearance(answers, (WT, TC, ET), images, _BRAIN, _MM)
    assert (corrected != answers)[0].any()
    assert np.array_equal(corrected[0, crumb] > 0.5, answers[0, crumb] > 0.5)
    _pieces, count = ndimage.label(corrected[0] > 0.5)
    assert count == 1


def test_images_that_show_nothing_change_hardly_anything() -> None:
    noise = (np.random.default_rng(1).normal(size=(4, *_SHAPE)) * _BRAIN).astype(np.float32)
    answers = _answers(shift=0)
    corrected = corrected_by_appearance(answers, (WT, TC, ET), noise, _BRAIN, _MM)
    assert min(_dice(corrected[channel], answers[channel] > 0.5) for channel in range(3)) > 0.97


def test_a_sequence_of_zeros_is_as_one_that_is_left_out() -> None:
    images, answers = _images(), _answers()
    images[1] = 0
    with_zeros = corrected_by_appearance(answers, (WT, TC, ET), images, _BRAIN, _MM)
    left_out = corrected_by_appearance(answers, (WT, TC, ET), images[[0, 2, 3]], _BRAIN, _MM)
    assert np.array_equal(with_zeros, left_out)


def test_the_order_of_the_regions_does_not_matter() -> None:
    answers, order = _answers(), [1, 0, 2]
    one = corrected_by_appearance(answers, (WT, TC, ET), _images(), _BRAIN, _MM)
    other = corrected_by_appearance(answers[order], (TC, WT, ET), _images(), _BRAIN, _MM)
    assert np.array_equal(one[order], other)


@pytest.mark.parametrize(
    "answers",
    [
        np.zeros((3, *_SHAPE), np.float32),
        np.stack([0.9 * _ball(4)] * 3).astype(np.float32),
        np.stack([0.6 * _ball(15)] * 3).astype(np.float32),
    ],
    ids=["no tumour", "0.3 mL", "nowhere sure"],
)
def test_what_is_too_little_to_learn_from_stays_as_it_is(answers: NDArray[np.float32]) -> None:
    corrected = corrected_by_appearance(answers, (WT, TC, ET), _images(), _BRAIN, _MM)
    assert np.array_equal(corrected, answers)


def test_a_model_without_the_whole_tumour_is_left_alone() -> None:
    answers = _answers()[1:]
    assert np.array_equal(corrected_by_appearance(answers, (TC, ET), _images(), _BRAIN, _MM), answers)


def test_sizes_are_counted_in_millimetres() -> None:
    """A ball of 0.3 mL is too small; the same voxels, twice as long in each direction, are not."""
    answers = np.stack([_doubtful(_ball(4.5))] * 3)
    same, changed = (
        corrected_by_appearance(answers, (WT, TC, ET), _images(), _BRAIN, (mm, mm, mm)) != answers for mm in (1.0, 2.0)
    )
    assert not same.any()
    assert changed[0].any()


def test_a_bundle_that_corrects_does_so_unless_it_is_told_not_to(tmp_path: Path) -> None:
    plain = tiny_bundle(tmp_path / "plain")
    correcting = tiny_bundle(tmp_path / "correcting", replace(TINY, appearance=True))
    assert load_bundle(correcting.folder).specification.appearance
    prepared = replace(prepared_arrays(_SHAPE), images=_images(), mask=_BRAIN)
    network = segment(prepared, plain, "cpu").probabilities
    expected = corrected_by_appearance(network, TINY.outputs, prepared.images, prepared.mask, _MM)
    told = segment(prepared, correcting, "cpu", InferenceSettings(appearance=False)).probabilities
    assert not np.array_equal(network, expected)
    assert np.array_equal(segment(prepared, correcting, "cpu").probabilities, expected)
    assert np.array_equal(segment(prepared, plain, "cpu", InferenceSettings(appearance=True)).probabilities, expected)
    assert np.array_equal(told, network)
