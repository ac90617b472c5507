"""The networks a bundle may ask for: a whitelist, so that a bundle's JSON can never name code of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.segmentation.network import ResidualUNet
from BratsSegmenterLib.segmentation.specification import NetworkDefinition

if TYPE_CHECKING:
    from torch import nn

_OURS = f"{ResidualUNet.__module__}.{ResidualUNet.__qualname__}"
_OF_MONAI = ("SegResNet", "DynUNet", "UNet")
_MONAI_PREFIX = "monai.networks.nets."


def build_network(bundle: str, definition: NetworkDefinition) -> nn.Module:
    """The network that `definition` describes, with random weights.

    Parameters
    ----------
    bundle : str
        Name of the bundle, for messages.

    Raises
    ------
    BundleError
        The class is not on the whitelist, or does not take these arguments.
    """
    network = _network_class(definition.target.removeprefix(_MONAI_PREFIX))
    if network is None:
        raise BundleError(
            f"The model bundle '{bundle}' asks for the unknown network '{definition.target}'.",
            f"Known are {', '.join((_OURS, *_OF_MONAI))}.",
        )
    try:
        return network(**definition.arguments)
    except (TypeError, ValueError, AssertionError) as error:
        raise BundleError(
            f"The model bundle '{bundle}' describes its network '{definition.target}' with arguments it does not take.",
            "Get the bundle again from its source.",
            str(error),
        ) from error


def _network_class(name: str) -> type[nn.Module] | None:
    if name == _OURS:
        return ResidualUNet
    if name not in _OF_MONAI:
        return None
    from monai.networks import nets  # takes longer to import than the shipped network takes to run

    return cast("type[nn.Module]", getattr(nets, name))
