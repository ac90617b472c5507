"""The disk that fetched studies take, and what of them can go."""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from BratsSegmenterLib.archive import Outbox
from BratsSegmenterLib.errors import ArchiveError, BratsSegmenterError, FolderInUseError
from BratsSegmenterLib.job_results import StorageResult
from BratsSegmenterLib.jobs import StorageJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study.job_folder import JobFolder
from BratsSegmenterLib.study.kept_study import KeptStudy, StudyState, study_folders
from BratsSegmenterLib.study.queue import StudyQueue

_DAY_S = 86400.0
_IN_USE = "it is in use or in the queue."


def look_after(job: StorageJob, progress: Progress) -> StorageResult:
    """Do what the job asks."""
    with progress.stage("kept studies"):
        if job.delete_older_than_days is None:
            return survey(job.folder, progress)
        return clean(job.folder, job.delete_older_than_days, job.in_use, progress)


def survey(studies_folder: Path, progress: Progress) -> StorageResult:
    """How many studies are kept in a folder, and how much disk they take."""
    return clean(studies_folder, float("inf"), (), progress)


def clean(
    studies_folder: Path,
    older_than_days: float,
    in_use: Collection[str],
    progress: Progress,
    now_s: float | None = None,
) -> StorageResult:
    """Delete studies that nobody touched for a while; what must not be lost stays.

    Only folders that this program made are looked at, those named by sixteen hexadecimal digits. What waits in an
    outbox, corrections that were not sent, studies in the queue and those in use stay; receipts of what was sent stay
    too. A sending that was stopped waits unless the archive said then that nothing of it had arrived. The ledger lies
    elsewhere and is never touched, nor are DICOM files that were taken from other folders.

    Parameters
    ----------
    studies_folder : Path
        The folder with the job folders.
    older_than_days : float
        Since anything in the folder was last written.
    in_use : collection of str
        Names of job folders that are worked on.
    progress : Progress
    now_s : float, optional
        Seconds since the epoch; the clock's when not given.
    """
    now_s = time.time() if now_s is None else now_s
    queued = {item.folder for item in StudyQueue(studies_folder / "queue.json").items if item.is_open}
    studies = size_bytes = deleted = freed_bytes = 0
    stayed: list[str] = []
    for folder in study_folders(studies_folder):
        if folder.is_symlink() or _is_bare(folder):
            continue
        progress.raise_if_cancelled()
        size, written_s = _measured(folder)
        is_old = now_s - written_s > older_than_days * _DAY_S
        reason = _reason_to_stay(folder, folder.name in {*in_use, *queued}) if is_old else ""
        if is_old and not reason:
            try:
                left = _delete(folder)
            except FolderInUseError:
                reason = _IN_USE
            except ArchiveError as error:
                reason = error.what
            else:
                deleted, freed_bytes = deleted + 1, freed_bytes + size - left
                continue
        if reason:
            stayed.append(f"{folder.name}: {reason}")
        studies, size_bytes = studies + 1, size_bytes + size
    return StorageResult(studies, size_bytes, deleted, freed_bytes, tuple(stayed))


def _is_bare(folder: Path) -> bool:
    """Whether only the receipts of a study are left: no objects, which name the patient."""
    outbox = JobFolder(folder).outbox
    return {path.name for path in folder.iterdir()} <= {outbox.name} and not any(outbox.rglob("*.dcm"))


def _measured(folder: Path) -> tuple[int, float]:
    """Bytes, and when anything was last written (seconds since the epoch)."""
    size, written_s = 0, folder.lstat().st_mtime
    for path in folder.rglob("*"):
        with suppress(FileNotFoundError):  # another program's unfinished file, which has its name by now
            fact = path.lstat()
            size, written_s = size + fact.st_size, max(written_s, fact.st_mtime)
    return size, written_s


def _reason_to_stay(folder: Path, is_in_use: bool) -> str:
    if is_in_use:
        return _IN_USE
    outbox, state = JobFolder(folder).outbox, KeptStudy(folder).state
    try:
        waits = outbox.is_dir() and bool(Outbox(outbox).awaited())
    except BratsSegmenterError:
        return "its outbox cannot be read."
    if waits:
        return "objects wait in its outbox."
    was_rehearsed = JobFolder(folder).corrected.exists() and state is not StudyState.SENT
    if state is StudyState.CORRECTED or was_rehearsed or JobFolder(folder).all_unsent():
        return "it holds a correction that was not sent."
    return ""


def _delete(folder: Path) -> int:
    """Delete all but the receipts, the records first, so that no half study is offered; the bytes that stayed.

    Raises
    ------
    FolderInUseError
        Another program works on the study.
    ArchiveError
        Its outbox cannot be cleared: another program works on that, or the disk refused.
    """
    job = JobFolder(folder)
    with job.held(wait_s=0):
        if job.outbox.is_dir():
            Outbox(job.outbox).clear()
        for path in sorted(folder.iterdir(), key=lambda one: one.is_dir()):
            if path in (job.outbox, job.lock):
                continue
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
    job.lock.unlink(missing_ok=True)  # only now: Windows deletes no file that is held
    if job.outbox.is_dir():
        return _measured(folder)[0]
    folder.rmdir()
    return 0
