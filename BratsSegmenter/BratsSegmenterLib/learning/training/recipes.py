"""What a recipe has to offer, and which there are."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from torch import Tensor, nn

from BratsSegmenterLib.learning.training.axial_patches import AxialPatchRecipe
from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.settings import Recipe, TrainingSettings
from BratsSegmenterLib.learning.training.whole_brain import WholeBrainRecipe


class TrainingRecipe(Protocol):
    """A network, its loss on a case, and how it segments."""

    def network(self) -> nn.Module:
        """A network with random weights."""
        ...

    def loss(self, network: nn.Module, case: TrainingCase, random: np.random.Generator) -> Tensor:
        """Loss of `network`, which may be wrapped for several devices, on one case."""
        ...

    def segment(self, network: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Mask of every region key for images of shape (4, slices, rows, columns)."""
        ...


def build_recipe(settings: TrainingSettings) -> TrainingRecipe:
    """The recipe that the settings name."""
    return AxialPatchRecipe(settings) if settings.recipe is Recipe.AXIAL_PATCHES else WholeBrainRecipe(settings)
