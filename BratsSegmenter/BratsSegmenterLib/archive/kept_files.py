"""What earlier fetches left on disk: only whole files of the patient whom the archive names now are worth keeping."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable
from pathlib import Path

from BratsSegmenterLib.archive.instance_file import DamagedInstanceError, file_name, folder_name, inspect, study_of
from BratsSegmenterLib.archive.listing import InstanceSummary
from BratsSegmenterLib.archive.patient import Patient, patient_in
from BratsSegmenterLib.durable import whole_file

DAMAGED = "damaged-"  # how the names of files begin that came damaged and say no more who they are
_SERIES_FOLDER = re.compile(r"[0-9a-f]{16}")  # as folder_name makes them
_INSTANCE_FILE = re.compile(r"[0-9a-f]{32}\.dcm")  # as file_name makes them


def is_whole(path: Path, instance: InstanceSummary) -> bool:
    """Whether a file is there and is this instance; a damaged one is removed."""
    if not path.exists():
        return False
    try:
        return inspect(path).sop_instance_uid == instance.sop_instance_uid
    except DamagedInstanceError:
        path.unlink()
        return False


def keep_of_patient(files: Iterable[Path], patient: Patient) -> set[Path]:
    """The files that name this patient; the others, copies of what the archive now names otherwise, are removed."""
    kept = set()
    for path in files:
        if _names(patient, path):
            kept.add(path)
        else:
            path.unlink()
    return kept


def _names(patient: Patient, path: Path) -> bool:
    try:
        return patient_in(path) == patient
    except DamagedInstanceError:
        return False


def keep_stored(file: Path, series_uid: str, sop_instance_uid: str, folder: Path) -> None:
    """Put an object that the archive holds now into the folder of its study, as if it had been fetched.

    Raises
    ------
    OSError
        The disk refused.
    """
    with whole_file(folder / folder_name(series_uid) / file_name(sop_instance_uid)) as partial:
        shutil.copyfile(file, partial)


def count_missing(folder: Path, series_uid: str, listed: Iterable[InstanceSummary]) -> int:
    """How many listed instances of a series the folder of its study lacks; what came damaged is there, but nameless."""
    held = folder / folder_name(series_uid)
    missing = sum(not (held / file_name(instance.sop_instance_uid)).exists() for instance in listed)
    return max(0, missing - len([*held.glob(f"{DAMAGED}*")]))


def remove_unlisted_instances(folder: Path, listed: Iterable[InstanceSummary]) -> None:
    """Remove from the folder of a series what the archive lists no longer."""
    names = {file_name(instance.sop_instance_uid) for instance in listed}
    for path in folder.iterdir():
        if _INSTANCE_FILE.fullmatch(path.name) and path.name not in names:
            path.unlink()


def remove_unlisted_series(folder: Path, study_uid: str, listed: Iterable[str]) -> None:
    """Remove the folders of series of a study that the archive lists no longer; other studies may lie beside it."""
    names = {folder_name(series_uid) for series_uid in listed}
    for path in folder.iterdir():
        is_of_a_series = _SERIES_FOLDER.fullmatch(path.name) and path.is_dir() and not path.is_symlink()
        if is_of_a_series and path.name not in names and _holds_study(path, study_uid):
            shutil.rmtree(path)


def _holds_study(folder: Path, study_uid: str) -> bool:
    return any(study_of(path) == study_uid for path in folder.glob("*.dcm"))
