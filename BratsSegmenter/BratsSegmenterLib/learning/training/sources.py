"""Where training and validation cases come from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from collections.abc import Sequence as SequenceOf
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

import torch

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import find_labelled_cases, sequence_gaps, with_label_four_settled
from BratsSegmenterLib.learning.synthesis import load_anatomies
from BratsSegmenterLib.learning.training.cases import Cases, Share, SyntheticCases
from BratsSegmenterLib.learning.training.folders import FolderCases, KeptCase, prepare_cases, split
from BratsSegmenterLib.learning.training.nyul import learn_standard_scales
from BratsSegmenterLib.learning.training.settings import TrainingSettings
from BratsSegmenterLib.learning.training.teaching import Untaught, untaught_by, with_what_only_held_back_cases_show
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import StandardScale

_VALIDATION_SEED = 2**31
_USUAL_VALIDATION = 8
"""Fresh synthetic cases that are scored."""


class CaseSource(Protocol):
    """Cases to train on and other ones to validate on.

    Attributes
    ----------
    description : str
        One sentence for the model card.
    problems : tuple of str
        Cases that were set aside, and why; sequences that cases lack; what was assumed about labels.
    untaught : Untaught
        What a network cannot learn from the cases.
    standard_scales : mapping of Sequence to StandardScale
        Onto which the images of all cases were brought; empty when they were not.
    """

    description: str
    problems: tuple[str, ...]
    untaught: Untaught
    standard_scales: Mapping[Sequence, StandardScale]

    def training(self, rank: int, size: int, device: torch.device) -> Cases:
        """The cases of process `rank` of `size` that train together; made on `device` where that is faster."""
        ...

    def validation(self, count: int | None, device: torch.device) -> tuple[Cases, int]:
        """Cases that are not trained on, numbered from 0, and how many of them to use, at most `count`.

        None asks for all there are, or for as many as are usual where there is no end of them.
        """
        ...


class SyntheticSource:
    """Heads made on the fly.

    Parameters
    ----------
    settings : TrainingSettings
    anatomy : Path or None
        Folder of label maps; None for the atlas of nilearn.
    cache : Path
        Folder where prepared anatomies are kept.

    Raises
    ------
    LearningError
        There is no anatomy, or the settings ask for a standard scale, which is learnt from real images.
    """

    standard_scales: Mapping[Sequence, StandardScale] = MappingProxyType({})
    description = "Synthetic heads with gliomas made from label maps; no image of a patient."
    problems: tuple[str, ...] = ()
    untaught = Untaught()

    def __init__(self, settings: TrainingSettings, anatomy: Path | None, cache: Path, progress: Progress) -> None:
        if settings.cases.standard_scale:
            raise LearningError(
                "The setting 'cases.standard_scale' asks for a scale learnt from real images; these are synthetic.",
                "Train on your own cases, or set it to false.",
            )
        self._settings = settings
        self._folder = anatomy
        self._cache = cache
        with progress.stage("anatomy"):
            self._anatomies = load_anatomies(anatomy, settings.synthesis.spacing_mm, cache=cache, progress=progress)

    def training(self, rank: int, size: int, device: torch.device) -> Cases:
        """Cases of this process alone; on its device when no worker processes make them."""
        inline = self._settings.cases.workers == 0
        return self._cases((self._settings.seed, rank), device if inline else torch.device("cpu"))

    def validation(self, count: int | None, device: torch.device) -> tuple[Cases, int]:
        """As many fresh cases as wanted."""
        cases = self._cases((self._settings.seed + _VALIDATION_SEED,), device)
        return cases, _USUAL_VALIDATION if count is None else count

    def _cases(self, seed: tuple[int, ...], device: torch.device) -> Cases:
        anatomies = self._anatomies
        if device.type != "cpu":
            anatomies = load_anatomies(self._folder, self._settings.synthesis.spacing_mm, device, self._cache)
        return SyntheticCases(anatomies, self._settings.synthesis, seed, device)


class FolderSource:
    """A site's own labelled cases, some of them held back for validation.

    Parameters
    ----------
    settings : TrainingSettings
    data : Path
        Folder in BraTS' or nnU-Net's layout.
    validation_share : float
        Of the cases, held back.
    cache : Path
        Folder where prepared cases are kept.
    progress : Progress
    held_back : sequence of str, optional
        Names of the cases that the run held back before; cases that came since are trained on.

    Attributes
    ----------
    held_back : tuple of str
        Names of the cases that are not trained on.

    Raises
    ------
    LearningError
        There is no case that can be used or none to train on, one that was held back is no longer there, or no case has
        a sequence beside images whose names are not understood.
    BundleError
        The model to start from cannot be loaded.
    """

    def __init__(
        self,
        settings: TrainingSettings,
        data: Path,
        validation_share: float,
        cache: Path,
        progress: Progress,
        held_back: SequenceOf[str] | None = None,
    ) -> None:
        grid = settings.synthesis
        found = find_labelled_cases(data)
        _refuse_lost(held_back or (), {case.name for case in found}, data)
        with progress.stage("labels"):
            found, meaning_of_four = with_label_four_settled(found, progress)
        gaps = sequence_gaps([case.files for case in found])
        with progress.stage("cases"):
            prepared = prepare_cases(found, grid.shape, grid.spacing_mm, cache, progress)
        to_train, to_validate = split(prepared.cases, validation_share, settings.seed, held_back)
        if held_back is None:
            to_train, to_validate = with_what_only_held_back_cases_show(to_train, to_validate, settings)
        if not to_train:
            raise LearningError(
                f"All cases in '{data.name}' that can be used are held back; none is left to train on.",
                "Add cases, or hold back fewer.",
            )
        self.held_back = tuple(sorted({*(held_back or ()), *(case.name for case in to_validate)}))
        training, validation = ([case.file for case in side] for side in (to_train, to_validate))
        wanted = settings.cases.standard_scale
        self.standard_scales: Mapping[Sequence, StandardScale] = (
            learn_standard_scales(FolderCases(training)) if wanted else {}
        )
        self._training = FolderCases(training, settings.seed, self.standard_scales)
        self._validation = FolderCases(validation, standard_scales=self.standard_scales)
        self.untaught = untaught_by(training, settings.transfer)
        assumed = (meaning_of_four,) if meaning_of_four else ()
        self.problems = (*assumed, *gaps, *(case.reason for case in prepared.set_aside))
        self.description = _counted(to_train)

    def training(self, rank: int, size: int, device: torch.device) -> Cases:
        """The processes go through all cases together, each taking another one at the same step."""
        return Share(self._training, rank, size)

    def validation(self, count: int | None, device: torch.device) -> tuple[Cases, int]:
        """The cases held back."""
        held_back = len(self._validation)
        return self._validation, held_back if count is None else min(count, held_back)


def _counted(cases: SequenceOf[KeptCase]) -> str:
    """How many of how many patients, as far as names tell."""
    patients = len({case.patient for case in cases})
    of_whom = "one patient" if patients == 1 else f"{patients} patients"
    return f"{len(cases)} labelled case{'s' if len(cases) > 1 else ''} of {of_whom}."


def _refuse_lost(held_back: SequenceOf[str], found: Collection[str], data: Path) -> None:
    """A case that was held back and now has another name would be trained on."""
    lost = [name for name in held_back if name not in found]
    if lost:
        raise LearningError(
            f"The case '{lost[0]}', which this run holds back for validation, is no longer in '{data.name}'.",
            "Bring it back under its name, or start a new run.",
        )
