"""The folders below a folder, behind links too: data sets and cohorts are often linked together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

_PACKED = (".zip", ".7z", ".rar", ".tar", ".tar.gz", ".tgz")


def folders_below(root: Path) -> Iterator[Path]:
    """`root` and every folder in it that can be listed, each once, so that a loop of links ends.

    What links lead to comes last, and not at all if it was there before: a folder goes by its own path if it has one.
    """
    own, linked, seen = [root], list[Path](), set[Path]()
    while own or linked:
        folder = own.pop() if own else linked.pop(0)
        real = folder.resolve()
        if real in seen or not can_be_listed(folder):
            continue
        seen.add(real)
        yield folder
        for inner in sorted(folder.iterdir()):
            if os.path.isdir(inner):  # Path.is_dir raises where a link leads into a folder that is closed
                (linked if inner.is_symlink() else own).append(inner)


def is_packed(file: Path) -> bool:
    """Whether a file holds others that nothing here looks into, as its name says; portals hand out studies so."""
    return file.name.lower().endswith(_PACKED)


def can_be_listed(folder: Path) -> bool:
    """Whether the names in a folder can be read: rights may forbid it, and a share may be away."""
    try:
        os.scandir(folder).close()
    except OSError:
        return False
    return True
