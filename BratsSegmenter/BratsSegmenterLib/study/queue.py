"""The studies that wait to be fetched and segmented in the background: a short list that survives crashes."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from BratsSegmenterLib.domain import PreprocessingSteps
from BratsSegmenterLib.durable import Stamp, stamp_of, write_atomically
from BratsSegmenterLib.errors import FolderInUseError
from BratsSegmenterLib.lock_files import LockFile, LockIsHeldError
from BratsSegmenterLib.records import from_json, to_json
from BratsSegmenterLib.study.kept_study import StudyState

_LOCK_WAIT_S = 0.2
_AT_WORK = (StudyState.FETCHING, StudyState.SEGMENTING)


class QueueInUseError(FolderInUseError):
    """Another program works on the queue; raised by whatever would change it here."""


@dataclass(frozen=True)
class QueueItem:
    """One study of the queue.

    Attributes
    ----------
    folder : str
        Name of its job folder, which says nothing about whose study it is.
    profile : str
        Name of the archive's profile; empty when the images lie on this computer.
    reason : str
        Why it failed or waits for a person; empty otherwise.
    is_prepared : bool
        It was fetched and its sequences were recognised: what is left is to segment it.
    bundle, device, steps
        How it is segmented, as chosen when it was queued; see :class:`~BratsSegmenterLib.jobs.SegmentJob`.
    is_by_rules : bool or None
        A router or a cohort queued it; otherwise it is a person's, who decides what becomes of it. None where an older
        version queued it, which did not say who had.
    """

    folder: str
    profile: str
    bundle: str
    device: str = "auto"
    steps: PreprocessingSteps = field(default_factory=PreprocessingSteps)
    state: StudyState = StudyState.QUEUED
    reason: str = ""
    is_prepared: bool = False
    is_by_rules: bool | None = None

    @property
    def is_at_work(self) -> bool:
        """Whether the worker is busy with it."""
        return self.state in _AT_WORK

    @property
    def is_open(self) -> bool:
        """Whether it still is to be done, or is being done."""
        return self.is_at_work or self.state is StudyState.QUEUED


@dataclass(frozen=True)
class _Record:
    items: tuple[QueueItem, ...]


class StudyQueue:
    """Studies in the order in which they are worked on; every change is on the disk before it returns.

    One program works on it at a time, others may look. Whoever changes it takes it first, and keeps it until
    :meth:`release`, or until its process ends in whatever way.

    Parameters
    ----------
    path : Path
        JSON file, made at the first change. It holds no name, ID or UID.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = LockFile(path.with_suffix(".lock"), _LOCK_WAIT_S)
        self._stamp: Stamp | None = None
        self._items: list[QueueItem] = []

    @property
    def items(self) -> tuple[QueueItem, ...]:
        """All studies, first come first."""
        if not self._lock.is_held:
            self._follow()
        return tuple(self._items)

    def take(self) -> None:
        """Keep other programs from the queue; what one of them was busy with when it ended waits again, at its place.

        Raises
        ------
        QueueInUseError
            Another one has it, or what the lock needs is not installed.
        """
        if self._lock.is_held:
            return
        self._path.parent.mkdir(parents=True, exist_ok=True)
        try:
            self._lock.acquire()
        except ImportError as error:
            raise QueueInUseError(
                "The queue needs Python packages that are not installed.", "Segment a study once: it asks first."
            ) from error
        except LockIsHeldError as error:
            raise QueueInUseError(
                "Another Slicer or a router works on the queue.",
                "Queue the study there, or go on here when it is closed.",
            ) from error
        self._items = [_interrupted(item) for item in self._read()]

    def release(self) -> None:
        """Let other programs have the queue."""
        self._lock.release()

    def item(self, folder: str) -> QueueItem | None:
        """The study with that job folder; None when it is not in the queue."""
        return next((item for item in self.items if item.folder == folder), None)

    def next(self) -> QueueItem | None:
        """The first study that waits."""
        return next((item for item in self.items if item.state is StudyState.QUEUED), None)

    def add(self, new: QueueItem) -> None:
        """Put a study at the end; one that is still to be done keeps its place."""
        self.take()
        known = self.item(new.folder)
        if known is not None and known.is_open:
            return
        self._write([*(item for item in self._items if item.folder != new.folder), new])

    def update(self, folder: str, **changes: Any) -> None:
        """Change fields of one study, when it is still in the queue."""
        self.take()
        self._write([replace(item, **changes) if item.folder == folder else item for item in self._items])

    def move_up(self, folder: str) -> None:
        """Let one study pass the one before it."""
        self.take()
        self._move(folder, max(self._place(folder) - 1, 0))

    def move_first(self, folder: str) -> None:
        """Let one study pass all others."""
        self.take()
        self._move(folder, 0)

    def move_last(self, folder: str) -> None:
        """Let all others pass one study."""
        self.take()
        self._move(folder, len(self._items))

    def remove(self, folder: str) -> None:
        """Take one study out."""
        self.take()
        self._write([item for item in self._items if item.folder != folder])

    def _move(self, folder: str, place: int) -> None:
        items = [item for item in self._items if item.folder != folder]
        items[place:place] = [item for item in self._items if item.folder == folder]
        if items != self._items:
            self._write(items)

    def _place(self, folder: str) -> int:
        return next((place for place, item in enumerate(self._items) if item.folder == folder), 0)

    def _follow(self) -> None:
        """Read what another program wrote since; while the disk does not answer, they are as they were seen last."""
        try:
            stamp = stamp_of(self._path)
        except OSError:
            return
        if stamp != self._stamp:
            self._stamp, self._items = stamp, list(self._read())

    def _read(self) -> tuple[QueueItem, ...]:
        if not self._path.exists():
            return ()
        try:
            return from_json(_Record, json.loads(self._path.read_text(encoding="utf-8"))).items
        except (ValueError, TypeError, AttributeError):
            # The panel must open; the studies can be queued again, and the damaged file is kept for who asks why.
            os.replace(self._path, self._path.with_suffix(".damaged"))
            return ()

    def _write(self, items: list[QueueItem]) -> None:
        write_atomically(self._path, json.dumps(to_json(_Record(tuple(items))), indent=1).encode())
        self._items = items


def _interrupted(item: QueueItem) -> QueueItem:
    return replace(item, state=StudyState.QUEUED) if item.is_at_work else item
