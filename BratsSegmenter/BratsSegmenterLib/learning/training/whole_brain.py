"""The recipe of the shipped model: the whole brain at once, or windows of it; nested regions, deep supervision."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from monai.losses import DiceLoss
from torch import Tensor, nn

from BratsSegmenterLib.domain import ED, ET, NCR, RC, REGIONS, TC, WT, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training.augmentation import augmented
from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.settings import TrainingSettings
from BratsSegmenterLib.learning.training.windows import random_window
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import THRESHOLD, ResidualUNet, WindowRunner

BRAIN = "brain"
_ORDER = (WT.key, TC.key, ET.key, RC.key, NCR.key, ED.key, BRAIN)
_DICE_SMOOTHING_VOXELS = 10.0
OVERLAP = 0.5
"""Of neighbouring windows when a finished network is run."""
_WITHOUT_T1C = {ET.key: 0.0, TC.key: 0.3}
"""Share of a region's loss that counts when T1c, the only sequence that shows it, is missing."""


def output_keys(settings: TrainingSettings) -> tuple[str, ...]:
    """The network's output channels: the regions that have a weight, in an order of their own."""
    return tuple(key for key in _ORDER if key in settings.region_weights)


class WholeBrainRecipe:
    """Network and loss on whole brains, or on windows of them.

    Raises
    ------
    LearningError
        A region of the settings is unknown, none has a weight, or the window or the grid does not suit the network.
    """

    def __init__(self, settings: TrainingSettings) -> None:
        unknown = set(settings.region_weights) - set(_ORDER)
        if unknown:
            raise LearningError(
                f"The setting 'region_weights' names the unknown region '{min(unknown)}'.",
                f"Known are: {', '.join(_ORDER)}.",
            )
        if not any(settings.region_weights.values()):
            raise LearningError(
                "The setting 'region_weights' gives no region a weight, so there is nothing to learn.",
                "Give at least one region a weight above 0.",
            )
        self.outputs = output_keys(settings)
        unlearnt = {key for look in settings.second_looks or () for key in look.regions} - set(self.outputs)
        if unlearnt:
            raise LearningError(
                f"The setting 'second_looks' names the region '{min(unlearnt)}', which is not trained.",
                f"Trained are: {', '.join(self.outputs)}.",
            )
        _check_sides(settings)
        self._weights = settings.region_weights
        self._settings = settings
        self._dice = tuple(
            DiceLoss(
                sigmoid=True,
                squared_pred=True,
                reduction="none",
                smooth_nr=_DICE_SMOOTHING_VOXELS / 8**level,
                smooth_dr=_DICE_SMOOTHING_VOXELS / 8**level,
            )
            for level in range(settings.network.supervised_levels)
        )

    def network(self) -> nn.Module:
        """A network with random weights."""
        settings = self._settings.network
        return ResidualUNet(len(Sequence), len(self.outputs), settings.channels, settings.supervised_levels)

    def loss(self, network: nn.Module, case: TrainingCase, random: np.random.Generator) -> Tensor:
        """Dice + cross-entropy of every region on every supervised level, each half as important as the finer one."""
        case = augmented(case, self._settings.cases, random)
        if self._settings.network.window is not None:
            case = random_window(case, self._settings.network.window, random)
        outputs = network(case.images[None])
        levels = [outputs] if isinstance(outputs, Tensor) else outputs
        target = region_targets(case, self.outputs)[None]
        weights = self._region_weights(case).to(target.device)
        total, importance = torch.zeros((), device=target.device), 0.0
        for level, logits in enumerate(levels):
            logits, wanted = logits.float(), F.avg_pool3d(target, 2**level) if level else target
            dice = self._dice[level](logits, wanted).flatten()
            entropy = F.binary_cross_entropy_with_logits(logits, wanted, reduction="none").mean((0, 2, 3, 4))
            total = total + 0.5**level * (weights * (dice + entropy)).sum()
            importance += 0.5**level
        return total / (importance * sum(self._weights.values()))

    def segment(self, network: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Mask of every output key, on the CPU, for images of shape (4, slices, rows, columns); as in use."""
        slices, rows, columns = self._settings.network.window or images.shape[1:]
        runner = WindowRunner(
            network,
            images.device,
            (slices, rows, columns),
            _multiple_of(self._settings),
            OVERLAP,
            mixed_precision=False,
        )
        probabilities = runner.probabilities(images[None].float(), Progress())[0]
        return dict(zip(self.outputs, probabilities >= THRESHOLD, strict=True))

    def _region_weights(self, case: TrainingCase) -> Tensor:
        blind = Sequence.T1C not in case.present
        shares = [_WITHOUT_T1C.get(key, 1.0) if blind else 1.0 for key in self.outputs]
        return torch.tensor([self._weights[key] for key in self.outputs]) * torch.tensor(shares)


def _multiple_of(settings: TrainingSettings) -> int:
    """What the sides that the network sees must be multiples of: it halves them between its levels."""
    return int(2 ** (len(settings.network.channels) - 1))


def _check_sides(settings: TrainingSettings) -> None:
    """Of what the network sees at once: the window, or the whole grid where there is none."""
    window, multiple, grid = settings.network.window, _multiple_of(settings), settings.synthesis.shape
    seen, key = (grid, "synthesis.shape") if window is None else (window, "network.window")
    if any(side % multiple for side in seen):
        raise LearningError(
            f"The setting '{key}' is {list(seen)}, which does not suit a network of "
            f"{len(settings.network.channels)} levels.",
            f"Choose multiples of {multiple}.",
        )
    if window is None:
        return
    if any(side > whole for side, whole in zip(window, grid, strict=True)):
        raise LearningError(
            f"The setting 'network.window' is {list(window)}, larger than the grid of {list(grid)}.",
            "Choose smaller sides, or a larger 'synthesis.shape'.",
        )


def region_targets(case: TrainingCase, outputs: tuple[str, ...]) -> Tensor:
    """What the network should answer: one channel of zeros and ones for each output, shape (outputs, ...)."""
    channels = []
    for key in outputs:
        if key == BRAIN:
            channels.append(case.brain)
        else:
            labels = torch.tensor(REGIONS[key].labels, device=case.labels.device, dtype=case.labels.dtype)
            channels.append(torch.isin(case.labels, labels))
    return torch.stack(channels).float()
