"""The networks a bundle may ask for: a whitelist, so that a bundle's JSON can never name code of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from monai.networks.nets import DynUNet, SegResNet, UNet

from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.segmentation.network import ResidualUNet
from BratsSegmenterLib.segmentation.specification import NetworkDefinition

if TYPE_CHECKING:
    from torch import nn

_NETWORKS: dict[str, type[nn.Module]] = {
    f"{ResidualUNet.__module__}.{ResidualUNet.__qualname__}": ResidualUNet,
    "SegResNet": SegResNet,
    "DynUNet": DynUNet,
    "UNet": UNet,
}
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
    network = _NETWORKS.get(definition.target.removeprefix(_MONAI_PREFIX))
    if network is None:
        raise BundleError(
            f"The model bundle '{bundle}' asks for the unknown network '{definition.target}'.",
            f"Known are {', '.join(_NETWORKS)}.",
        )
    try:
        return network(**definition.arguments)
    except (TypeError, ValueError, AssertionError) as error:
        raise BundleError(
            f"The model bundle '{bundle}' describes its network '{definition.target}' with arguments it does not take.",
            "Get the bundle again from its source.",
            str(error),
        ) from error
