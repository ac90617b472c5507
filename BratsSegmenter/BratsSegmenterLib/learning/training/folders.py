"""A site's own labelled cases: folders in BraTS' layout or in nnU-Net's."""

from __future__ import annotations

import os
from collections.abc import Sequence as SequenceOf
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import SetAside, find_cases
from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.nnunet import TrainingFiles, is_nnunet_folder, nnunet_cases
from BratsSegmenterLib.learning.training.preparation import prepare
from BratsSegmenterLib.progress import Progress


def find_training_cases(folder: Path) -> tuple[TrainingFiles, ...]:
    """The labelled cases of a folder in nnU-Net's layout, if it has a dataset.json, else in BraTS' layout.

    Raises
    ------
    LearningError
        There is none, or dataset.json does not say what its channels and labels are.
    """
    if is_nnunet_folder(folder):
        return nnunet_cases(folder)
    return tuple(TrainingFiles(case) for case in find_cases(folder))


class FolderCases(Dataset[TrainingCase]):
    """Cases of a folder on the network's grid; the numbers run through all of them, then through all again.

    Each pass has an order of its own. Cases that cannot be used are set aside and named; they stop nothing.

    Parameters
    ----------
    files : sequence of TrainingFiles
    shape, spacing_mm
        Of the network's grid.
    cache : Path
        Folder where prepared cases are kept.
    seed : int
        Of the orders.

    Attributes
    ----------
    set_aside : tuple of SetAside
        Cases that cannot be used, and why.

    Raises
    ------
    LearningError
        No case can be used.
    """

    def __init__(
        self,
        files: SequenceOf[TrainingFiles],
        shape: tuple[int, int, int],
        spacing_mm: float,
        cache: Path,
        seed: int = 0,
        progress: Progress | None = None,
    ) -> None:
        progress = progress or Progress()
        self._seed = seed
        self._prepared: list[Path] = []
        set_aside = []
        cache.mkdir(parents=True, exist_ok=True)
        for number, case in enumerate(files):
            progress.update(number / len(files), case.name)
            target = cache / f"{case.name}-{'x'.join(map(str, shape))}-{spacing_mm:g}mm.pt"
            try:
                if not target.exists():
                    _keep(prepare(case.read(), shape, spacing_mm), target)
                self._prepared.append(target)
            except LearningError as error:
                set_aside.append(SetAside(case.name, str(error)))
        self.set_aside = tuple(set_aside)
        if not self._prepared:
            reasons = " ".join(case.reason for case in set_aside)
            raise LearningError(f"None of the {len(files)} training cases can be used. {reasons}".strip())

    def __len__(self) -> int:
        return len(self._prepared)

    def __getitem__(self, number: int) -> TrainingCase:
        turn, place = divmod(number, len(self))
        order = np.random.default_rng((self._seed, turn)).permutation(len(self))
        kept = torch.load(self._prepared[order[place]], weights_only=True)
        present = tuple(Sequence(value) for value in kept["present"])
        return TrainingCase(kept["images"], kept["labels"], kept["brain"], present)


def split(
    files: SequenceOf[TrainingFiles], validation_share: float, seed: int
) -> tuple[tuple[TrainingFiles, ...], tuple[TrainingFiles, ...]]:
    """Training and validation cases, at random but the same for the same seed; at least one trains."""
    order = np.random.default_rng(seed).permutation(len(files))
    count = min(round(len(files) * validation_share), len(files) - 1)
    chosen = set(order[:count].tolist())
    return (
        tuple(case for number, case in enumerate(files) if number not in chosen),
        tuple(case for number, case in enumerate(files) if number in chosen),
    )


def _keep(case: TrainingCase, target: Path) -> None:
    unfinished = target.with_name(f".{os.getpid()}-{target.name}")
    present = [sequence.value for sequence in case.present]
    torch.save({"images": case.images, "labels": case.labels, "brain": case.brain, "present": present}, unfinished)
    os.replace(unfinished, target)
