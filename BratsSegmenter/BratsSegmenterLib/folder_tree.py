"""The folders below a folder, behind links too: data sets and cohorts are often linked together."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path


def folders_below(root: Path) -> Iterator[Path]:
    """`root` and every folder in it that may be read, each once, so that a loop of links ends.

    What links lead to comes last, and not at all if it was there before: a folder goes by its own path if it has one.
    """
    own, linked, seen = [root], list[Path](), set[Path]()
    while own or linked:
        folder = own.pop() if own else linked.pop(0)
        real = folder.resolve()
        if real in seen or not os.access(folder, os.R_OK | os.X_OK):
            continue
        seen.add(real)
        yield folder
        for inner in sorted(folder.iterdir()):
            if inner.is_dir():
                (linked if inner.is_symlink() else own).append(inner)
