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
        """Names and ends of paths that stand in the text, the first file of several with one name last."""
        for file, label in reversed(self._files.items()):
            if file.name in text:
                yield from ((name, label) for name in _ends(file, 1) if name in text)
        for folder, label in reversed(self._folders.items()):
            if folder.name in text:
                holds_all = all(other.is_relative_to(folder) for other in self._folders)
                least = 2 if holds_all else 1  # no sentence names such a one alone, and it may be called DICOM
                yield from ((name, label) for name in _ends(folder, least) if name in text)


def _ends(path: Path, least: int) -> Iterator[str]:
    """The last parts of a path, from `least` of them up to all."""
    for count in range(least, len(path.parts) + 1):
        end = str(Path(*path.parts[-count:]))
        if not _SAYS_NOTHING.fullmatch(end) and end not in _OUR_WORDS:
            yield end
