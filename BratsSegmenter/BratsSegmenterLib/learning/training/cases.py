"""Cases a network learns from, numbered: the same number is always the same case."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.learning.synthesis import Anatomy, SynthesisSettings, synthesise
from BratsSegmenterLib.learning.training.settings import CaseSettings


@dataclass(frozen=True, eq=False)
class TrainingCase:
    """What one training step sees of a case.

    Attributes
    ----------
    images : Tensor of float16 or float32, shape (4, slices, rows, columns)
        Normalised, zero outside the mask and where a sequence is missing.
    labels : Tensor of uint8, shape (slices, rows, columns)
        0 background, 1 NCR, 2 ED, 3 ET, 4 RC.
    brain : Tensor of bool, shape (slices, rows, columns)
    present : tuple of Sequence
    """

    images: Tensor = field(repr=False)
    labels: Tensor = field(repr=False)
    brain: Tensor = field(repr=False)
    present: tuple[Sequence, ...]


class Cases(Protocol):
    """Numbered cases; endless ones answer every number."""

    def __getitem__(self, number: int) -> TrainingCase:
        """The case of this number."""
        ...


class SyntheticCases(Dataset[TrainingCase]):
    """Endless synthetic cases.

    Parameters
    ----------
    anatomies : sequence of Anatomy
        Prepared for the settings' spacing on `device`.
    settings : SynthesisSettings
    seed : sequence of int
        Two runs with different seeds share no case.
    """

    def __init__(
        self,
        anatomies: SequenceOf[Anatomy],
        settings: SynthesisSettings,
        seed: SequenceOf[int],
        device: torch.device | str = "cpu",
    ) -> None:
        self._anatomies = anatomies
        self._settings = settings
        self._seed = seed
        self._device = device

    def __getitem__(self, number: int) -> TrainingCase:
        case = synthesise(self._anatomies, self._settings, (*self._seed, number), self._device)
        return TrainingCase(case.images.half(), case.labels, case.brain, case.present)


class Share(Dataset[TrainingCase]):
    """What one of several processes gets of numbered cases: of `size` neighbours the one of its `rank`."""

    def __init__(self, cases: Cases, rank: int, size: int) -> None:
        self._cases = cases
        self._rank = rank
        self._size = size

    def __getitem__(self, number: int) -> TrainingCase:
        return self._cases[number * self._size + self._rank]


def replayed(cases: Cases, settings: CaseSettings, seed: int, first_step: int) -> Iterator[TrainingCase]:
    """The case of each step, from `first_step` on, the same whether or not the run was interrupted.

    Making a case costs about as much as learning from it, so each is used several times: cases come in blocks, a block
    is gone through once in order while it is made, then in another order for each further use, while worker processes
    make the next block.
    """
    block_steps = settings.block * settings.uses
    block_number = first_step // block_steps
    stream = iter(_loader(cases, settings, block_number * settings.block))
    step = block_number * block_steps
    while True:
        made: list[TrainingCase] = []
        for use in range(settings.uses):
            order = np.arange(settings.block)
            if use:
                order = np.random.default_rng((seed, block_number, use)).permutation(settings.block)
            for place in order:
                if not use:
                    made.append(_own(next(stream)))
                if step >= first_step:
                    yield made[place]
                step += 1
        block_number += 1


class _From:
    """Numbers from `first` on, without end."""

    def __init__(self, first: int) -> None:
        self._first = first

    def __iter__(self) -> Iterator[int]:
        number = self._first
        while True:
            yield number
            number += 1


def _loader(cases: Cases, settings: CaseSettings, first: int) -> DataLoader[TrainingCase]:
    workers = settings.workers
    return DataLoader(
        cases,  # type: ignore[arg-type]
        sampler=_From(first),
        batch_size=None,
        num_workers=workers,
        worker_init_fn=_one_thread,
        collate_fn=_as_it_is,
        prefetch_factor=max(2, -(-settings.block // (2 * workers))) if workers else None,
    )


def _own(case: TrainingCase) -> TrainingCase:
    """A copy in this process's own memory; a worker's shared memory holds a file descriptor for each tensor."""
    return TrainingCase(case.images.clone(), case.labels.clone(), case.brain.clone(), case.present)


def _as_it_is(case: Any) -> Any:
    return case


def _one_thread(worker: int) -> None:
    torch.set_num_threads(1)
