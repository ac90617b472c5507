"""Windows of a grid that is too fine to be seen at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from learning_samples import TRAINING, small_cases
from torch import Tensor, nn

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training import TrainingCase
from BratsSegmenterLib.learning.training.settings import TrainingSettings
from BratsSegmenterLib.learning.training.whole_brain import WholeBrainRecipe
from BratsSegmenterLib.learning.training.windows import random_window

_SIDES = (8, 12, 16)


def _numbered_case() -> TrainingCase:
    """Every voxel of the images is its own number; one corner is tumour."""
    numbers = torch.arange(24**3, dtype=torch.float32).view(24, 24, 24)
    labels = torch.zeros(24, 24, 24, dtype=torch.uint8)
    labels[:3, :3, :3] = 2
    return TrainingCase(torch.stack([numbers] * 4), labels, numbers % 2 > 0, tuple(Sequence))


def _windowed(window: tuple[int, int, int] | None) -> TrainingSettings:
    return replace(TRAINING, network=replace(TRAINING.network, window=window))


def test_images_labels_and_brain_are_cut_from_the_same_place() -> None:
    case = _numbered_case()
    for seed in range(20):
        part = random_window(case, _SIDES, np.random.default_rng(seed))
        assert part.images.shape == (4, *_SIDES)
        places = part.images[0].long()
        assert torch.equal(part.labels, case.labels.flatten()[places])
        assert torch.equal(part.brain, case.brain.flatten()[places])
        assert part.present == case.present


def test_about_half_of_the_windows_lie_around_tumour_and_each_seed_has_its_own() -> None:
    case = _numbered_case()
    parts = [random_window(case, _SIDES, np.random.default_rng(seed)) for seed in range(60)]
    with_tumour = sum(bool(part.labels.any()) for part in parts)
    assert 25 <= with_tumour <= 50, "the corner alone would be hit by one window in ten"
    again = random_window(case, _SIDES, np.random.default_rng(7))
    assert torch.equal(again.images, parts[7].images)
    assert not torch.equal(parts[8].images, parts[7].images)


@pytest.mark.filterwarnings("error")
def test_a_head_without_tumour_has_windows_too_and_nothing_is_warned_of() -> None:
    case = replace(_numbered_case(), labels=torch.zeros(24, 24, 24, dtype=torch.uint8))
    assert random_window(case, _SIDES, np.random.default_rng(0)).labels.shape == _SIDES


def test_a_step_sees_a_window_and_a_finished_network_the_whole_grid(tmp_path: Path) -> None:
    seen: list[tuple[int, ...]] = []

    class Watched(nn.Module):
        """A network that notes what it is shown."""

        def __init__(self, inner: nn.Module) -> None:
            super().__init__()
            self.inner = inner

        def forward(self, x: Tensor) -> Tensor:
            """As the network within."""
            seen.append(tuple(x.shape[2:]))
            return self.inner(x)  # type: ignore[no-any-return]

    recipe = WholeBrainRecipe(_windowed((16, 16, 16)))
    network = Watched(recipe.network())
    case = small_cases(tmp_path)[0]
    assert torch.isfinite(recipe.loss(network, case, np.random.default_rng(0)))
    assert seen == [(16, 16, 16)]
    seen.clear()
    with torch.inference_mode():
        found = recipe.segment(network.eval(), case.images)
    assert found["WT"].shape == case.labels.shape
    assert seen == [(16, 16, 16)] * 8, "two windows along each side of 24 voxels"


@pytest.mark.parametrize(("window", "said"), [((16, 16, 18), "multiples of 4"), ((16, 16, 28), "larger than the grid")])
def test_a_window_that_does_not_suit_is_refused_in_a_sentence(window: tuple[int, int, int], said: str) -> None:
    with pytest.raises(LearningError, match=said):
        WholeBrainRecipe(_windowed(window))
