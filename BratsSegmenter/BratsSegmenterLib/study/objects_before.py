"""The DICOM objects of the result before: they must not lie beside another result as if they were its own."""

from __future__ import annotations

import shutil
from collections.abc import Collection

from BratsSegmenterLib.study.job_folder import JobFolder

_DELETED = (
    "What the result before had left in {} was deleted: {}. It would not belong to this one; what is in an archive "
    "stays there."
)


def object_files(folder: JobFolder) -> frozenset[str]:
    """Names of the DICOM objects that lie in a job folder to be sent."""
    return frozenset(path.name for path in folder.objects.glob("*.dcm"))


def about_deleted(folder: JobFolder, lay_there: Collection[str]) -> tuple[str, ...]:
    """Which of the objects that lay there are gone and not replaced, as a sentence; none where none is."""
    deleted = sorted(set(lay_there) - object_files(folder))
    return (_DELETED.format(folder.objects, ", ".join(deleted)),) if deleted else ()


def delete_objects(folder: JobFolder) -> tuple[str, ...]:
    """Take the objects out of a job folder, and say which, as a sentence; none where there was none.

    Raises
    ------
    OSError
        One of them cannot be deleted, as it is open elsewhere, say.
    """
    lay_there = object_files(folder)
    if folder.objects.is_dir():
        shutil.rmtree(folder.objects)
    return about_deleted(folder, lay_there)
