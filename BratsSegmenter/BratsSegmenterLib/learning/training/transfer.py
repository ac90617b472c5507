"""Start from a model that knows something already."""

from __future__ import annotations

from collections.abc import Collection
from collections.abc import Sequence as Items

from torch import Tensor, nn

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.training.settings import TrainingSettings, TransferSettings
from BratsSegmenterLib.learning.training.whole_brain import BRAIN, output_keys
from BratsSegmenterLib.learning.training.widening import widened
from BratsSegmenterLib.segmentation import Bundle, load_bundle

_ENCODER = ("stem", "encoder")
_FIRST_WEIGHTS = "stem.0.weight"
_HEADS = "heads."


def parent_of(settings: TransferSettings) -> Bundle | None:
    """The model to start from; None for random weights.

    Raises
    ------
    BundleError
        It cannot be loaded.
    """
    return load_bundle(settings.bundle) if settings.bundle else None


def start_from(settings: TrainingSettings, network: nn.Module) -> None:
    """Copy a bundle's weights into `network`, which may be wider, and freeze its encoder if asked.

    Outputs that the bundle's network does not have, by their names, start at random; sequences that it does not take
    are not heard at first.

    Parameters
    ----------
    settings : TrainingSettings
        Of the training.
    network : torch.nn.Module
        Of their recipe.

    Raises
    ------
    BundleError
        The bundle cannot be loaded.
    LearningError
        The bundle's network is another one or a wider one, or there is no encoder to freeze.
    """
    parent = parent_of(settings.transfer)
    if parent is not None:
        _copy(parent, output_keys(settings), network)
    if settings.transfer.freeze_encoder:
        frozen = [part for name, part in network.named_children() if name in _ENCODER]
        if not frozen:
            raise LearningError(
                "This recipe's network has no encoder that could be frozen.", "Leave 'freeze_encoder' out."
            )
        for part in frozen:
            part.requires_grad_(False)


def _copy(parent: Bundle, keys: Items[str], network: nn.Module) -> None:
    known = parent.load_network().state_dict()
    own = network.state_dict()
    if set(known) != set(own):
        raise LearningError(
            f"The network of the model bundle '{parent.name}' is not the one to be trained.",
            "Use the bundle's own network settings.",
        )
    known[_FIRST_WEIGHTS] = _of_all_sequences(known[_FIRST_WEIGHTS], parent.specification.sequences)
    theirs = _output_keys_of(parent)
    shared = [key for key in keys if key in theirs]
    from_rows, to_rows = ([among.index(key) for key in shared] for among in (theirs, keys))
    for name, values in own.items():
        try:
            if name.startswith(_HEADS):
                values[to_rows] = widened(name, known[name][from_rows], values[to_rows])
            else:
                values.copy_(widened(name, known[name], values))
        except ValueError as error:
            raise LearningError(
                f"The network of the model bundle '{parent.name}' has another size than the one to be trained.",
                "Use the bundle's own network settings, or more features on each level.",
                str(error),
            ) from error


def _output_keys_of(bundle: Bundle) -> list[str]:
    """Keys of the output channels of a bundle's network, in order."""
    specification = bundle.specification
    return [*(region.key for region in specification.outputs), *([BRAIN] if specification.outputs_brain else ())]


def _of_all_sequences(weights: Tensor, sequences: Collection[Sequence]) -> Tensor:
    """The weights of the first convolution, shape (features, sequences, ...), with zeros for those that it lacks."""
    every = weights.new_zeros(len(weights), len(Sequence), *weights.shape[2:])
    every[:, [sequence.channel for sequence in sequences]] = weights
    return every
