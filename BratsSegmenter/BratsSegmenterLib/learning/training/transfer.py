"""Start from a model that knows something already."""

from __future__ import annotations

from collections.abc import Collection

from torch import Tensor, nn

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training.settings import TransferSettings
from BratsSegmenterLib.learning.training.widening import widened
from BratsSegmenterLib.segmentation import load_bundle

_ENCODER = ("stem", "encoder")
_FIRST_WEIGHTS = "stem.0.weight"
_HEADS = "heads."


def start_from(settings: TransferSettings, network: nn.Module) -> None:
    """Copy a bundle's weights into `network`, which may be wider, and freeze its encoder if asked.

    Outputs that the bundle's network does not have start at random; sequences that it does not take are not heard at
    first.

    Raises
    ------
    BundleError
        The bundle cannot be loaded.
    LearningError
        The bundle's network is another one or a wider one, or there is no encoder to freeze.
    """
    if settings.bundle:
        _copy(settings.bundle, network)
    if settings.freeze_encoder:
        frozen = [part for name, part in network.named_children() if name in _ENCODER]
        if not frozen:
            raise LearningError(
                "This recipe's network has no encoder that could be frozen.", "Leave 'freeze_encoder' out."
            )
        for part in frozen:
            part.requires_grad_(False)


def _copy(bundle: str, network: nn.Module) -> None:
    loaded = load_bundle(bundle)
    known = loaded.load_network().state_dict()
    own = network.state_dict()
    if set(known) != set(own):
        raise LearningError(
            f"The network of the model bundle '{bundle}' is not the one to be trained.",
            "Use the bundle's own network settings.",
        )
    known[_FIRST_WEIGHTS] = _of_all_sequences(known[_FIRST_WEIGHTS], loaded.specification.sequences)
    for name, values in own.items():
        source = known[name][: len(values)] if name.startswith(_HEADS) else known[name]
        try:
            values.copy_(widened(name, source, values))
        except ValueError as error:
            raise LearningError(
                f"The network of the model bundle '{bundle}' has another size than the one to be trained.",
                "Use the bundle's own network settings, or more features on each level.",
                str(error),
            ) from error


def _of_all_sequences(weights: Tensor, sequences: Collection[Sequence]) -> Tensor:
    """The weights of the first convolution, shape (features, sequences, ...), with zeros for those that it lacks."""
    every = weights.new_zeros(len(weights), len(Sequence), *weights.shape[2:])
    every[:, [sequence.channel for sequence in sequences]] = weights
    return every
