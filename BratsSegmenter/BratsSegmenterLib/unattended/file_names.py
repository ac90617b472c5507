"""Names of a study's files and folders, which may name its patient, stay out of lines and tables that others read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.domain import Sequence as Role

_SAYS_NOTHING = re.compile(r"\d{1,3}")
_OUR_WORDS = frozenset(role.value for role in Role) | frozenset(REGIONS)


class FileNames:
    """What the files of one study are called.

    Parameters
    ----------
    files : sequence of Path
        A sentence names them, and the folders they lie in, by their numbers in this order.

    Notes
    -----
    A folder may be called as any word is, "brain" or "mask". So sentences quote a folder's name, and where it stands
    alone it is hidden only as ``folder 'brain'``; files and paths are hidden wherever they stand.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        folders = dict.fromkeys(file.parent for file in files)
        self._files = {file: f"file {number}" for number, file in enumerate(files, 1)}
        self._folders = {folder: f"folder {number}" for number, folder in enumerate(folders, 1)}

    def hidden_in(self, text: str) -> str:
        """The text with "file 3" in place of a name or path; names that are numbers or sequences identify nobody."""
        labels = dict(self._named_in(text))
        for name in sorted(labels, key=len, reverse=True):
            text = re.sub(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)", labels[name], text)
        return text

    def _named_in(self, text: str) -> Iterator[tuple[str, str]]:
        """How files and folders are named in the text, the first of several with one name last."""
        for file, label in reversed(self._files.items()):
            if file.name in text:
                yield from ((name, label) for name in _ends(file, 1) if name in text)
        for folder, label in reversed(self._folders.items()):
            if folder.name in text:
                named = (*_ends(folder, 2), *(f"folder '{name}'" for name in _ends(folder, 1)))
                yield from ((name, label) for name in named if name in text)


def _ends(path: Path, least: int) -> Iterator[str]:
    """The last parts of a path, from `least` of them up to all."""
    for count in range(least, len(path.parts) + 1):
        end = str(Path(*path.parts[-count:]))
        if not _SAYS_NOTHING.fullmatch(end) and end not in _OUR_WORDS:
            yield end
