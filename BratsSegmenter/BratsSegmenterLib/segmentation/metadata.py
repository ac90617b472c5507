"""A model specification as the two JSON files of a MONAI bundle, there and back.

``configs/metadata.json`` and ``configs/inference.json`` follow the MONAI bundle specification
(https://docs.monai.io/en/stable/mb_specification.html) as far as this program needs it: authors, changelog and versions
of packages are not written. What that layout has no place for stands in metadata.json
under ``brats_segmenter``. Nothing in the files is evaluated: expressions ("$...") and references ("@...") of MONAI's
configuration language are refused where a value is needed and ignored elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeVar

from BratsSegmenterLib.domain import ET, RC, TC, WT, Region, Sequence
from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.segmentation.postprocessing import Postprocessing
from BratsSegmenterLib.segmentation.specification import (
    ModelSpecification,
    Need,
    NetworkDefinition,
    Normalisation,
    SecondLook,
)
from BratsSegmenterLib.segmentation.standard_scale import PERCENTILES, StandardScale
from BratsSegmenterLib.segmentation.zoo_transforms import read_preparation

BLOCK = "brats_segmenter"
FORMAT = 1

_OUTPUT_NAMES = {"Whole tumor": WT, "Tumor core": TC, "Enhancing tumor": ET, "Resection cavity": RC}
_BRAIN = "Brain"
_NAMES_OF_OUTPUTS = {region.key: name for name, region in _OUTPUT_NAMES.items()}

_T = TypeVar("_T")


def from_json(name: str, metadata: Mapping[str, Any], inference: Mapping[str, Any]) -> ModelSpecification:
    """Read a specification from the contents of metadata.json and inference.json.

    Parameters
    ----------
    name : str
        Of the bundle, for messages.

    Raises
    ------
    BundleError
        A value is missing or cannot be used, or the bundle was written by a newer version of this program.
    """
    reader = _Reader(name, metadata, inference)
    reader.refuse_newer_format()
    sequences = reader.channels("inputs", "image", {sequence.value: sequence for sequence in Sequence})
    outputs = reader.outputs()
    return ModelSpecification(
        version=reader.text("version"),
        description=reader.text("description"),
        network=reader.network(),
        sequences=sequences,
        outputs=tuple(region for region in outputs if region is not None),
        outputs_brain=None in outputs,
        orientation=reader.orientation(),
        spacing_mm=reader.spacing_mm(),
        multiple_of=reader.multiple_of(),
        field_of_view=reader.shape(reader.own("field_of_view", None)),
        window=reader.window(),
        overlap=reader.overlap(),
        normalisation=reader.normalisation(),
        standard_scales=reader.standard_scales(),
        clip=reader.clip(),
        tolerates_missing=bool(reader.own("tolerates_missing", False)),
        needs=reader.needs(),
        second_looks=reader.second_looks(sequences, outputs),
        flip_averaging=bool(reader.own("flip_averaging", False)),
        appearance=bool(reader.own("appearance", False)),
        postprocessing=reader.postprocessing(),
        data_source=str(metadata.get("data_source", "")),
        scores=reader.scores(),
    )


def to_json(specification: ModelSpecification, weights: str, sha256: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """The contents of metadata.json and inference.json.

    Parameters
    ----------
    weights : str
        Path of the weights file in the bundle's folder.
    sha256 : str
        Of that file.
    """
    outputs = [_NAMES_OF_OUTPUTS[region.key] for region in specification.outputs]
    if specification.outputs_brain:
        outputs.append(_BRAIN)
    sides = [f"{specification.multiple_of}*n"] * 3
    metadata = {
        "version": specification.version,
        "task": "Glioma segmentation",
        "description": specification.description,
        "data_source": specification.data_source,
        "eval_metrics": dict(specification.scores),
        "intended_use": "Research; not a medical device, not to be used for diagnosis or treatment",
        "network_data_format": {
            "inputs": {
                "image": {
                    "type": "image",
                    "format": "magnitude",
                    "modality": "MR",
                    "num_channels": len(specification.sequences),
                    "spatial_shape": sides,
                    "dtype": "float32",
                    "is_patch_data": specification.window is not None,
                    "channel_def": _numbered(sequence.value for sequence in specification.sequences),
                }
            },
            "outputs": {
                "pred": {
                    "type": "image",
                    "format": "segmentation",
                    "num_channels": len(outputs),
                    "spatial_shape": sides,
                    "dtype": "float32",
                    "value_range": [0, 1],
                    "is_patch_data": specification.window is not None,
                    "channel_def": _numbered(outputs),
                }
            },
        },
        BLOCK: {
            "format": FORMAT,
            "orientation": specification.orientation,
            "spacing_mm": specification.spacing_mm,
            "field_of_view": specification.field_of_view,
            "normalisation": specification.normalisation.value,
            "standard_scales": {
                sequence.value: scale.landmarks for sequence, scale in specification.standard_scales.items()
            },
            "clip": specification.clip,
            "tolerates_missing": specification.tolerates_missing,
            "needs": [
                {"region": need.region, "any_of": [sequence.value for sequence in need.any_of]}
                for need in specification.needs
            ],
            "second_looks": [
                {"without": [sequence.value for sequence in look.without], "regions": look.regions}
                for look in specification.second_looks
            ],
            "flip_averaging": specification.flip_averaging,
            "appearance": specification.appearance,
            "postprocessing": asdict(specification.postprocessing),
            "weights": weights,
            "sha256": sha256,
        },
    }
    inferer: dict[str, Any] = {"_target_": "SimpleInferer"}
    if specification.window is not None:
        inferer = {
            "_target_": "SlidingWindowInferer",
            "roi_size": specification.window,
            "sw_batch_size": 1,
            "overlap": specification.overlap,
        }
    network = {"_target_": specification.network.target, **specification.network.arguments}
    return metadata, {"network_def": network, "inferer": inferer}


def _numbered(names: Any) -> dict[str, str]:
    return {str(channel): name for channel, name in enumerate(names)}


class _Reader:
    """Looks values up and says which one is missing or wrong."""

    def __init__(self, name: str, metadata: Mapping[str, Any], inference: Mapping[str, Any]) -> None:
        self._name = name
        self._metadata = metadata
        self._inference = inference
        self._own: Mapping[str, Any] = self._object(metadata, BLOCK)
        self._inferer = self._object(inference, "inferer")
        self._theirs = None if BLOCK in metadata else read_preparation(name, inference)

    def wrong(self, what: str, cause: str = "") -> BundleError:
        return BundleError(f"The model bundle '{self._name}' {what}.", "Get the bundle again from its source.", cause)

    def _object(self, content: Mapping[str, Any], key: str) -> Mapping[str, Any]:
        """Empty where it is missing."""
        value = content.get(key, {})
        if not isinstance(value, Mapping):
            raise self.wrong(f"has a '{key}' that is no JSON object")
        return value

    def _number(self, name: str, value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise self.wrong(f"gives {value!r} as '{name}' where a number belongs")
        return float(value)

    def refuse_newer_format(self) -> None:
        if self._own.get("format", FORMAT) != FORMAT:
            raise BundleError(
                f"The model bundle '{self._name}' has format {self._own['format']}; this version reads {FORMAT}.",
                "Update the extension, or get a bundle made for this version.",
            )

    def text(self, key: str) -> str:
        value = self._metadata.get(key)
        if not isinstance(value, str) or not value:
            raise self.wrong(f"has no '{key}' in configs/metadata.json")
        return value

    def own(self, key: str, default: Any) -> Any:
        return self._own.get(key, default)

    def channels(self, direction: str, name: str, meanings: Mapping[str, _T]) -> tuple[_T, ...]:
        try:
            names = self._metadata["network_data_format"][direction][name]["channel_def"]
            return tuple(meanings[names[str(channel)]] for channel in range(len(names)))
        except (KeyError, TypeError) as error:
            raise self.wrong(
                f"does not say in network_data_format.{direction}.{name}.channel_def what its channels are "
                f"(known: {', '.join(meanings)})",
                repr(error),
            ) from error

    def outputs(self) -> tuple[Region | None, ...]:
        """The region of each output channel; None, at the end only, for the brain."""
        outputs = self.channels("outputs", "pred", {**_OUTPUT_NAMES, _BRAIN: None})
        if None in outputs[:-1]:
            raise self.wrong("has the brain before a region among its outputs; it belongs at the end")
        return outputs

    def multiple_of(self) -> int:
        try:
            side = self._metadata["network_data_format"]["inputs"]["image"]["spatial_shape"][0]
            return int(str(side).removesuffix("*n"))
        except (KeyError, IndexError, TypeError, ValueError) as error:
            raise self.wrong(
                "does not say in network_data_format.inputs.image.spatial_shape what sizes it takes", repr(error)
            ) from error

    def shape(self, value: Any) -> tuple[int, int, int] | None:
        if value is None:
            return None
        if not isinstance(value, list) or len(value) != 3 or not all(isinstance(n, int) and n > 0 for n in value):
            raise self.wrong(f"gives the size {value!r} where three positive whole numbers belong")
        return value[0], value[1], value[2]

    def window(self) -> tuple[int, int, int] | None:
        return self.shape(self._inferer.get("roi_size"))

    def overlap(self) -> float:
        overlap = self._number("overlap", self._inferer.get("overlap", 0.5))
        if not 0 <= overlap < 1:
            raise self.wrong(f"gives {overlap:g} as 'overlap', which is none from 0 to below 1")
        return overlap

    def orientation(self) -> Any:
        return self._theirs.orientation if self._theirs else self._own.get("orientation")

    def spacing_mm(self) -> float:
        if self._theirs:
            return self._theirs.spacing_mm
        spacing_mm = self._number("spacing_mm", self.own("spacing_mm", 1.0))
        if spacing_mm <= 0:
            raise self.wrong(f"gives {spacing_mm:g} as 'spacing_mm', which is no length")
        return spacing_mm

    def scores(self) -> dict[str, float]:
        return dict(self._object(self._metadata, "eval_metrics"))

    def network(self) -> NetworkDefinition:
        definition = self._inference.get("network_def")
        if not isinstance(definition, dict) or not isinstance(definition.get("_target_"), str):
            raise self.wrong("has no 'network_def' with a '_target_' in configs/inference.json")
        arguments = {key: value for key, value in definition.items() if key != "_target_"}
        if _holds_expression(arguments):
            raise self.wrong("asks for code to be run in its 'network_def' (a value that starts with $ or @)")
        return NetworkDefinition(definition["_target_"], arguments)

    def normalisation(self) -> Normalisation:
        """Ours by name; others have the one that such bundles use for MR."""
        if self._theirs:
            return Normalisation.NONZERO_ZSCORE
        try:
            return Normalisation(self._own.get("normalisation"))
        except ValueError as error:
            raise self.wrong(f"asks for the unknown normalisation {self._own.get('normalisation')!r}") from error

    def standard_scales(self) -> dict[Sequence, StandardScale]:
        try:
            scales = {
                Sequence(name): StandardScale(tuple(float(value) for value in landmarks))
                for name, landmarks in self.own("standard_scales", {}).items()
            }
        except (AttributeError, TypeError, ValueError) as error:
            raise self.wrong("has 'standard_scales' that cannot be read", repr(error)) from error
        if any(len(scale.landmarks) != len(PERCENTILES) for scale in scales.values()):
            raise self.wrong(f"has a standard scale without {len(PERCENTILES)} landmarks")
        return scales

    def clip(self) -> tuple[float, float] | None:
        limits = self.own("clip", None)
        if limits is None:
            return None
        if not isinstance(limits, list) or len(limits) != 2:
            raise self.wrong(f"gives {limits!r} as 'clip' where two numbers belong")
        return self._number("clip", limits[0]), self._number("clip", limits[1])

    def postprocessing(self) -> Postprocessing:
        try:
            return Postprocessing(**{key: float(value) for key, value in self.own("postprocessing", {}).items()})
        except (AttributeError, TypeError, ValueError) as error:
            raise self.wrong("has a 'postprocessing' that cannot be read", repr(error)) from error

    def needs(self) -> tuple[Need, ...]:
        try:
            return tuple(
                Need(need["region"], tuple(Sequence(value) for value in need["any_of"]))
                for need in self.own("needs", ())
            )
        except (KeyError, TypeError, ValueError) as error:
            raise self.wrong("has 'needs' that cannot be read", repr(error)) from error

    def second_looks(
        self, sequences: tuple[Sequence, ...], outputs: tuple[Region | None, ...]
    ) -> tuple[SecondLook, ...]:
        """Refused where the network was not trained for them: blanked sequences would mislead it."""
        taken = {sequence.value: sequence for sequence in sequences}
        drawn = {region.key: region.key for region in outputs if region is not None}
        try:
            looks = tuple(
                SecondLook(tuple(taken[name] for name in look["without"]), tuple(drawn[key] for key in look["regions"]))
                for look in self.own("second_looks", ())
            )
        except (KeyError, TypeError) as error:
            raise self.wrong(
                f"has 'second_looks' that cannot be read (it takes {', '.join(taken)}; it draws {', '.join(drawn)})",
                repr(error),
            ) from error
        if looks and not self.own("tolerates_missing", False):
            raise self.wrong("has 'second_looks', though it does not tolerate missing sequences")
        return looks


def _holds_expression(value: Any) -> bool:
    """Whether MONAI's configuration parser would evaluate something in `value`."""
    if isinstance(value, dict):
        return any(_holds_expression(key) or _holds_expression(item) for key, item in value.items())
    if isinstance(value, list):
        return any(_holds_expression(item) for item in value)
    return isinstance(value, str) and value.startswith(("$", "@", "%"))
