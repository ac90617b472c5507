"""A site's own labelled cases: folders in BraTS' layout or in nnU-Net's."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from collections.abc import Sequence as SequenceOf
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.utils.data import Dataset

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import SetAside, find_cases
from BratsSegmenterLib.learning.synthesis.skull_stripping import CLIP
from BratsSegmenterLib.learning.training.cases import TrainingCase
from BratsSegmenterLib.learning.training.nnunet import TrainingFiles, is_nnunet_folder, nnunet_cases
from BratsSegmenterLib.learning.training.preparation import prepare
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import StandardScale
from BratsSegmenterLib.segmentation.standard_scale import on_standard_scales

_PATIENT_AND_STUDY = re.compile(r"(?P<patient>BraTS-[A-Za-z]+-\d{5}(?=-\d{3}-)|[0-9a-f]{12}(?=-[0-9a-f]{12}-))")


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


@dataclass(frozen=True)
class PreparedCases:
    """Cases on the network's grid, one file each, and the cases that cannot be used."""

    files: tuple[Path, ...]
    set_aside: tuple[SetAside, ...]


def prepare_cases(
    found: SequenceOf[TrainingFiles],
    shape: tuple[int, int, int],
    spacing_mm: float,
    cache: Path,
    progress: Progress | None = None,
) -> PreparedCases:
    """Bring cases onto the network's grid; those that cannot be used are set aside and named, and stop nothing.

    Parameters
    ----------
    found : sequence of TrainingFiles
    shape : tuple of int
        Slices, rows, columns of the grid.
    spacing_mm : float
        Of the grid.
    cache : Path
        Folder where prepared cases are kept; those that lie there are not prepared again.

    Raises
    ------
    LearningError
        No case can be used.
    """
    progress = progress or Progress()
    files, set_aside = [], []
    cache.mkdir(parents=True, exist_ok=True)
    for number, case in enumerate(found):
        progress.update(number / len(found), case.name)
        target = cache / f"{case.name}-{'x'.join(map(str, shape))}-{spacing_mm:g}mm.pt"
        try:
            if not target.exists():
                _keep(prepare(case.read(), shape, spacing_mm), target)
            files.append(target)
        except LearningError as error:
            set_aside.append(SetAside(case.name, str(error)))
    if not files:
        reasons = " ".join(case.reason for case in set_aside)
        raise LearningError(f"None of the {len(found)} training cases can be used. {reasons}".strip())
    return PreparedCases(tuple(files), tuple(set_aside))


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


def split(files: SequenceOf[Path], validation_share: float, seed: int) -> tuple[tuple[Path, ...], tuple[Path, ...]]:
    """Training and validation cases, at random but the same for the same seed; at least one patient trains.

    All cases of a patient are on one side, where their names say whose they are: those of BraTS since 2023
    ("BraTS-GLI-00005-100" is time point 100 of patient 5) and those of ``collect``.
    """
    by_patient: dict[str, list[Path]] = {}
    for file in files:
        by_patient.setdefault(_patient_of(file), []).append(file)
    patients = list(by_patient)
    held_back: set[Path] = set()
    for number in np.random.default_rng(seed).permutation(len(patients))[:-1]:
        if len(held_back) >= round(len(files) * validation_share):
            break
        held_back.update(by_patient[patients[number]])
    return (
        tuple(file for file in files if file not in held_back),
        tuple(file for file in files if file in held_back),
    )


def _patient_of(file: Path) -> str:
    match = _PATIENT_AND_STUDY.match(file.name)
    return match["patient"] if match else file.name


def _keep(case: TrainingCase, target: Path) -> None:
    unfinished = target.with_name(f".{os.getpid()}-{target.name}")
    present = [sequence.value for sequence in case.present]
    torch.save({"images": case.images, "labels": case.labels, "brain": case.brain, "present": present}, unfinished)
    os.replace(unfinished, target)
