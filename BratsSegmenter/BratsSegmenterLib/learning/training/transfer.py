"""Start from a model that knows something already."""

from __future__ import annotations

from torch import nn

from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training.settings import TransferSettings
from BratsSegmenterLib.segmentation import load_bundle

_ENCODER = ("stem", "encoder")


def start_from(settings: TransferSettings, network: nn.Module) -> None:
    """Copy a bundle's weights into `network`, output heads of another size excepted, and freeze its encoder if asked.

    Raises
    ------
    BundleError
        The bundle cannot be loaded.
    LearningError
        The bundle's network is another one, or there is no encoder to freeze.
    """
    if settings.bundle:
        _copy(settings.bundle, network)
    if settings.freeze_encoder:
        frozen = [part for name, part in network.named_children() if name in _ENCODER]
        if not frozen:
            raise LearningError("This recipe's network has no encoder that could be frozen.")
        for part in frozen:
            part.requires_grad_(False)


def _copy(bundle: str, network: nn.Module) -> None:
    known = load_bundle(bundle).load_network().state_dict()
    own = network.state_dict()
    if set(known) != set(own):
        raise LearningError(
            f"The network of the model bundle '{bundle}' is not the one to be trained.",
            "Use the bundle's own network settings.",
        )
    for name, values in own.items():
        source = known[name]
        if source.shape == values.shape:
            values.copy_(source)
        elif name.startswith("heads."):
            shared = min(len(source), len(values))
            values[:shared].copy_(source[:shared])
        else:
            raise LearningError(
                f"The network of the model bundle '{bundle}' has another size than the one to be trained.",
                "Use the bundle's own network settings.",
            )
