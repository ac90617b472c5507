"""Files among the studies of a folder that are not taken for any of them: nobody looks, so they must be told of."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from BratsSegmenterLib.durable import write_atomically

LIST_FILE = "passed_over.txt"


class PassedOver:
    """Says how many there are, once while they stay the same, and lists them in the folder of the studies.

    Their names are in the list alone: they may name patients.

    Parameters
    ----------
    folder : Path
        Of the studies.
    say : callable
        Told the sentence.

    Attributes
    ----------
    files : tuple of Path
        Those of the last look.
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
            folders = len({file.parent for file in files})
            self._say(
                f"Passed over as no DICOM, or damaged: {len(files)} files in {folders} folders. Studies or series may "
                f"be missing; the files are listed in {self._list}."
            )
        self.files = files
