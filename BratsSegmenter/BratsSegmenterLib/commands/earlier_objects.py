"""What an export deletes of the one before is said: objects of two exports would not belong together."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

_DELETED = (
    "What the export before had left in {} was deleted: {}. Objects of two exports would not belong together; what is "
    "in an archive stays there."
)


def names_in(folder: Path) -> frozenset[str]:
    """The DICOM files of a folder, which need not be there."""
    return frozenset(path.name for path in folder.glob("*.dcm"))


def deleted_notes(folder: Path, lay_there: Collection[str]) -> tuple[str, ...]:
    """Which of the files that lay in a folder are gone and not replaced, as a sentence; none where none is."""
    deleted = sorted(set(lay_there) - names_in(folder))
    return (_DELETED.format(folder, ", ".join(deleted)),) if deleted else ()
