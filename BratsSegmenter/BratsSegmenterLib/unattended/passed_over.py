"""What lies among the studies of a folder and is not taken for any of them: nobody looks, so it must be told of."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from BratsSegmenterLib.durable import UNFINISHED, write_atomically
from BratsSegmenterLib.study import study_folders
from BratsSegmenterLib.unattended.earlier_table import TABLE_FILE, is_put_aside
from BratsSegmenterLib.unattended.studies import QUEUE_FILE
from BratsSegmenterLib.unattended.table import PAGE_FILE

LIST_FILE = "passed_over.txt"
_OF_THE_QUEUE = tuple(Path(QUEUE_FILE).with_suffix(suffix).name for suffix in (".json", ".lock", ".damaged"))
_OUR_FILES = (*_OF_THE_QUEUE, TABLE_FILE, PAGE_FILE, LIST_FILE)


class PassedOver:
    """Says how much there is, once while it stays the same, and lists it in the folder of the studies.

    Names are in the list alone: they may name patients. What this program made in that folder is none of it, which
    may lie among the studies.

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
        files = tuple(self._not_ours(files))
        if not files:
            self._list.unlink(missing_ok=True)
        elif files != self.files:
            write_atomically(self._list, "".join(f"{file}\n" for file in files).encode(errors="surrogateescape"))
            self._say(
                f"Files and folders passed over, as no DICOM, damaged or not to be opened: {len(files)}. Studies or "
                f"series may be missing; all are listed in {self._list}."
            )
        self.files = files

    def _not_ours(self, files: Iterable[Path]) -> Iterator[Path]:
        folder = self._list.parent
        job_folders = set(study_folders(folder))
        for file in files:
            is_beside_them = file.parent == folder and _is_ours(file)
            if not is_beside_them and job_folders.isdisjoint(file.parents):
                yield file


def _is_ours(file: Path) -> bool:
    is_unfinished = file.name.startswith(UNFINISHED) and file.name.endswith(_OUR_FILES)
    return file.name in _OUR_FILES or is_unfinished or is_put_aside(file, TABLE_FILE)
