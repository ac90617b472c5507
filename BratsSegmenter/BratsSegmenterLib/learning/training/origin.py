"""What a run learns from, kept in its folder: the next call goes on with the same, and its card tells the truth."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.configuration import checked, read_settings, to_plain
from BratsSegmenterLib.learning.limits import PROBABILITY, limited
from BratsSegmenterLib.learning.training.recipes import build_recipe
from BratsSegmenterLib.learning.training.run_folder import ORIGIN, SETTINGS, claim, has_begun
from BratsSegmenterLib.learning.training.settings import TrainingSettings, TransferSettings
from BratsSegmenterLib.learning.training.sources import CaseSource, FolderSource, SyntheticSource
from BratsSegmenterLib.learning.training.transfer import parent_of
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import Bundle

_OWN_CASES = "cases"
_USUAL_SHARE = 0.2


@dataclass(frozen=True)
class Origin:
    """What a run learns from.

    Attributes
    ----------
    data : Path or None
        Folder of own cases; None for synthetic heads.
    anatomy : Path or None
        Folder of the label maps that synthetic heads are made of; None for the ICBM atlas.
    validation_share : float
        Of own cases, held back.
    held_back : tuple of str or None
        Names of the cases held back; None before they were drawn.
    went_on_from : str
        The model that the run started from and what that was trained on, in a sentence; empty for random weights.
    exported : str
        SHA-256 of the weights that the run wrote into a bundle last; empty before.
    """

    data: Path | None = None
    anatomy: Path | None = None
    validation_share: float = limited(_USUAL_SHARE, PROBABILITY)
    held_back: tuple[str, ...] | None = None
    went_on_from: str = ""
    exported: str = ""


def origin_of(
    run: Path, data: Path | None = None, anatomy: Path | None = None, validation_share: float | None = None
) -> Origin:
    """What the run in a folder learns from, or, where none lies there, what a new one is asked to learn from.

    A run that was stopped before its training began takes what is asked for in place of what it noted.

    Parameters
    ----------
    run : Path
        Folder of the run.
    data, anatomy, validation_share
        As of :class:`Origin`; what is None is as the run says, or as usual.

    Raises
    ------
    LearningError
        The run learns from something else than is asked for, or on own cases that nobody names.
    """
    asked: dict[str, Any] = {
        "data": data and data.resolve(),
        "anatomy": anatomy and anatomy.resolve(),
        "validation_share": validation_share,
    }
    given = {name: value for name, value in asked.items() if value is not None}
    if not (run / ORIGIN).exists():
        _refuse_other_kind(run, data)
        return Origin(**given)
    kept = read_settings(Origin, run / ORIGIN)
    others = {name: value for name, value in given.items() if getattr(kept, name) != value}
    if others and has_begun(run):
        name, value = next(iter(others.items()))
        raise LearningError(
            f"The folder '{run.name}' holds a run {_what(kept)}, not with the {name.replace('_', ' ')} '{value}'.",
            f"Leave the option out to go on, choose another folder, or, if the data moved, correct {ORIGIN} there.",
        )
    if not others:
        return kept
    names_cases = data is not None or anatomy is not None
    base = Origin(validation_share=kept.validation_share) if names_cases else replace(kept, held_back=None)
    return replace(base, **given)


def open_source(origin: Origin, settings: TrainingSettings, run: Path, progress: Progress) -> CaseSource:
    """The cases to learn from; the run's folder says which, and its settings, before the first of them is prepared.

    Preparing many cases takes hours, and a call after an interruption is to go on with the same.

    Parameters
    ----------
    origin : Origin
        From :func:`origin_of`.
    settings : TrainingSettings
    run : Path
        Folder of the run.
    progress : Progress

    Raises
    ------
    LearningError
        A setting makes no sense or is not the run's, there is nothing to learn from, or a case that was held back is no
        longer there.
    BundleError
        The model to start from cannot be loaded.
    """
    build_recipe(checked(settings))  # says what is wrong with them before cases are prepared
    if not (has_begun(run) and origin.went_on_from):  # later another model may have that name
        origin = replace(origin, went_on_from=_beginning(settings.transfer))
    _note(origin, run)
    claim(run, settings)
    source = _source(origin, settings, run, progress)
    if origin.went_on_from:
        source.description = f"{source.description} {origin.went_on_from}"
    return source


def note_export(run: Path, bundle: Bundle) -> None:
    """Note in a run's folder that it made a bundle, which it may then replace."""
    _note(replace(read_settings(Origin, run / ORIGIN), exported=bundle.weights_sha256), run)


def exported_by(run: Path) -> str:
    """SHA-256 of the weights that the run in a folder wrote into a bundle last; empty where it wrote none."""
    return read_settings(Origin, run / ORIGIN).exported if (run / ORIGIN).exists() else ""


def _source(origin: Origin, settings: TrainingSettings, run: Path, progress: Progress) -> CaseSource:
    if origin.data is None:
        return SyntheticSource(settings, origin.anatomy, run / "anatomy", progress)
    own = FolderSource(settings, origin.data, origin.validation_share, run / _OWN_CASES, progress, origin.held_back)
    _note(replace(origin, held_back=own.held_back), run)
    return own


def _beginning(transfer: TransferSettings) -> str:
    """Which model a network goes on from; its terms hold for what comes of it, too."""
    parent = parent_of(transfer)
    if parent is None:
        return ""
    learnt_from = parent.specification.data_source or "its bundle does not say what"
    return f"Went on from {parent.said}, trained on: {learnt_from.rstrip('.')}."


def _note(origin: Origin, run: Path) -> None:
    write_atomically(run / ORIGIN, yaml.safe_dump(to_plain(origin), sort_keys=False).encode())


def _refuse_other_kind(run: Path, data: Path | None) -> None:
    """A run that began before runs noted what they learn from still has a folder of prepared cases, or none."""
    had_own_cases = (run / _OWN_CASES).exists()
    if not (had_own_cases or (run / SETTINGS).exists()) or had_own_cases == (data is not None):
        return
    if had_own_cases:
        what, advice = "your own cases and does not say where they are", "Give their folder with --data."
    else:
        what, advice = "synthetic heads", "Leave --data out to go on, or choose another folder."
    raise LearningError(f"The folder '{run.name}' holds a run on {what}.", advice)


def _what(origin: Origin) -> str:
    if origin.data:
        return f"on the cases in '{origin.data}' with a validation share of {origin.validation_share:g}"
    heads = f"the label maps in '{origin.anatomy}'" if origin.anatomy else "the ICBM atlas"
    return f"on synthetic heads made from {heads}"
