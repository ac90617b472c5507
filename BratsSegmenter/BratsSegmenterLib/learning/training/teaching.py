"""What a site's own cases teach a network, and what they cannot: nobody learns what is never shown."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from collections.abc import Sequence as Items
from dataclasses import dataclass
from pathlib import Path

import torch

from BratsSegmenterLib.domain import ED, ET, NCR, RC, REGIONS, TC, WT, Sequence
from BratsSegmenterLib.learning.training.folders import KeptCase
from BratsSegmenterLib.learning.training.settings import TrainingSettings, TransferSettings
from BratsSegmenterLib.learning.training.transfer import parent_of
from BratsSegmenterLib.learning.training.whole_brain import BRAIN, output_keys
from BratsSegmenterLib.segmentation import Need

_NAMES = {**{key: region.name.lower() for key, region in REGIONS.items()}, BRAIN: "brain"}
_WATER = (Sequence.FLAIR, Sequence.T2)
NEEDS = (
    Need(WT.key, _WATER),
    Need(ED.key, _WATER),
    *(Need(region.key, (Sequence.T1C,)) for region in (ED, TC, NCR, ET)),
    Need(RC.key, tuple(Sequence)),
)
"""Sequences of which each region needs one, to be learnt and to be measured."""


@dataclass(frozen=True)
class Untaught:
    """What a network cannot learn from its cases; its bundle is to do without.

    Attributes
    ----------
    outputs : tuple of str
        Keys.
    sequences : tuple of Sequence
        A network that met them as zeros alone answers anything when it is shown one.
    """

    outputs: tuple[str, ...] = ()
    sequences: tuple[Sequence, ...] = ()

    @property
    def unmet_needs(self) -> tuple[Need, ...]:
        """The needs that none of the cases meets, whatever its labels show."""
        return _unmet(self.sequences)


def untaught_by(files: Iterable[Path], transfer: TransferSettings) -> Untaught:
    """What a network cannot learn from prepared cases.

    The brain is always one: in images without skull it is all that is not zero, which is no brain in a head. A sequence
    that no case has is known all the same where the model knows it that the network starts from.

    Parameters
    ----------
    files : iterable of Path
        Of the cases that are trained on, as :func:`~BratsSegmenterLib.learning.training.folders.prepare_cases` keeps
        them; read until all was seen.
    transfer : TransferSettings
        Of the training.

    Raises
    ------
    BundleError
        The model to start from cannot be loaded.
    """
    parent = parent_of(transfer)
    known = parent.specification.sequences if parent else ()
    regions, sequences = set(REGIONS), set(Sequence) - set(known)
    for file in files:
        if not regions and not sequences:
            break
        case = torch.load(file, weights_only=True, mmap=True)
        labels = set(case["labels"].unique().tolist()) if regions else set()
        regions = {key for key in regions if not set(REGIONS[key].labels) & labels}
        if not (transfer.bundle and transfer.freeze_encoder):  # which hears nothing new
            sequences -= {Sequence(value) for value in case["present"]}
    regions |= {need.region for need in _unmet(sequences)}
    return Untaught(
        (*(key for key in REGIONS if key in regions), BRAIN),
        tuple(sequence for sequence in Sequence if sequence in sequences),
    )


def with_what_only_held_back_cases_show(
    to_train: Items[KeptCase], to_validate: Items[KeptCase], settings: TrainingSettings
) -> tuple[tuple[KeptCase, ...], tuple[KeptCase, ...]]:
    """Training and validation cases, of which the former take patients who alone show what the settings ask for.

    A region, or a sequence, that is in one patient's cases only is better learnt than scored.
    """
    lacking = _lacking((case.file for case in to_train), settings)
    moved: set[str] = set()
    for case in to_validate if lacking else ():
        if shown := lacking - _lacking([case.file], settings):
            lacking -= shown
            moved.add(case.patient)
    return (
        (*to_train, *(case for case in to_validate if case.patient in moved)),
        tuple(case for case in to_validate if case.patient not in moved),
    )


def _lacking(files: Iterable[Path], settings: TrainingSettings) -> set[str]:
    """Outputs of the settings, and sequences, that cases could teach and these do not."""
    untaught = untaught_by(files, settings.transfer)
    outputs = set(output_keys(settings)) - {BRAIN}
    return {*outputs.intersection(untaught.outputs), *(sequence.value for sequence in untaught.sequences)}


def _unmet(untaught: Collection[Sequence]) -> tuple[Need, ...]:
    return tuple(need for need in NEEDS if all(sequence in untaught for sequence in need.any_of))


def what_is_left_out(settings: TrainingSettings, untaught: Untaught) -> str:
    """What the cases of a training could not teach, in a sentence or two; empty where they taught all."""
    outputs = [_NAMES[key] for key in output_keys(settings) if key in untaught.outputs]
    sequences = [sequence.value for sequence in untaught.sequences]
    sentences = (
        ("The model has no output for what its cases cannot teach", outputs),
        ("The model takes no images of sequences that it could not learn from its cases", sequences),
    )
    return " ".join(f"{what}: {', '.join(names)}." for what, names in sentences if names)
