"""Prepared images become probabilities: the right channels, the right place, and plain words when it does not go."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from model_samples import TINY, model_zoo_bundle, prepared_arrays, tiny_bundle, without

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import Cancelled, InferenceError
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import (
    Bundle,
    InferenceSettings,
    Need,
    Normalisation,
    SecondLook,
    StandardScale,
    entropy,
    load_bundle,
    segment,
    uncertainty,
)
from BratsSegmenterLib.segmentation.grid import WorkingGrid
from BratsSegmenterLib.segmentation.inference import network_input
from BratsSegmenterLib.segmentation.standard_scale import PERCENTILES, STANDARD_SCALE, own_landmarks

_WT_WITHOUT_T1C = SecondLook((Sequence.T1C,), ("WT",))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    return tiny_bundle(tmp_path_factory.mktemp("models") / "tiny")


def test_probabilities_lie_on_the_prepared_grid_and_only_in_the_brain(bundle: Bundle) -> None:
    prepared = prepared_arrays()
    result = segment(prepared, bundle, device="cpu")
    assert result.probabilities.shape == (3, *prepared.mask.shape)
    assert result.probabilities.dtype == np.float32
    assert 0 < result.probabilities[:, prepared.mask].min() <= result.probabilities.max() < 1
    assert not result.probabilities[:, ~prepared.mask].any()
    assert [region.key for region in result.regions] == ["WT", "TC", "ET"]
    assert result.findings == ()


def test_a_model_zoo_model_gets_its_channels_scale_and_axes(tmp_path: Path) -> None:
    network = model_zoo_bundle(tmp_path / "brats_mri_segmentation")
    prepared = prepared_arrays((32, 32, 24))
    prepared = replace(prepared, mask=np.ones_like(prepared.mask), images=prepared.images * 3 + 7)
    t1, t1c, t2, flair = prepared.images
    channels = [((x - x.mean()) / x.std()).transpose(2, 1, 0) for x in (t1c, t1, t2, flair)]
    with torch.inference_mode():
        expected = torch.sigmoid(network(torch.from_numpy(np.stack(channels))[None]))[0].numpy()
    result = segment(prepared, load_bundle(tmp_path / "brats_mri_segmentation"), device="cpu")
    assert np.allclose(result.probabilities, expected.transpose(0, 3, 2, 1), atol=1e-4)
    assert [region.key for region in result.regions] == ["TC", "WT", "ET"]


def test_the_order_of_the_axes_of_a_model_does_not_move_the_result(tmp_path: Path) -> None:
    """The mean of noise is the same everywhere, so mark one corner: the answer must change around it only."""
    prepared = prepared_arrays((40, 40, 40))
    marked = replace(prepared, images=prepared.images.copy())
    marked.images[:, 24:27, 12:15, 28:31] += 40
    for orientation in ("RAS", "SPL"):
        bundle = tiny_bundle(tmp_path / orientation, replace(TINY, orientation=orientation))
        change = np.abs(
            segment(marked, bundle, device="cpu").probabilities - segment(prepared, bundle, device="cpu").probabilities
        ).max(axis=0)
        peak = np.unravel_index(change.argmax(), change.shape)
        assert np.abs(np.array(peak) - (25, 13, 29)).max() <= 4


def test_intensities_beyond_what_the_model_was_trained_on_are_clipped(bundle: Bundle) -> None:
    prepared = prepared_arrays()
    bright, brighter = (replace(prepared, images=prepared.images.copy()) for _ in range(2))
    bright.images[:, 12:18, 12:18, 12:18] = 8
    brighter.images[:, 12:18, 12:18, 12:18] = 4000
    one, other = (segment(case, bundle, "cpu").probabilities for case in (bright, brighter))
    assert np.allclose(one, other, atol=1e-6)


def test_a_standard_scale_undoes_what_a_scanner_did_to_the_brightness(tmp_path: Path) -> None:
    prepared = prepared_arrays()
    other = replace(prepared, images=np.where(prepared.mask, np.exp(0.4 * prepared.images), 0).astype(np.float32))
    scales = {sequence: StandardScale(tuple(np.linspace(*STANDARD_SCALE, len(PERCENTILES)))) for sequence in Sequence}
    plain = replace(TINY, spacing_mm=1.0)  # on a coarser grid noise is averaged, brighter voxels more than others
    standard = replace(plain, normalisation=Normalisation.STANDARD_SCALE, standard_scales=scales)
    change = {}
    for name, specification in (("plain", plain), ("standard", standard)):
        bundle = tiny_bundle(tmp_path / name, specification)
        assert load_bundle(bundle.folder).specification.standard_scales == specification.standard_scales
        one, two = (segment(case, bundle, "cpu").probabilities for case in (prepared, other))
        change[name] = np.abs(one - two).mean()
    assert change["standard"] < 0.2 * change["plain"]


def test_images_are_on_the_standard_scale_on_the_grid_on_which_it_was_learnt(tmp_path: Path) -> None:
    landmarks = tuple(np.linspace(*STANDARD_SCALE, len(PERCENTILES)))
    scales = {sequence: StandardScale(landmarks) for sequence in Sequence}
    standard = replace(TINY, normalisation=Normalisation.STANDARD_SCALE, standard_scales=scales, clip=None)
    prepared = prepared_arrays()
    grid = WorkingGrid.over(prepared.mask, prepared.geometry.spacing_mm[::-1], standard)
    for image in network_input(prepared, grid, standard)[0].numpy():
        assert own_landmarks(image, image != 0) == pytest.approx(landmarks, abs=0.01)


def test_what_cannot_be_measured_without_t1c_is_said_and_left_empty(bundle: Bundle) -> None:
    result = segment(without(prepared_arrays(), Sequence.T1C), bundle, device="cpu")
    assert set(result.not_measured) == {"TC", "ET"}
    assert "needs T1c" in result.not_measured["ET"]
    assert result.probabilities[0].any()
    assert not result.probabilities[1:].any()


def test_a_case_in_which_nothing_can_be_measured_is_refused(bundle: Bundle) -> None:
    only_t1 = without(prepared_arrays(), Sequence.T1C, Sequence.T2, Sequence.FLAIR)
    with pytest.raises(InferenceError, match="measure nothing without T1c, T2, FLAIR") as refused:
        segment(only_t1, bundle, device="cpu")
    assert refused.value.advice == (
        "Assign at least FLAIR or T2 for the whole tumour, or T1c for the tumour core and the enhancing tumour."
    )


@pytest.mark.parametrize(
    ("of_whole_tumour", "advice"),
    [((Sequence.FLAIR,), "Assign at least FLAIR for the whole tumour."), ((), "Choose another model.")],
)
def test_no_sequence_is_advised_with_which_the_model_measures_nothing(
    of_whole_tumour: tuple[Sequence, ...], advice: str, tmp_path: Path
) -> None:
    needs = (Need("WT", of_whole_tumour), Need("TC", ()), Need("ET", ()))
    few = tiny_bundle(tmp_path / "few", replace(TINY, needs=needs))
    with pytest.raises(InferenceError) as refused:
        segment(without(prepared_arrays(), Sequence.T1C, Sequence.FLAIR), few, device="cpu")
    assert refused.value.advice == advice


def test_a_model_that_needs_all_sequences_says_which_one_is_missing(tmp_path: Path) -> None:
    strict = tiny_bundle(tmp_path / "strict", replace(TINY, tolerates_missing=False))
    with pytest.raises(InferenceError, match="lacks FLAIR"):
        segment(without(prepared_arrays(), Sequence.FLAIR), strict, device="cpu")


def test_an_empty_brain_mask_is_refused(bundle: Bundle) -> None:
    prepared = prepared_arrays()
    with pytest.raises(InferenceError, match="mask is empty"):
        segment(replace(prepared, mask=np.zeros_like(prepared.mask)), bundle, device="cpu")


def test_a_device_that_is_not_there_is_named(bundle: Bundle) -> None:
    if torch.cuda.is_available():
        pytest.skip("this computer has a GPU")
    with pytest.raises(InferenceError, match="'cuda'"):
        segment(prepared_arrays(), bundle, device="cuda")


def test_the_mirrored_head_gives_the_mirrored_result_when_flips_are_averaged(bundle: Bundle) -> None:
    prepared = prepared_arrays()
    mirrored = replace(prepared, images=prepared.images[..., ::-1].copy())
    settings = InferenceSettings(flip_averaging=True)
    one = segment(prepared, bundle, "cpu", settings).probabilities
    other = segment(mirrored, bundle, "cpu", settings).probabilities
    assert np.allclose(one, other[..., ::-1], atol=1e-5)
    assert not np.allclose(one, segment(prepared, bundle, "cpu").probabilities, atol=1e-3)


def test_a_bundle_that_averages_flips_does_so_unless_it_is_told_not_to(bundle: Bundle, tmp_path: Path) -> None:
    flipping = tiny_bundle(tmp_path / "flipping", replace(TINY, flip_averaging=True))
    assert load_bundle(flipping.folder).specification.flip_averaging
    prepared = prepared_arrays()
    plain, averaged = (
        segment(prepared, bundle, "cpu", InferenceSettings(flip_averaging=flips)).probabilities
        for flips in (False, True)
    )
    assert np.array_equal(segment(prepared, flipping, "cpu").probabilities, averaged)
    told = segment(prepared, flipping, "cpu", InferenceSettings(flip_averaging=False)).probabilities
    assert np.array_equal(told, plain)


def test_a_second_look_averages_the_regions_it_names(bundle: Bundle, tmp_path: Path) -> None:
    looking = tiny_bundle(tmp_path / "looking", replace(TINY, second_looks=(_WT_WITHOUT_T1C,)))
    prepared = prepared_arrays()
    first, blind = (segment(case, bundle, "cpu") for case in (prepared, without(prepared, Sequence.T1C)))
    both = segment(prepared, looking, "cpu").probabilities
    assert np.allclose(both[0], (first.probabilities[0] + blind.probabilities[0]) / 2, atol=1e-6)
    assert np.array_equal(both[1:], first.probabilities[1:])
    assert np.abs(first.probabilities[0] - blind.probabilities[0]).max() > 1e-3


def test_two_looks_and_mirrored_heads_count_equally(bundle: Bundle, tmp_path: Path) -> None:
    looks = (_WT_WITHOUT_T1C, SecondLook((Sequence.T1, Sequence.T2), ("WT",)))
    looking = tiny_bundle(tmp_path / "looking", replace(TINY, second_looks=looks))
    prepared = prepared_arrays()
    settings = InferenceSettings(flip_averaging=True)
    answers = [
        segment(without(prepared, *left_out), bundle, "cpu", settings).probabilities[0]
        for left_out in ((), (Sequence.T1C,), (Sequence.T1, Sequence.T2))
    ]
    fractions: list[float] = []
    listening = Progress(lambda event: fractions.append(event.fraction))
    result = segment(prepared, looking, "cpu", settings, listening)
    assert np.allclose(result.probabilities[0], np.mean(answers, axis=0), atol=1e-6)
    assert fractions == sorted(fractions)
    assert len(fractions) == 6
    assert fractions[-1] == 1.0


@pytest.mark.parametrize("missing", [(Sequence.T1C,), (Sequence.FLAIR, Sequence.T2)])
def test_no_second_look_where_it_shows_nothing(bundle: Bundle, tmp_path: Path, missing: tuple[Sequence, ...]) -> None:
    """The sequence to leave out is not there anyhow, or what would be left cannot show the region."""
    looks = (_WT_WITHOUT_T1C, SecondLook((Sequence.T1C,), ("TC",)))
    looking = tiny_bundle(tmp_path / "looking", replace(TINY, second_looks=looks))
    prepared = without(prepared_arrays(), *missing)
    one, other = (segment(prepared, model, "cpu").probabilities for model in (bundle, looking))
    assert np.array_equal(one, other)


def test_a_cancel_acts_within_a_layer_of_the_first_window(bundle: Bundle) -> None:
    asked = 0

    def cancelled() -> bool:
        nonlocal asked
        asked += 1
        return asked > 3

    with pytest.raises(Cancelled):
        segment(prepared_arrays(), bundle, "cpu", progress=Progress(is_cancelled=cancelled))
    assert asked == 4


def test_progress_counts_the_windows(tmp_path: Path) -> None:
    windowed = tiny_bundle(tmp_path / "windowed", replace(TINY, window=(12, 12, 12), overlap=0.5))
    fractions: list[float] = []
    listening = Progress(lambda event: fractions.append(event.fraction))
    segment(prepared_arrays(), windowed, "cpu", InferenceSettings(flip_averaging=True), listening)
    assert len(fractions) > 4
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1.0


def test_entropy_is_one_at_a_coins_toss_and_nothing_when_sure() -> None:
    p = np.array([0.0, 0.5, 1.0, 0.11], np.float32)
    assert np.allclose(entropy(p), [0, 1, 0, 0.49992], atol=1e-3)
    assert np.allclose(uncertainty(np.stack([p, p[::-1]])), [entropy(p)[3], 1, 1, entropy(p)[3]], atol=1e-6)
