"""Files of this computer on their way into the embedded archive: copied, and then taken as what is sent to it is."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from BratsSegmenterLib.archive.embedded.storage import DUPLICATE_INSTANCE, Storage
from BratsSegmenterLib.progress import Progress

_AT_ONCE = 100
_CANNOT_BE_OPENED = "cannot be opened"
_NO_WHOLE_OBJECT = "holds no whole DICOM object"
_REASONS = {DUPLICATE_INSTANCE: "names itself as another object that is there already"}


@dataclass(frozen=True)
class NotTaken:
    """A file that the archive does not take, and why; the reason follows its name in a sentence."""

    file: Path
    reason: str


def fill(storage: Storage, files: Sequence[Path], progress: Progress) -> tuple[NotTaken, ...]:
    """Copy files into the archive; what is there already stays, so that the same files can be given again.

    Raises
    ------
    OSError
        The disk refused.
    Cancelled
    """
    not_taken: list[NotTaken] = []
    for start in range(0, len(files), _AT_ONCE):
        progress.update(start / len(files), f"{start} of {len(files)} files")
        some = files[start : start + _AT_ONCE]
        copies = {file: copy for file in some if (copy := _copy(file, storage)) is not None}
        outcomes = dict(zip(copies, storage.add(copies.values(), study_uid=""), strict=True))
        for file in some:
            if file not in outcomes:
                not_taken.append(NotTaken(file, _CANNOT_BE_OPENED))
            elif (failure := outcomes[file].failure_reason) is not None:
                not_taken.append(NotTaken(file, _REASONS.get(failure, _NO_WHOLE_OBJECT)))
    return tuple(not_taken)


def _copy(file: Path, storage: Storage) -> Path | None:
    try:
        source = file.open("rb")
    except OSError:
        return None
    copy = storage.new_incoming()
    with source, copy.open("wb") as target:
        shutil.copyfileobj(source, target)
    return copy
