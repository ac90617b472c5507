"""The classical options: three patch samplers, and Nyul's standard scale."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from learning_samples import TRAINING, small_cases

from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.errors import InferenceError, LearningError
from BratsSegmenterLib.learning.training import TrainingCase
from BratsSegmenterLib.learning.training.axial_patches import AxialPatchRecipe
from BratsSegmenterLib.learning.training.nyul import learn_standard_scale
from BratsSegmenterLib.learning.training.patch_samplers import draw_patches, patch_centres
from BratsSegmenterLib.learning.training.settings import PatchSampler, PatchSettings, Recipe
from BratsSegmenterLib.segmentation.standard_scale import PERCENTILES, STANDARD_SCALE

torch.set_num_threads(1)


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> TrainingCase:
    cases = small_cases(tmp_path_factory.mktemp("anatomy"), core_radius_mm=(14.0, 0.1, 13.0, 16.0))
    return min((cases[number] for number in range(4)), key=lambda case: int((case.labels > 0).sum()))


@pytest.mark.parametrize("sampler", list(PatchSampler))
def test_every_sampler_gives_patches_of_the_size_asked_for(case: TrainingCase, sampler: PatchSampler) -> None:
    settings = PatchSettings(size=16, per_step=6, sampler=sampler)
    images, labels = draw_patches(case, settings, np.random.default_rng(0))
    assert images.shape == (6, 4, 16, 16)
    assert labels.shape == (6, 16, 16)


@pytest.mark.parametrize("sampler", list(PatchSampler))
def test_every_sampler_favours_tumour(case: TrainingCase, sampler: PatchSampler) -> None:
    settings = PatchSettings(size=16, per_step=4, sampler=sampler)
    random = np.random.default_rng(1)
    centres = [centre for _ in range(20) for centre in patch_centres(case, settings, random)]
    in_tumour = np.mean([int(case.labels[centre]) > 0 for centre in centres])
    whole_brain = float((case.labels > 0).sum() / case.brain.sum())
    assert in_tumour > 1.5 * whole_brain


def test_exclusion_boxes_keep_patches_of_healthy_brain_apart(case: TrainingCase) -> None:
    settings = PatchSettings(size=16, per_step=6, sampler=PatchSampler.EXCLUSION)
    healthy = replace(case, labels=torch.zeros_like(case.labels))
    for seed in range(5):
        centres = np.array(patch_centres(healthy, settings, np.random.default_rng(seed))[:3])
        gaps = np.abs(centres[:, None] - centres[None]).max(-1) + 99 * np.eye(len(centres), dtype=int)
        assert gaps.min() > 8


def test_a_patch_at_the_border_is_filled_up_with_zeros(case: TrainingCase) -> None:
    settings = PatchSettings(size=64, per_step=2)
    images, _ = draw_patches(case, settings, np.random.default_rng(0))
    assert images.shape[-2:] == (64, 64)
    assert not images[:, :, 0, 0].any()


def test_the_two_dimensional_network_learns_to_find_tumour(case: TrainingCase) -> None:
    patches = PatchSettings(channels=(8, 16), size=24, per_step=4)
    settings = replace(
        TRAINING, recipe=Recipe.AXIAL_PATCHES, patches=patches, cases=replace(TRAINING.cases, drop_sequence=0.0)
    )
    recipe = AxialPatchRecipe(settings)
    torch.manual_seed(0)
    network = recipe.network()
    optimiser = torch.optim.AdamW(network.parameters(), lr=0.01)
    losses = []
    for step in range(120):
        loss = recipe.loss(network, case, np.random.default_rng(step))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        losses.append(float(loss.detach()))
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])
    with torch.inference_mode():
        found = recipe.segment(network.eval(), case.images)
    assert set(found) == {"WT", "TC", ET.key}
    true = case.labels > 0
    assert 2 * int((found["WT"] & true).sum()) / int(found["WT"].sum() + true.sum()) > 0.5


def test_class_weights_must_be_four() -> None:
    with pytest.raises(LearningError, match="class_weights"):
        AxialPatchRecipe(replace(TRAINING, patches=PatchSettings(class_weights=(1.0, 2.0))))


def test_the_standard_scale_makes_images_of_two_scanners_alike() -> None:
    random = np.random.default_rng(0)
    tissue = random.gamma(4, 20, (10, 20, 20))
    mask = np.ones(tissue.shape, bool)
    mask[0] = False
    one, other = tissue, 3.5 * tissue + 40
    scale = learn_standard_scale([(one, mask), (other, mask)])
    assert len(scale.landmarks) == len(PERCENTILES)
    assert scale.landmarks[0] == STANDARD_SCALE[0]
    assert scale.landmarks[-1] == pytest.approx(STANDARD_SCALE[1])
    first, second = scale.apply(one, mask), scale.apply(other, mask)
    assert np.allclose(first, second, atol=1e-3)
    assert not first[~mask].any()
    assert first.max() > STANDARD_SCALE[1], "values above the last landmark go on"


def test_the_standard_scale_keeps_the_order_of_intensities() -> None:
    random = np.random.default_rng(1)
    image, mask = random.gamma(2, 10, 1000), np.ones(1000, bool)
    mapped = learn_standard_scale([(random.normal(100, 20, 1000), mask)]).apply(image, mask)
    assert (np.diff(mapped[np.argsort(image)]) >= 0).all()


def test_a_constant_image_has_no_standard_scale() -> None:
    flat, mask = np.ones(50), np.ones(50, bool)
    with pytest.raises(InferenceError, match="one value"):
        learn_standard_scale([(flat, mask)])
