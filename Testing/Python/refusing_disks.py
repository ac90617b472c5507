"""Disks that refuse: full ones, folders that nobody may write to or look into, and shares that do not answer."""

from __future__ import annotations

import errno
import os
import resource
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NOBODY = 65534


@contextmanager
def full_disk(left_bytes: int) -> Iterator[None]:
    """No file of this process and its children grows beyond so many bytes meanwhile; Python then gets EFBIG."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (left_bytes, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A folder that cannot be written to meanwhile: root, whom rights do not stop, gets it mounted so, or skips."""
    if os.geteuid():
        folder.chmod(0o555)
        try:
            yield
        finally:
            folder.chmod(0o755)
        return
    if subprocess.run(["mount", "--bind", folder, folder], capture_output=True).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        subprocess.run(["mount", "-o", "remount,bind,ro", folder], check=True)
        yield
    finally:
        subprocess.run(["umount", folder], check=True)


@contextmanager
def closed(folder: Path) -> Iterator[None]:
    """A folder that cannot be listed meanwhile, in one that everybody may look into: root becomes nobody."""
    folder.chmod(0o000)
    is_root = os.geteuid() == 0
    try:
        if is_root:
            os.seteuid(_NOBODY)
        yield
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o755)


@contextmanager
def unanswering(folder: Path) -> Iterator[None]:
    """A share that is gone meanwhile: no file of that folder can be looked at or opened."""

    def refusing(name: str) -> Callable[..., Any]:
        answer = getattr(Path, name)

        def answer_elsewhere(path: Path, *args: Any, **options: Any) -> Any:
            if folder in path.parents:
                raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))
            return answer(path, *args, **options)

        return answer_elsewhere

    with pytest.MonkeyPatch.context() as patch:
        for name in ("stat", "open", "iterdir"):
            patch.setattr(Path, name, refusing(name))
        yield
