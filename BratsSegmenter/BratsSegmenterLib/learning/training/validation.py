"""How well a network does on cases it was not trained on."""

from __future__ import annotations

import torch
from torch import Tensor

from BratsSegmenterLib.domain import ET, TC, WT
from BratsSegmenterLib.learning.training.recipes import build_recipe
from BratsSegmenterLib.learning.training.sources import CaseSource
from BratsSegmenterLib.learning.training.trainer import TrainedModel
from BratsSegmenterLib.learning.training.whole_brain import region_targets
from BratsSegmenterLib.progress import Progress


@torch.inference_mode()
def validate(model: TrainedModel, source: CaseSource, count: int, progress: Progress | None = None) -> dict[str, float]:
    """Mean Dice of WT, TC and ET, or of all outputs of a network without them, on the network's own grid.

    1 where a region is neither true nor found.

    Parameters
    ----------
    source : CaseSource
        Of the validation cases.
    count : int
        Of the cases at most.

    Returns
    -------
    dict
        "WT Dice" and so on; empty when there is no case.
    """
    progress = progress or Progress()
    recipe = build_recipe(model.settings)
    device = next(model.network.parameters()).device
    cases, count = source.validation(count, device)
    values: dict[str, list[float]] = {}
    for number in range(count):
        progress.update(number / count)
        case = cases[number]
        found = recipe.segment(model.network, case.images.to(device))
        keys = tuple(key for key in (WT.key, TC.key, ET.key) if key in found) or tuple(found)
        for key, true in zip(keys, region_targets(case, keys), strict=True):
            values.setdefault(key, []).append(_dice(found[key].cpu(), true.cpu() > 0))
    return {f"{key} Dice": sum(dice) / len(dice) for key, dice in values.items()}


def _dice(found: Tensor, true: Tensor) -> float:
    total = int(found.sum()) + int(true.sum())
    return 2 * int((found & true).sum()) / total if total else 1.0
