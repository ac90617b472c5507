"""The recipe of the first deep networks for glioma: a 2-D residual U-Net on axial patches.

After Kermi et al. 2018 (doi:10.1007/978-3-030-11726-9_4): depth 3, PReLU, batch normalisation, generalised Dice plus
cross-entropy weighted 1, 5, 2, 4 against the rarity of tumour.
"""

from __future__ import annotations

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from monai.losses import GeneralizedDiceLoss
from monai.networks.nets import UNet
from torch import Tensor, nn

from BratsSegmenterLib.domain import ET, NESTED_REGIONS, RC, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training.augmentation import augmented
from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.patch_samplers import draw_patches
from BratsSegmenterLib.learning.training.settings import TrainingSettings

_CLASSES = 4


def _multiple_of(settings: TrainingSettings) -> int:
    """What the sides of an image must be multiples of: the network halves them between its levels."""
    return int(2 ** (len(settings.patches.channels) - 1))


class AxialPatchRecipe:
    """Network and loss on axial patches.

    Raises
    ------
    LearningError
        There is not one class weight for each of background, NCR, ED and ET, or the patches' size does not suit the
        network.
    """

    def __init__(self, settings: TrainingSettings) -> None:
        if len(settings.patches.class_weights) != _CLASSES:
            raise LearningError(f"The setting 'class_weights' needs {_CLASSES} numbers: background, NCR, ED, ET.")
        multiple = _multiple_of(settings)
        if settings.patches.size % multiple:
            raise LearningError(
                f"The setting 'patches.size' is {settings.patches.size}, which does not suit a network of "
                f"{len(settings.patches.channels)} levels.",
                f"Choose a multiple of {multiple}.",
            )
        self._settings = settings
        self._dice = GeneralizedDiceLoss(softmax=True, to_onehot_y=True)

    def network(self) -> nn.Module:
        """A network with random weights."""
        channels = self._settings.patches.channels
        return UNet(
            spatial_dims=2,
            in_channels=len(Sequence),
            out_channels=_CLASSES,
            channels=channels,
            strides=(2,) * (len(channels) - 1),
            num_res_units=2,
            act="PRELU",
            norm="BATCH",
        )

    def loss(self, network: nn.Module, case: TrainingCase, random: np.random.Generator) -> Tensor:
        """Generalised Dice (Sudre et al. 2017, arXiv:1707.03237) + weighted cross-entropy of a few patches."""
        case = augmented(case, self._settings.cases, random)
        images, labels = draw_patches(case, self._settings.patches, random)
        logits = network(images).float()
        classes = torch.where(labels == RC.label, 0, labels).long()
        weights = torch.tensor(self._settings.patches.class_weights, device=logits.device)
        return self._dice(logits, classes[:, None]) + F.cross_entropy(logits, classes, weights)

    def segment(self, network: nn.Module, images: Tensor) -> dict[str, Tensor]:
        """Mask of WT, TC and ET for images of shape (4, slices, rows, columns), slice by slice."""
        multiple = _multiple_of(self._settings)
        rows, columns = images.shape[-2:]
        padded = F.pad(images.float(), (0, -columns % multiple, 0, -rows % multiple))
        slices = padded.movedim(1, 0)
        labels = torch.cat([network(part).argmax(1) for part in slices.split(self._settings.patches.per_step)])
        labels = labels[:, :rows, :columns]
        return {
            region.key: torch.isin(labels, torch.tensor(region.labels, device=labels.device))
            for region in (*NESTED_REGIONS, ET)
        }
