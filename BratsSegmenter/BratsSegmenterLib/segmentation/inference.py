"""From prepared images to the probability of every region in every voxel."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from BratsSegmenterLib.domain import Region, Sequence
from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation.appearance import corrected_by_appearance
from BratsSegmenterLib.segmentation.bundle import Bundle
from BratsSegmenterLib.segmentation.devices import choose_device, computes_in_bfloat16
from BratsSegmenterLib.segmentation.grid import WorkingGrid
from BratsSegmenterLib.segmentation.specification import ModelSpecification, Normalisation, SecondLook
from BratsSegmenterLib.segmentation.standard_scale import on_standard_scales
from BratsSegmenterLib.segmentation.windows import WindowRunner

_LEFT_RIGHT = 2
"""Axis of (k, j, i) along which a head is nearly symmetric."""


class Prepared(Protocol):
    """What a segmentation needs of a prepared case; arrays are (k upwards, j to the back, i to the left).

    Attributes
    ----------
    images : ndarray of float32, shape (4, k, j, i)
        T1, T1c, T2, FLAIR, z-scored in the mask; zeros for a sequence that is not present.
    present : tuple of Sequence
    mask : ndarray of bool, shape (k, j, i)
        The brain.
    geometry : Geometry
        Of the arrays.
    """

    @property
    def images(self) -> NDArray[np.float32]: ...
    @property
    def present(self) -> tuple[Sequence, ...]: ...
    @property
    def mask(self) -> NDArray[np.bool_]: ...
    @property
    def geometry(self) -> Geometry: ...


@dataclass(frozen=True)
class InferenceSettings:
    """How to run a model.

    Attributes
    ----------
    mixed_precision : bool or None
        Compute in bfloat16 where that is safe; None: on a GPU only, so that a CPU's results are the same everywhere.
    flip_averaging : bool or None
        Average with the result for the head mirrored left to right: twice the time. None: as the bundle says.
    appearance : bool or None
        Correct the answer by what the tumour looks like in the same images. None: as the bundle says.
    """

    mixed_precision: bool | None = None
    flip_averaging: bool | None = None
    appearance: bool | None = None


@dataclass(frozen=True, eq=False)
class RegionProbabilities:
    """What the model says about every voxel of the prepared grid.

    Attributes
    ----------
    probabilities : ndarray of float32, shape (regions, k, j, i)
        Zero outside the brain, and everywhere for a region that is not measured.
    regions : tuple of Region
        Of the first axis.
    not_measured : mapping of str to str
        Region key to the reason why the model could not say anything about it.
    findings : tuple of str
        Sentences for the user about what did not go as planned, for example too little memory on the GPU.
    device : str
        Where it was computed in the end.
    """

    probabilities: NDArray[np.float32] = field(repr=False)
    regions: tuple[Region, ...]
    not_measured: Mapping[str, str] = field(default_factory=dict)
    findings: tuple[str, ...] = ()
    device: str = "cpu"

    def without(self, region: Region) -> RegionProbabilities:
        """What the model says when one of its regions is not asked for: its voxels fall to the others."""
        kept = [channel for channel, one in enumerate(self.regions) if one is not region]
        return replace(self, probabilities=self.probabilities[kept], regions=tuple(self.regions[i] for i in kept))


def segment(
    prepared: Prepared,
    bundle: Bundle,
    device: str = "auto",
    settings: InferenceSettings | None = None,
    progress: Progress | None = None,
) -> RegionProbabilities:
    """Run the bundle's model on a prepared case.

    Parameters
    ----------
    prepared : Prepared
    bundle : Bundle
    device : str
        "auto", "cuda", "mps" or "cpu". When its memory runs out, smaller windows and then the CPU are tried, and
        a finding says so.
    settings : InferenceSettings, optional
    progress : Progress, optional

    Raises
    ------
    InferenceError
        The model can measure nothing with these sequences, the brain mask is empty, the device is not there, or there
        is not enough memory.
    BundleError
        The bundle's network cannot be built or its weights changed.
    Cancelled
    """
    settings = settings or InferenceSettings()
    not_measured = _not_measured(prepared, bundle)
    if not prepared.mask.any():
        raise InferenceError("The brain mask is empty, so there is nothing to segment.", "Check the quality page.")
    output = network_output(prepared, bundle, device, settings, progress)
    regions = bundle.specification.outputs
    values = output.values[: len(regions)] * prepared.mask
    for channel, region in enumerate(regions):
        if region.key in not_measured:
            values[channel] = 0
    if _or_default(settings.appearance, bundle.specification.appearance):
        spacing_mm = prepared.geometry.spacing_mm[::-1]
        values = corrected_by_appearance(values, regions, prepared.images, prepared.mask, spacing_mm)
    return RegionProbabilities(values, regions, not_measured, output.findings, output.device)


@dataclass(frozen=True, eq=False)
class NetworkOutput:
    """What a network answered.

    Attributes
    ----------
    values : ndarray of float32, shape (channels, k, j, i)
        Probabilities on the prepared grid, 0 outside the network's own.
    findings : tuple of str
        What did not go as planned.
    device : str
        Where it was computed in the end.
    """

    values: NDArray[np.float32] = field(repr=False)
    findings: tuple[str, ...]
    device: str


def network_output(
    prepared: Prepared,
    bundle: Bundle,
    device: str = "auto",
    settings: InferenceSettings | None = None,
    progress: Progress | None = None,
) -> NetworkOutput:
    """All output channels of the bundle's network for what lies in the mask of a prepared case.

    Raises
    ------
    InferenceError, BundleError, Cancelled
        As :func:`segment`.
    """
    settings, progress = settings or InferenceSettings(), progress or Progress()
    specification = bundle.specification
    chosen = choose_device(device)
    network = bundle.load_network()
    grid = WorkingGrid.over(prepared.mask, prepared.geometry.spacing_mm[::-1], specification)
    image = network_input(prepared, grid, specification)
    looks = specification.second_looks_at(prepared.present)
    flips = _or_default(settings.flip_averaging, specification.flip_averaging)
    runner = WindowRunner(
        network,
        chosen,
        _fitting(specification.window, tuple(image.shape[2:])),
        specification.multiple_of,
        specification.overlap,
        _or_default(settings.mixed_precision, chosen.type != "cpu" and computes_in_bfloat16(chosen)),
        passes=(1 + len(looks)) * (1 + flips),
    )
    mirrored_axis = 2 + grid.order.permutation.index(_LEFT_RIGHT) if flips else None
    total = _answer(runner, image, mirrored_axis, progress)
    counts = torch.ones(total.shape[1], 1, 1, 1)
    for look in looks:
        again = _answer(runner, _blanked(image, look, specification), mirrored_axis, progress)
        asked = torch.zeros_like(counts)
        asked[[channel for channel, region in enumerate(specification.outputs) if region.key in look.regions]] = 1
        total, counts = total + asked * again, counts + asked
    probabilities = total / counts
    return NetworkOutput(grid.from_network(probabilities).numpy(), tuple(runner.findings), runner.device_used.type)


def _or_default(setting: bool | None, default: bool) -> bool:
    return default if setting is None else setting


def _answer(runner: WindowRunner, image: Tensor, mirrored_axis: int | None, progress: Progress) -> Tensor:
    """Probabilities of all channels, averaged with those of the head mirrored along the axis that is given."""
    probabilities = runner.probabilities(image, progress)
    if mirrored_axis is None:
        return probabilities
    mirrored = runner.probabilities(image.flip(mirrored_axis), progress).flip(mirrored_axis)
    return (probabilities + mirrored) / 2


def _blanked(image: Tensor, look: SecondLook, specification: ModelSpecification) -> Tensor:
    """The network's input, shape (1, channels, ...), with the look's sequences as if they had not been acquired."""
    blanked = image.clone()
    blanked[:, [specification.sequences.index(sequence) for sequence in look.without]] = 0
    return blanked


def entropy(probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
    """Binary entropy of each region's probability in bits: 0 is certain, 1 a coin's toss; shape as given."""
    p = np.clip(probabilities.astype(np.float32), 1e-7, 1 - 1e-7)
    return -(p * np.log2(p) + (1 - p) * np.log2(1 - p))


def uncertainty(probabilities: NDArray[np.floating]) -> NDArray[np.float32]:
    """Entropy of each voxel's least certain region, shape (k, j, i), from probabilities (regions, k, j, i)."""
    farthest_from_sure = np.abs(probabilities - 0.5).argmin(axis=0)[None]
    return entropy(np.take_along_axis(probabilities, farthest_from_sure, axis=0)[0])


def _not_measured(prepared: Prepared, bundle: Bundle) -> dict[str, str]:
    """Why which regions cannot be measured; raises when that leaves none."""
    specification = bundle.specification
    if not specification.outputs:
        raise InferenceError(f"The model '{bundle.name}' finds the brain, no tumour.", "Choose another model.")
    missing = [sequence.value for sequence in specification.sequences if sequence not in prepared.present]
    if missing and not specification.tolerates_missing:
        raise InferenceError(
            f"The model '{bundle.name}' needs all of its sequences; the study lacks {', '.join(missing)}.",
            "Choose a model that works with fewer sequences, or assign the missing ones.",
        )
    reasons = specification.not_measured(prepared.present)
    if all(region.key in reasons for region in specification.outputs):
        raise InferenceError(
            f"The model '{bundle.name}' can measure nothing without {', '.join(missing)}.",
            _what_to_assign(specification, prepared.present),
        )
    return reasons


def _what_to_assign(specification: ModelSpecification, present: Collection[Sequence]) -> str:
    """What has to come to `present` so that the model can measure something."""
    names: dict[str, list[str]] = {}
    for region in specification.outputs:
        unmet = [need.any_of for need in specification.needs if need.region == region.key]
        unmet = [any_of for any_of in unmet if not {*any_of} & {*present}]
        if all(unmet):
            sequences = " and ".join(" or ".join(sequence.value for sequence in any_of) for any_of in unmet)
            names.setdefault(sequences, []).append(f"the {region.name.lower()}")
    if not names:
        return "Choose another model."
    choices = [f"{sequences} for {' and '.join(regions)}" for sequences, regions in names.items()]
    return f"Assign at least {', or '.join(choices)}."


def network_input(prepared: Prepared, grid: WorkingGrid, specification: ModelSpecification) -> Tensor:
    """What a network is shown of a prepared case, on its own grid: shape (1, channels, sides in the network's order).

    Raises
    ------
    InferenceError
        An image that is to be brought onto a standard scale has one value everywhere in the brain.
    """
    images, mask = _channels(prepared, specification)
    shown = grid.to_network(images, mask)
    if specification.normalisation is not Normalisation.STANDARD_SCALE:
        return shown
    # Its landmarks were learnt on such a grid: extremes of a finer one are others.
    brain = grid.to_network(mask[None], mask)[0, 0] > 0
    scaled = on_standard_scales(shown[0].numpy(), specification.sequences, brain.numpy(), specification.standard_scales)
    return _clipped(torch.from_numpy(scaled)[None], specification)


def _channels(prepared: Prepared, specification: ModelSpecification) -> tuple[Tensor, Tensor]:
    """Images in the order and scale the model expects, (channels, k, j, i), and the mask as float."""
    mask = torch.from_numpy(np.ascontiguousarray(prepared.mask))
    order = [sequence.channel for sequence in specification.sequences]
    images = torch.from_numpy(prepared.images[order]) * mask
    if specification.normalisation is Normalisation.NONZERO_ZSCORE:
        for image in images:
            inside = image[image != 0]
            if inside.numel():
                image[image != 0] = (inside - inside.mean()) / inside.std(correction=0).clamp(min=1e-6)
    return _clipped(images, specification), mask.float()


def _clipped(images: Tensor, specification: ModelSpecification) -> Tensor:
    return images if specification.clip is None else images.clamp(*specification.clip)


def _fitting(window: tuple[int, int, int] | None, shape: tuple[int, ...]) -> tuple[int, int, int]:
    """The window, nowhere larger than the image; the whole image where there is none."""
    first, second, third = (min(side, size) for side, size in zip(window or shape, shape, strict=True))
    return first, second, third
