"""A trained network as a bundle that the module picks up."""

from __future__ import annotations

import copy
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Sequence as Items
from dataclasses import replace
from pathlib import Path

import torch
import yaml
from torch import nn

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Region, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.configuration import to_plain
from BratsSegmenterLib.learning.synthesis.skull_stripping import CLIP
from BratsSegmenterLib.learning.training.settings import Recipe, TrainingSettings
from BratsSegmenterLib.learning.training.teaching import NEEDS, Untaught, what_is_left_out
from BratsSegmenterLib.learning.training.trainer import TrainedModel
from BratsSegmenterLib.learning.training.transfer import parent_of
from BratsSegmenterLib.learning.training.validation import Validation
from BratsSegmenterLib.learning.training.whole_brain import BRAIN, OVERLAP, output_keys
from BratsSegmenterLib.segmentation import (
    Bundle,
    ModelSpecification,
    Need,
    NetworkDefinition,
    Normalisation,
    Postprocessing,
    ResidualUNet,
    SecondLook,
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
_NOTHING_UNTAUGHT = Untaught()
_SETTINGS, _LOG = "configs/train.yaml", "training_log.csv"
"""Files of a bundle that say how it came about."""


def export_bundle(
    model: TrainedModel,
    folder: Path,
    version: str,
    data_source: str,
    licence: str,
    validation: Validation,
    standard_scales: Mapping[Sequence, StandardScale] | None = None,
    untaught: Untaught = _NOTHING_UNTAUGHT,
    losses: Path | None = None,
) -> Bundle:
    """Write the averaged weights as a bundle, beside the settings and the losses of its training.

    Parameters
    ----------
    folder : Path
        Of the bundle.
    data_source : str
        What it was trained on, one sentence.
    validation : Validation
        On cases that were not trained on.
    standard_scales : mapping of Sequence to StandardScale, optional
        Of the source that was trained on.
    untaught : Untaught
        Of the same source; the bundle has no such outputs and takes no such sequences.
    losses : Path, optional
        File with the losses of the run.

    Raises
    ------
    LearningError
        As of :func:`refuse_to_export`.
    BundleError
        The model that the network started from can no longer be loaded.
    """
    settings = model.settings
    refuse_to_export(settings, untaught)
    keys, taught = output_keys(settings), _taught(settings, untaught)
    outputs = tuple(region for region in _OUTPUTS if region.key in taught)
    sequences = tuple(sequence for sequence in Sequence if sequence not in untaught.sequences)
    channels = settings.network.channels
    second_looks, appearance = _ways_to_ask(settings)
    definition = NetworkDefinition(
        f"{ResidualUNet.__module__}.{ResidualUNet.__qualname__}",
        {
            "in_channels": len(sequences),
            "out_channels": len(outputs) + (BRAIN in taught),
            "channels": list(channels),
            "supervised_levels": settings.network.supervised_levels,
        },
    )
    specification = ModelSpecification(
        version=version,
        description=_description(outputs),
        network=definition,
        sequences=sequences,
        outputs=outputs,
        outputs_brain=BRAIN in taught,
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
        second_looks=_looks(second_looks, sequences, taught),
        flip_averaging=settings.cases.mirror and bool(outputs),
        appearance=appearance and bool(outputs),
        needs=_needs(outputs, sequences),
        data_source=data_source,
        scores=validation.scores,
    )
    kept = [keys.index(key) for key in (*(region.key for region in outputs), BRAIN) if key in taught]
    card = _card(folder.name, version, model, data_source, validation, what_is_left_out(settings, untaught))
    network = _with_inputs(_with_outputs(model.network, kept), [one.channel for one in sequences])
    return write_bundle(folder, network, specification, card, licence, further=_how_it_was_trained(settings, losses))


def refuse_to_export(settings: TrainingSettings, untaught: Untaught = _NOTHING_UNTAUGHT) -> None:
    """Say what stands against a bundle, which is known before a step of the training is made.

    Raises
    ------
    LearningError
        The recipe's network is one that the module cannot run on volumes, or nothing that it is to find is shown.
    """
    if settings.recipe is not Recipe.WHOLE_BRAIN:
        raise LearningError(
            "A network on axial patches cannot be exported: the module runs networks on volumes.",
            "Train with the recipe 'whole-brain' to get a bundle.",
        )
    if _taught(settings, untaught):
        return
    unseen = [need for need in untaught.unmet_needs if need.region in output_keys(settings)]
    if unseen:
        lacking = [s.value for s in Sequence if any(s in need.any_of for need in unseen)]
        regions = ", ".join(dict.fromkeys(need.region for need in unseen))
        raise LearningError(
            f"No training case has a {_either(lacking)} image, without which {regions} cannot be learnt.",
            "Add cases with such images.",
        )
    raise LearningError(
        f"No training case shows what the network is to find: {', '.join(output_keys(settings))}.",
        "Add cases that show it, or name other regions in 'region_weights'.",
    )


def _taught(settings: TrainingSettings, untaught: Untaught) -> tuple[str, ...]:
    """Keys of the outputs that the bundle has."""
    possible = {*(region.key for region in _OUTPUTS), BRAIN} - set(untaught.outputs)
    return tuple(key for key in output_keys(settings) if key in possible)


def _ways_to_ask(settings: TrainingSettings) -> tuple[tuple[SecondLook, ...], bool]:
    """Second looks and correction by appearance: as the settings say, else as of the model that training started from.

    A network that goes on from another answers as that one does, and is worse when it is asked otherwise.
    """
    parent = parent_of(settings.transfer)
    looks, appearance = (parent.specification.second_looks, parent.specification.appearance) if parent else ((), False)
    return (
        looks if settings.second_looks is None else settings.second_looks,
        appearance if settings.appearance is None else settings.appearance,
    )


def _how_it_was_trained(settings: TrainingSettings, losses: Path | None) -> dict[str, str]:
    """Contents of files for the bundle, by their paths in it."""
    files = {_SETTINGS: yaml.safe_dump(to_plain(settings), sort_keys=False)}
    if losses is not None:
        files[_LOG] = losses.read_text(encoding="utf-8")
    return files


def _either(names: Items[str]) -> str:
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _looks(
    looks: Iterable[SecondLook], sequences: Collection[Sequence], taught: Collection[str]
) -> tuple[SecondLook, ...]:
    """The second looks that withhold something from the bundle and are at what it has outputs for."""
    kept = (
        SecondLook(
            tuple(sequence for sequence in look.without if sequence in sequences),
            tuple(key for key in look.regions if key in taught),
        )
        for look in looks
    )
    return tuple(look for look in kept if look.without and look.regions)


def _needs(outputs: Iterable[Region], sequences: Collection[Sequence]) -> tuple[Need, ...]:
    """What the regions that the bundle draws need of the sequences that it takes."""
    drawn = {region.key for region in (*outputs, ED, NCR)}
    return tuple(
        replace(need, any_of=tuple(sequence for sequence in need.any_of if sequence in sequences))
        for need in NEEDS
        if need.region in drawn
    )


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


def _with_inputs(network: nn.Module, kept: list[int]) -> nn.Module:
    """A copy of the network that has only the input channels `kept`; to zeros in the others it answered the same."""
    reduced = copy.deepcopy(network)
    stem = reduced.stem
    if not isinstance(stem, nn.Sequential) or not isinstance(stem[0], nn.Conv3d):
        raise TypeError("the stem of a ResidualUNet begins with a convolution")
    smaller = nn.Conv3d(len(kept), stem[0].out_channels, 3, padding=1, bias=False)
    with torch.no_grad():
        smaller.weight.copy_(stem[0].weight[:, kept])
    stem[0] = smaller
    return reduced


def _card(name: str, version: str, model: TrainedModel, data_source: str, validation: Validation, left_out: str) -> str:
    network = f"{ResidualUNet.__module__}.{ResidualUNet.__name__}"
    lines = [
        f"# {name}",
        "",
        f"Version {version}. Trained on: {data_source}",
        "",
        *([left_out, ""] if left_out else ()),
        f"Steps: {model.steps_done} of {model.settings.optimisation.steps}; seed {model.settings.seed}. All settings "
        f"are in `{_SETTINGS}`.",
        "",
        f"Programs that read MONAI's bundles build the network where `{network}` can be imported.",
        "",
        *_score_lines(validation),
        "Research only; not a medical device, not to be used for diagnosis or treatment.",
    ]
    return "\n".join(lines) + "\n"


def _score_lines(validation: Validation) -> list[str]:
    if not validation.cases:
        return []
    figures = [f"- {name}: {value:.3f}" for name, value in validation.scores.items()]
    return [f"Mean over {validation.cases} cases that were not trained on:", "", *figures, ""]
