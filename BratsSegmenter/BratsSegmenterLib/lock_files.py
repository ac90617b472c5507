"""Locks between programs, which the system takes off when their holder dies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from filelock import BaseFileLock


class LockIsHeldError(Exception):
    """Another program holds it, and did not let go in time."""


class LockFile:
    """A lock by its file; whoever holds one can acquire it again, and lets go with the last release.

    Parameters
    ----------
    path : Path
        On a local disk; its folder has to be there by the time of :meth:`acquire`.
    wait_s : float
        How long another holder is waited for.
    """

    def __init__(self, path: Path, wait_s: float) -> None:
        self._path = path
        self._wait_s = wait_s
        self._lock: BaseFileLock | None = None

    @property
    def is_held(self) -> bool:
        """Whether this object holds it."""
        return self._lock is not None and self._lock.is_locked

    def acquire(self) -> None:
        """Take the lock.

        Raises
        ------
        LockIsHeldError
        OSError
            The disk refuses the file.
        ImportError
            The package filelock is not installed.
        """
        # Slicer does not ship it, and the work list must open before anything was installed.
        from filelock import FileLock, Timeout

        self._lock = self._lock or FileLock(self._path, timeout=self._wait_s)
        try:
            self._lock.acquire()
        except Timeout:
            raise LockIsHeldError(f"{self._path.name} is held by another program") from None

    def release(self) -> None:
        """Give the lock back; of one that is not held, nothing."""
        if self._lock is not None:
            self._lock.release()
