"""A site's own labelled cases, brought onto the network's grid and kept there."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Collection, Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import LabelledFiles, SetAside
from BratsSegmenterLib.learning.synthesis.skull_stripping import CLIP
from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.preparation import OutsideGridError, prepare
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import StandardScale, on_standard_scales

_NAMED = 3
"""Cases that a sentence names, of a data set in which all of them may have one fault."""


@dataclass(frozen=True)
class KeptCase:
    """A case on the network's grid: what it is called, whose it is, and the file that holds it."""

    name: str
    patient: str
    file: Path


@dataclass(frozen=True)
class PreparedCases:
    """Cases on the network's grid, and the cases that cannot be used."""

    cases: tuple[KeptCase, ...]
    set_aside: tuple[SetAside, ...]

    @property
    def files(self) -> tuple[Path, ...]:
        """Of the cases."""
        return tuple(case.file for case in self.cases)


def prepare_cases(
    found: SequenceOf[LabelledFiles],
    shape: tuple[int, int, int],
    spacing_mm: float,
    cache: Path,
    progress: Progress | None = None,
) -> PreparedCases:
    """Bring cases onto the network's grid; those that cannot be used are set aside and named, and stop nothing.

    Parameters
    ----------
    found : sequence of LabelledFiles
    shape : tuple of int
        Slices, rows, columns of the grid.
    spacing_mm : float
        Of the grid.
    cache : Path
        Folder where prepared cases are kept; those that lie there are not prepared again, unless a file of theirs or
        the meaning of its labels has changed.

    Raises
    ------
    LearningError
        No case can be used, or the grid cuts most of them.
    """
    progress = progress or Progress()
    kept, set_aside = [], []
    cut: list[OutsideGridError] = []
    cache.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(found):
        progress.update(number / len(found), case.name)
        state = hashlib.sha256(case.state().encode()).hexdigest()[:12]
        target = cache / f"{case.name}-{'x'.join(map(str, shape))}-{spacing_mm:g}mm-{state}.pt"
        try:
            if not target.exists():
                _keep(prepare(case.read(), shape, spacing_mm), target)
            kept.append(KeptCase(case.name, case.files.patient, target))
        except LearningError as error:
            if isinstance(error, OutsideGridError):
                cut.append(error)
            set_aside.append(SetAside(case.name, str(error)))
    if 2 * len(cut) > len(found):
        raise LearningError(f"The grid cuts {len(cut)} of {len(found)} cases. {cut[0].what}", cut[0].advice)
    if not kept:
        reasons = " ".join(case.reason for case in set_aside[:_NAMED])
        more = f" {len(set_aside) - _NAMED} more were set aside." if len(set_aside) > _NAMED else ""
        raise LearningError(f"None of the {len(found)} training cases can be used. {reasons}{more}".strip())
    return PreparedCases(tuple(kept), tuple(set_aside))


class FolderCases(Dataset[TrainingCase]):
    """Prepared cases; the numbers run through all of them, then through all again in another order.

    Parameters
    ----------
    files : sequence of Path
        From :func:`prepare_cases`; not empty.
    seed : int
        Of the orders.
    standard_scales : mapping of Sequence to StandardScale, optional
        To bring the images onto.
    """

    def __init__(
        self,
        files: SequenceOf[Path],
        seed: int = 0,
        standard_scales: Mapping[Sequence, StandardScale] | None = None,
    ) -> None:
        self._files = tuple(files)
        self._seed = seed
        self._standard_scales = standard_scales or {}

    def __len__(self) -> int:
        return len(self._files)

    def __getitem__(self, number: int) -> TrainingCase:
        turn, place = divmod(number, len(self))
        order = np.random.default_rng((self._seed, turn)).permutation(len(self))
        kept = torch.load(self._files[order[place]], weights_only=True)
        present = tuple(Sequence(value) for value in kept["present"])
        images, brain = kept["images"], kept["brain"]
        if self._standard_scales:
            scaled = on_standard_scales(images.numpy(), tuple(Sequence), brain.numpy(), self._standard_scales)
            images = torch.from_numpy(scaled.clip(*CLIP)).half()
        return TrainingCase(images, kept["labels"], brain, present)


def split(
    cases: SequenceOf[KeptCase], validation_share: float, seed: int, held_back: Collection[str] | None = None
) -> tuple[tuple[KeptCase, ...], tuple[KeptCase, ...]]:
    """Training and validation cases, at random but the same for the same seed; at least one patient trains.

    All cases of a patient are on one side.

    Parameters
    ----------
    cases : sequence of KeptCase
    validation_share : float
        Of the cases, held back.
    seed : int
    held_back : collection of str, optional
        Names of the cases that were held back before; they and the other cases of their patients are held back again,
        and no others.
    """
    by_patient: dict[str, list[KeptCase]] = {}
    for case in cases:
        by_patient.setdefault(case.patient, []).append(case)
    if held_back is None:
        validating = _drawn(by_patient, round(len(cases) * validation_share), seed)
    else:
        validating = {case.patient for case in cases if case.name in held_back}
    return (
        tuple(case for case in cases if case.patient not in validating),
        tuple(case for case in cases if case.patient in validating),
    )


def _drawn(by_patient: Mapping[str, SequenceOf[KeptCase]], wanted: int, seed: int) -> set[str]:
    """Patients, but one at the least, drawn until there are as many cases as wanted."""
    patients, count = list(by_patient), 0
    validating: set[str] = set()
    for number in np.random.default_rng(seed).permutation(len(patients))[:-1]:
        if count >= wanted:
            break
        validating.add(patients[number])
        count += len(by_patient[patients[number]])
    return validating


def _keep(case: TrainingCase, target: Path) -> None:
    unfinished = target.with_name(f".{os.getpid()}-{target.name}")
    present = [sequence.value for sequence in case.present]
    torch.save({"images": case.images, "labels": case.labels, "brain": case.brain, "present": present}, unfinished)
    os.replace(unfinished, target)
