"""A trained network as a bundle that the module picks up."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Region, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.synthesis.skull_stripping import CLIP
from BratsSegmenterLib.learning.training.settings import Recipe
from BratsSegmenterLib.learning.training.trainer import TrainedModel
from BratsSegmenterLib.learning.training.whole_brain import BRAIN, OVERLAP, output_keys
from BratsSegmenterLib.segmentation import (
    Bundle,
    ModelSpecification,
    Need,
    NetworkDefinition,
    Normalisation,
    Postprocessing,
    ResidualUNet,
    StandardScale,
    write_bundle,
)

ORIENTATION = "SPL"
"""Slices upwards, rows to the back, columns to the left: the axis order of every training case."""
_OUTPUTS = (WT, TC, ET, RC)
_BELIEVED = Postprocessing(
    largest_hole_mm3=1000.0,
    least_isolated_core_mm3=200.0,
    least_isolated_oedema_mm3=500.0,
    least_enhancing_mm3=100.0,
    least_isolated_enhancement_mm3=50.0,
)
"""Most holes in the core are core, and most of the larger ones in the tumour are tumour. Of smaller pieces of core
without enhancement, of oedema apart from the tumour and of enhancement beside a larger piece of it, many are wrong
(Testing/benchmarks/isolated_pieces.py); BraTS counts no lesion of 50 mm3 or less. All enhancement together from a dozen
voxels of the 2 mm grid on: of fewer a network is never sure."""
_WATER = (Sequence.FLAIR, Sequence.T2)
_NEEDS = (
    Need(WT.key, _WATER),
    Need(ED.key, _WATER),
    *(Need(region.key, (Sequence.T1C,)) for region in (ED, TC, NCR, ET)),
)


def export_bundle(
    model: TrainedModel,
    folder: Path,
    version: str,
    data_source: str,
    licence: str,
    scores: Mapping[str, float],
    standard_scales: Mapping[Sequence, StandardScale] | None = None,
) -> Bundle:
    """Write the averaged weights as a bundle.

    Parameters
    ----------
    folder : Path
        Of the bundle.
    data_source : str
        What it was trained on, one sentence.
    scores : mapping of str to float
        Figures measured on cases that were not trained on, by name.
    standard_scales : mapping of Sequence to StandardScale, optional
        Of the source that was trained on.

    Raises
    ------
    LearningError
        The recipe's network is one that the module cannot run on volumes.
    """
    settings = model.settings
    if settings.recipe is not Recipe.WHOLE_BRAIN:
        raise LearningError(
            "A network on axial patches cannot be exported: the module runs networks on volumes.",
            "Train with the recipe 'whole-brain' to get a bundle.",
        )
    keys = output_keys(settings)
    outputs = tuple(region for region in _OUTPUTS if region.key in keys)
    channels = settings.network.channels
    definition = NetworkDefinition(
        f"{ResidualUNet.__module__}.{ResidualUNet.__qualname__}",
        {
            "in_channels": len(Sequence),
            "out_channels": len(outputs) + (BRAIN in keys),
            "channels": list(channels),
            "supervised_levels": settings.network.supervised_levels,
        },
    )
    specification = ModelSpecification(
        version=version,
        description=_description(outputs),
        network=definition,
        sequences=tuple(Sequence),
        outputs=outputs,
        outputs_brain=BRAIN in keys,
        postprocessing=_BELIEVED,
        orientation=ORIENTATION,
        spacing_mm=settings.synthesis.spacing_mm,
        multiple_of=2 ** (len(channels) - 1),
        field_of_view=settings.synthesis.shape,
        window=settings.network.window,
        overlap=OVERLAP,
        normalisation=Normalisation.STANDARD_SCALE if standard_scales else Normalisation.MASK_ZSCORE,
        standard_scales=standard_scales or {},
        clip=CLIP,
        tolerates_missing=True,
        second_looks=settings.second_looks,
        flip_averaging=settings.cases.mirror and bool(outputs),
        appearance=settings.appearance and bool(outputs),
        needs=tuple(need for need in _NEEDS if need.region in {region.key for region in (*outputs, ED, NCR)}),
        data_source=data_source,
        scores=scores,
    )
    kept = [keys.index(key) for key in (*(region.key for region in outputs), BRAIN) if key in keys]
    card = _card(settings.name, model, data_source, scores)
    return write_bundle(folder, _with_outputs(model.network, kept), specification, card, licence)


def _description(outputs: tuple[Region, ...]) -> str:
    if not outputs:
        return "Finds the brain in images with skull."
    return f"Segments {', '.join(region.name.lower() for region in outputs)} of gliomas."


def _with_outputs(network: nn.Module, kept: list[int]) -> nn.Module:
    """A copy of the network that has only the output channels `kept`."""
    reduced = copy.deepcopy(network)
    heads = reduced.heads
    if not isinstance(heads, nn.ModuleList):
        raise TypeError("a ResidualUNet has a list of heads")
    for number, head in enumerate(heads):
        if not isinstance(head, nn.Conv3d) or head.bias is None:
            raise TypeError("a head of a ResidualUNet is a convolution with bias")
        smaller = nn.Conv3d(head.in_channels, len(kept), 1)
        with torch.no_grad():
            smaller.weight.copy_(head.weight[kept])
            smaller.bias.copy_(head.bias[kept])  # type: ignore[union-attr]
        heads[number] = smaller
    return reduced


def _card(name: str, model: TrainedModel, data_source: str, scores: Mapping[str, float]) -> str:
    lines = [
        f"# {name}",
        "",
        f"Trained on: {data_source}",
        "",
        f"Steps: {model.steps_done} of {model.settings.optimisation.steps}; seed {model.settings.seed}.",
        "",
        *(f"- {key}: {value:.3f}" for key, value in scores.items()),
        "",
        "Research only; not a medical device, not to be used for diagnosis or treatment.",
    ]
    return "\n".join(lines) + "\n"
