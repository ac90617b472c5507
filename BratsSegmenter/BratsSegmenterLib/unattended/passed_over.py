"""What lies among the studies of a folder and is not taken for any of them: nobody looks, so it must be told of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from BratsSegmenterLib.durable import write_atomically
from BratsSegmenterLib.folder_tree import is_packed

LIST_FILE = "passed_over.txt"


class PassedOver:
    """Says how much there is, once while it stays the same, and lists it in the folder of the studies.

    Names are in the list alone: they may name patients.

    Parameters
    ----------
    folder : Path
        Of the job folders.
    say : callable
        Told the sentence.

    Attributes
    ----------
    files : tuple of Path
        Those of the last look, with folders and links that cannot be opened.
    """

    def __init__(self, folder: Path, say: Callable[[str], None]) -> None:
        self._list = folder / LIST_FILE
        self._say = say
        self.files: tuple[Path, ...] = ()

    def __call__(self, files: tuple[Path, ...]) -> None:
        """Take what one look at the source has passed over.

        Raises
        ------
        OSError
            The disk refused.
        """
        if not files:
            self._list.unlink(missing_ok=True)
        elif files != self.files:
            write_atomically(self._list, "".join(f"{file}\n" for file in files).encode(errors="surrogateescape"))
            packed = sum(map(is_packed, files))
            self._say(
                f"Files and folders passed over, as no DICOM, damaged or not to be opened: {len(files)}. Studies or "
                f"series may be missing; all are listed in {self._list}."
                f"{f' Packed, and to be unpacked first: {packed}.' if packed else ''}"
            )
        self.files = files
