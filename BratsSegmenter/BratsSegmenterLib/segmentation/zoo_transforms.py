"""What a bundle of MONAI's Model Zoo does to images before its network, and to the network's answer after it.

Read is what is done here just so. A bundle that does anything else is refused: its network would see other images than
those that it learnt from, and its answer would be taken for another one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from BratsSegmenterLib.errors import BundleError

_FROM_FILE = "LPS"
"""BraTS files, as nibabel loads them for MONAI: x grows to the left, y to the back, z upwards."""
_AXES = ({"L", "R"}, {"P", "A"}, {"S", "I"})
_BEFORE = ("LoadImaged", "EnsureChannelFirstd", "EnsureTyped", "Orientationd", "Spacingd", "NormalizeIntensityd")
_AFTER = ("Activationsd", "Invertd", "AsDiscreted", "Lambdad", "EnsureTyped", "SaveImaged")
"""Lambdad makes one label map of the regions that metadata.json names."""
_UNDERSTOOD = {
    "Orientationd": {"axcodes"},
    "Spacingd": {"pixdim", "mode"},
    "NormalizeIntensityd": {"nonzero", "channel_wise"},
}
"""Arguments of the transforms that change what the network sees, beside `keys`."""
_THRESHOLD = 0.5

_Transform = Mapping[str, Any]


@dataclass(frozen=True)
class Preparation:
    """How a network of the Model Zoo sees a study, each sequence z-scored over what is not zero.

    Attributes
    ----------
    orientation : str
        As of a ModelSpecification.
    spacing_mm : float
        Of the isotropic grid.
    """

    orientation: str
    spacing_mm: float


def read_preparation(bundle: str, inference: Mapping[str, Any]) -> Preparation:
    """What is done before and after the network, by the contents of inference.json.

    Parameters
    ----------
    bundle : str
        Its name, for messages.

    Raises
    ------
    BundleError
        Something that is not done here; named.
    """
    reader = _Reader(bundle)
    before = reader.transforms(inference, "preprocessing", _BEFORE)
    after = reader.transforms(inference, "postprocessing", _AFTER)
    reader.refuse_unknown_arguments(before)
    reader.refuse_another_normalisation(before.get("NormalizeIntensityd", {}))
    reader.refuse_another_answer(after.get("Activationsd", {}), after.get("AsDiscreted", {}))
    return Preparation(
        reader.orientation(before["Orientationd"]) if "Orientationd" in before else _FROM_FILE,
        reader.spacing_mm(before["Spacingd"]) if "Spacingd" in before else 1.0,
    )


class _Reader:
    """Says what of a bundle's transforms is not done here."""

    def __init__(self, bundle: str) -> None:
        self._bundle = bundle

    def refused(self, what: str) -> BundleError:
        return BundleError(
            f"The model bundle '{self._bundle}' {what}.",
            "Only bundles that treat images as the Model Zoo's brats_mri_segmentation does can be run.",
        )

    def transforms(self, inference: Mapping[str, Any], block: str, known: Collection[str]) -> dict[str, _Transform]:
        """By their names."""
        composed = inference.get(block)
        listed = composed.get("transforms") if isinstance(composed, Mapping) else None
        found: dict[str, _Transform] = {}
        for transform in listed if isinstance(listed, list) else ():
            target = transform.get("_target_") if isinstance(transform, Mapping) else transform
            name = str(target).rpartition(".")[2]
            if name not in known or name in found:
                raise self.refused(f"has {target!r} in its '{block}', which is not done here, or not twice")
            found[name] = transform
        return found

    def refuse_unknown_arguments(self, transforms: Mapping[str, _Transform]) -> None:
        for name, understood in _UNDERSTOOD.items():
            if unknown := set(transforms.get(name, {})) - {"_target_", "keys"} - understood:
                raise self.refused(f"gives {name} the argument '{min(unknown)}', which is not understood")

    def refuse_another_normalisation(self, transform: _Transform) -> None:
        if transform.get("nonzero") is not True or transform.get("channel_wise") is not True:
            raise self.refused("does not normalise intensities by NormalizeIntensityd, 'nonzero' and 'channel_wise'")

    def refuse_another_answer(self, activation: _Transform, discrete: _Transform) -> None:
        """Where nothing is said, outputs that are named as nested regions can be sigmoids alone."""
        if activation and (activation.get("sigmoid") is not True or activation.get("softmax")):
            raise self.refused("does not take the sigmoid of each output (Activationsd, 'sigmoid')")
        if discrete.get("argmax") or discrete.get("threshold", _THRESHOLD) != _THRESHOLD:
            raise self.refused(f"does not draw what is likelier than {_THRESHOLD} (AsDiscreted, 'threshold')")

    def orientation(self, transform: _Transform) -> str:
        axcodes = transform.get("axcodes")
        if not isinstance(axcodes, str) or len(axcodes) != 3 or any(len(axis & {*axcodes}) != 1 for axis in _AXES):
            raise self.refused(f"asks Orientationd for {axcodes!r}, which are no three directions")
        return axcodes

    def spacing_mm(self, transform: _Transform) -> float:
        pixdim: Any = transform.get("pixdim")
        sides = pixdim if isinstance(pixdim, list) and len(pixdim) == 3 else [pixdim]
        if not all(map(_is_length, sides)) or len({*sides}) > 1:
            raise self.refused(f"asks Spacingd for {pixdim!r}, which is not one length in all directions")
        return float(sides[0])


def _is_length(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf
