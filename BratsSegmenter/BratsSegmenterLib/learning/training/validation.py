"""How well a network does on cases it was not trained on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import torch
from torch import Tensor

from BratsSegmenterLib.domain import ET, TC, WT, Sequence
from BratsSegmenterLib.learning.training.recipes import build_recipe
from BratsSegmenterLib.learning.training.sources import CaseSource
from BratsSegmenterLib.learning.training.trainer import TrainedModel
from BratsSegmenterLib.learning.training.whole_brain import region_targets
from BratsSegmenterLib.progress import Progress


@dataclass(frozen=True)
class Validation:
    """What was measured on how many cases that were not trained on.

    Attributes
    ----------
    cases : int
    scores : mapping of str to float
        "WT Dice" and so on; empty when there is no case.
    """

    cases: int = 0
    scores: Mapping[str, float] = field(default_factory=dict)


@torch.inference_mode()
def validate(
    model: TrainedModel, source: CaseSource, count: int | None = None, progress: Progress | None = None
) -> Validation:
    """Mean Dice of WT, TC and ET, or of all outputs of a network without them, on the network's own grid.

    1 where a region is neither true nor found. Sequences that no case taught are withheld, as from the exported model.

    Parameters
    ----------
    source : CaseSource
        Of the validation cases.
    count : int or None
        Of the cases at most; None for as many as the source has, or as are usual where it makes them.
    """
    progress = progress or Progress()
    recipe = build_recipe(model.settings)
    device = next(model.network.parameters()).device
    cases, number_of_cases = source.validation(count, device)
    taught = torch.tensor([sequence not in source.untaught.sequences for sequence in Sequence], device=device)
    values: dict[str, list[float]] = {}
    for number in range(number_of_cases):
        progress.update(number / number_of_cases)
        case = cases[number]
        found = recipe.segment(model.network, case.images.to(device) * taught.view(-1, 1, 1, 1))
        keys = tuple(key for key in (WT.key, TC.key, ET.key) if key in found) or tuple(found)
        for key, true in zip(keys, region_targets(case, keys), strict=True):
            values.setdefault(key, []).append(_dice(found[key].cpu(), true.cpu() > 0))
    return Validation(number_of_cases, {f"{key} Dice": sum(dice) / len(dice) for key, dice in values.items()})


def _dice(found: Tensor, true: Tensor) -> float:
    total = int(found.sum()) + int(true.sum())
    return 2 * int((found & true).sum()) / total if total else 1.0
