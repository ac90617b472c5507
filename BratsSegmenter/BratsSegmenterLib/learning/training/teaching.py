"""What a site's own cases teach a network, and what they cannot: nobody learns what is never shown."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import torch

from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.learning.training.settings import TrainingSettings
from BratsSegmenterLib.learning.training.whole_brain import BRAIN, output_keys

_NAMES = {**{key: region.name.lower() for key, region in REGIONS.items()}, BRAIN: "brain"}


def untaught_outputs(files: Iterable[Path]) -> tuple[str, ...]:
    """Keys of outputs that a network cannot learn from prepared cases.

    The brain is always one: in images without skull it is all that is not zero, which is no brain in a head.

    Parameters
    ----------
    files : iterable of Path
        Of the cases that are trained on, as :func:`~BratsSegmenterLib.learning.training.folders.prepare_cases` keeps
        them; read until every region was seen.
    """
    unseen = dict(REGIONS)
    for file in files:
        if not unseen:
            break
        labels = torch.load(file, weights_only=True, mmap=True)["labels"].unique().tolist()
        unseen = {key: region for key, region in unseen.items() if not set(region.labels) & set(labels)}
    return (*unseen, BRAIN)


def what_is_left_out(settings: TrainingSettings, untaught: Iterable[str]) -> str:
    """One sentence on the outputs of a training that its cases could not teach; empty where they taught all."""
    untaught = set(untaught)
    names = [_NAMES[key] for key in output_keys(settings) if key in untaught]
    return f"The model has no output for what its cases cannot teach: {', '.join(names)}." if names else ""
