"""Files that survive a crash: whole or not at all."""

from __future__ import annotations

import os
import stat
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

Stamp = tuple[int, int, int]
"""By what a file is told from the one that was there before: its inode, when it was written (ns), its size (bytes)."""

UNFINISHED = ".partial-"
"""How the name of a file begins while it is written; a killed process leaves one."""


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to; it takes the place of `path` when the block ends well, else it is removed.

    Its name ends as `path` does, for libraries that go by the ending.

    Raises
    ------
    OSError
        The disk refused.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f"{UNFINISHED}{uuid.uuid4().hex}-{path.name}")
    try:
        yield partial
        flush_file(partial)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    flush_folder(path.parent)


def write_atomically(path: Path, content: bytes, is_private: bool = True) -> None:
    """Write a file so that it holds its old or its new content even after a power loss.

    Parameters
    ----------
    path : Path
    content : bytes
    is_private : bool
        Only its owner can read it; else whoever the umask lets.
    """
    with whole_file(path) as partial:
        partial.touch(mode=0o600 if is_private else 0o666)
        partial.write_bytes(content)


def stamp_of(path: Path) -> Stamp | None:
    """Of a file as it is now; None where there is none."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return None
    return (status.st_ino, status.st_mtime_ns, status.st_size) if stat.S_ISREG(status.st_mode) else None


def flush_folder(folder: Path) -> None:
    """Make a rename inside `folder` survive a power loss; Windows does so by itself and cannot open folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def flush_file(path: Path) -> None:
    """Make the content of a finished file survive a power loss."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())
