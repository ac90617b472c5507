"""Studies that people corrected and signed become cases to train on: images as a network sees them, and the labels."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray

from BratsSegmenterLib import __version__
from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.domain import RC, Case, PreprocessingSteps, Segmentation, Sequence
from BratsSegmenterLib.errors import BratsSegmenterError, LearningError
from BratsSegmenterLib.image_files import write_image
from BratsSegmenterLib.ledger import Ledger, LedgerEntry
from BratsSegmenterLib.pipeline import brain_on_reference
from BratsSegmenterLib.preprocessing import PreparedCase, corrected_outside, preprocess
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.records import from_json, to_json
from BratsSegmenterLib.segmentation import brain_finder, load_bundle
from BratsSegmenterLib.study import JobFolder, KeptStudy
from BratsSegmenterLib.workbench import Workbench

_FILE_NAMES = {Sequence.T1: "t1n", Sequence.T1C: "t1c", Sequence.T2: "t2w", Sequence.FLAIR: "t2f"}
"""Of BraTS 2023 and later, where the label 4 is the resection cavity."""
_LABELS = "seg"
_PROVENANCE = "provenance.json"
_UNFINISHED = ".unfinished-"
_NAME_DIGITS = 12
_MOST_OUTSIDE_THE_BRAIN = 0.2


@dataclass(frozen=True)
class Provenance:
    """Where the labels of a case come from; nothing that says whose it is.

    Attributes
    ----------
    entry : int
        Number of the correction in the ledger.
    labels : str
        SHA-256 of its mask there.
    corrected_from : str
        Name and version of the model whose result was corrected.
    brain_model : str
        Name and version of the model that found the brain; empty where none did.
    software_version : str
        That prepared the images.
    """

    entry: int
    labels: str
    corrected_from: str
    brain_model: str
    software_version: str = __version__


@dataclass(frozen=True)
class Collection:
    """What became of the signed corrections.

    Attributes
    ----------
    added, known : tuple of str
        Names of the cases that were written, and of those that lay there already, as they are.
    set_aside : tuple of str
        A sentence for each job folder, by its name, of a study that cannot be used from any of its folders.
    doubtful : tuple of str
        A sentence for each of those cases whose labels may be of another patient.
    gone : int
        Studies with a signed correction whose images are not kept here any more.
    """

    added: tuple[str, ...]
    known: tuple[str, ...]
    set_aside: tuple[str, ...]
    gone: int
    doubtful: tuple[str, ...] = ()


def collect(
    studies: Path, ledger: Ledger, cases: Path, bundle: str, device: str, progress: Progress | None = None
) -> Collection:
    """Make a case in BraTS' layout of every kept study with a signed correction; the newest one counts.

    A study may lie in several job folders; the first that the case can be made of is taken.
    None is made where what the model drew was signed after that: the correction was taken back, which is said.

    The images are pre-processed as a study in use: registered, on the 1 mm grid, bias-corrected, without skull and
    normalised; the labels are carried onto that grid. A case is named by the pseudonyms of its patient and its study
    (of the study twice where no patient's ID is known), and appears whole or not at all.

    Parameters
    ----------
    studies : Path
        The folder with the job folders.
    ledger : Ledger
        It says which corrections were signed, and holds them.
    cases : Path
        The folder with the cases; made when missing.
    bundle : str
        The model that is to be trained further: it decides how the brain is found.
    device : str
        "auto", "cuda", "mps" or "cpu".

    Raises
    ------
    LearningError
        The ledger is not in order, or there is no folder with studies.
    BundleError
    Cancelled
        What was finished stays.
    """
    progress = progress or Progress()
    if not studies.is_dir():
        raise LearningError(f"There is no folder {studies}.", "Name the folder in which the studies are kept.")
    newest = {entry.study: entry for entry in ledger.entries() if entry.reviewer}
    model = load_bundle(bundle)
    added, known, used, met = [], [], set(), set()
    refused: list[tuple[str, str]] = []
    doubtful: list[str] = []
    folders = _segmented_in(studies)
    for number, folder in enumerate(folders):
        progress.update(number / len(folders), folder.name)
        bench, of_study = Workbench(folder, Credentials(), progress), ""
        try:
            study_uid, patient_id = _study_and_patient(folder, bench)
            entry = newest.get(ledger.pseudonym(study_uid))
            if entry is None or entry.study in used:
                continue
            of_study = entry.study
            met.add(of_study)
            patient = ledger.patient_pseudonym(patient_id) or entry.study
            name = f"{patient[:_NAME_DIGITS]}-{entry.study[:_NAME_DIGITS]}"
            _require_not_taken_back(entry, cases / name)
            if _labels_of(cases / name) == entry.after_mask:
                known.append(name)
                used.add(of_study)
                doubtful.extend(_doubts_of(entry, name, folder))
                continue
            case, corrected = bench.kept_case(), ledger.corrected(entry)
            _require_usable(case, corrected)
            is_postoperative = bool((corrected.labels == RC.label).any())
            prepared = preprocess(case, PreprocessingSteps(), progress, brain_finder(model, device, is_postoperative))
            _require_inside(corrected, prepared)
            labels = _carried(corrected, prepared)
            prepared = corrected_outside(prepared, labels > 0, progress)  # as a model in use sees it
            with progress.stage("write"):
                _write(cases / name, prepared, labels, _provenance(entry, prepared))
            added.append(name)
            used.add(of_study)
            doubtful.extend(_doubts_of(entry, name, folder))
        except BratsSegmenterError as error:
            refused.append((of_study, f"{folder.name}: {error}"))
    set_aside = tuple(sentence for of_study, sentence in refused if of_study not in used)
    gone = sum(not entry.changes_nothing for study, entry in newest.items() if study not in met)
    return Collection(tuple(added), tuple(known), set_aside, gone, tuple(doubtful))


def _segmented_in(studies: Path) -> list[Path]:
    return sorted(folder for folder in studies.iterdir() if folder.is_dir() and JobFolder(folder).segmentation.exists())


def _study_and_patient(folder: Path, bench: Workbench) -> tuple[str, str]:
    """Study Instance UID and Patient ID of a job folder: as noted when the study was chosen, else from the headers."""
    origin = KeptStudy(folder).origin
    if origin is not None:
        return origin.study.study_uid, origin.study.patient_id
    series = bench.study.series[0]
    return series.study_uid, str(series.header.get("PatientID") or "")


def _labels_of(case: Path) -> str:
    """SHA-256 of the labels of a case that lies there; empty where there is none, or none that says so."""
    try:
        return from_json(Provenance, json.loads((case / _PROVENANCE).read_text(encoding="utf-8"))).labels
    except (FileNotFoundError, ValueError, TypeError, KeyError):
        return ""


def _provenance(entry: LedgerEntry, prepared: PreparedCase) -> Provenance:
    model = entry.algorithm.title
    return Provenance(entry.number, entry.after_mask, model, prepared.brain_model)


def _require_not_taken_back(entry: LedgerEntry, case: Path) -> None:
    if entry.changes_nothing:
        raise LearningError(
            f"The correction was taken back: what the model drew was signed later (the ledger's entry {entry.number}).",
            f"Delete the case {case.name}, which was made of it." if case.exists() else "",
        )


def _doubts_of(entry: LedgerEntry, name: str, folder: Path) -> tuple[str, ...]:
    if not entry.is_elsewhere:
        return ()
    return (
        f"{name}: the tumour of its labels shares no voxel with what was drawn before (the ledger's entry "
        f"{entry.number}). Make sure in {folder.name} that they are this patient's, else delete the case.",
    )


def _require_usable(case: Case, corrected: Segmentation) -> None:
    missing = [sequence.value for sequence in Sequence if sequence not in case.volumes]
    if missing:
        raise LearningError(
            f"The study lacks {', '.join(missing)}; a case to train on has all four sequences.",
            "Take it from another study of the patient, where the panel offers one, and segment again.",
        )
    if not case.reference_volume.geometry.is_kept_as(corrected.geometry):
        raise LearningError(
            f"The correction was not drawn on the {case.reference.value} of the kept result.",
            "Continue from that correction in the panel, send it, and collect again.",
        )


def _require_inside(corrected: Segmentation, prepared: PreparedCase) -> None:
    drawn = corrected.labels > 0
    outside = np.count_nonzero(drawn & ~brain_on_reference(prepared))
    if outside > _MOST_OUTSIDE_THE_BRAIN * np.count_nonzero(drawn):
        raise LearningError(
            f"{outside / np.count_nonzero(drawn):.0%} of what was drawn lies outside the brain that was found.",
            "Look at the mask on the study's quality page; the study is of no use where that is wrong.",
        )


def _carried(corrected: Segmentation, prepared: PreparedCase) -> NDArray[np.uint8]:
    """The labels on the prepared grid, shape (k, j, i), each of the nearest voxel; none outside the brain's mask."""
    drawn = corrected.geometry.image(corrected.labels)
    grid = prepared.geometry.image(prepared.mask.astype(np.uint8))
    carried = sitk.GetArrayFromImage(sitk.Resample(drawn, grid, sitk.Transform(), sitk.sitkNearestNeighbor))
    return np.where(prepared.mask, carried, 0)


def _write(case: Path, prepared: PreparedCase, labels: NDArray[np.uint8], provenance: Provenance) -> None:
    unfinished = case.with_name(f"{_UNFINISHED}{case.name}")
    shutil.rmtree(unfinished, ignore_errors=True)
    try:
        for file_name, image in _images(prepared, labels):
            write_image(image, unfinished / f"{case.name}-{file_name}.nii.gz")
        (unfinished / _PROVENANCE).write_text(json.dumps(to_json(provenance), indent=1), encoding="utf-8")
        if case.exists():
            shutil.rmtree(case)
        os.replace(unfinished, case)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _images(prepared: PreparedCase, labels: NDArray[np.uint8]) -> Iterator[tuple[str, sitk.Image]]:
    for sequence, array in zip(Sequence, prepared.images, strict=True):
        yield _FILE_NAMES[sequence], prepared.geometry.image(array)
    yield _LABELS, prepared.geometry.image(labels)
