"""After a store: the archive gives the object back, and the data sets are the same."""

from __future__ import annotations

import tempfile
from functools import partial
from pathlib import Path

from pydicom import Dataset, dcmread
from pydicom.datadict import keyword_for_tag

from BratsSegmenterLib.archive.connection import Connection
from BratsSegmenterLib.archive.failures import OtherContentError
from BratsSegmenterLib.archive.instance_file import InstanceIdentity, refuse_inflation_bomb
from BratsSegmenterLib.archive.threads import Stop
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.unreadable import UNREADABLE

_NAMED_AT_MOST = 5


def _retrieve(connection: Connection, study_uid: str, series_uid: str, sop_instance_uid: str, stop: Stop) -> Dataset:
    """One instance by WADO-RS, as the archive stores it.

    Raises
    ------
    ArchiveError
        It cannot be had, is not DICOM, or would inflate beyond 512 MB.
    """
    resource = f"studies/{study_uid}/series/{series_uid}/instances/{sop_instance_uid}"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "instance.dcm"
        connection.attempt(partial(_download, connection, resource, path, stop), stop)
        return _dataset(path)


def read_back(connection: Connection, path: Path, identity: InstanceIdentity, stop: Stop) -> None:
    """Compare what the archive holds with the file that was sent.

    Raises
    ------
    OtherContentError
        They differ: the archive holds another object under this UID, or changed ours.
    """
    held = _retrieve(connection, identity.study_uid, identity.series_uid, identity.sop_instance_uid, stop)
    differing = differing_attributes(_dataset(path), held)
    if differing:
        names = ", ".join(differing[:_NAMED_AT_MOST]) + (", ..." if len(differing) > _NAMED_AT_MOST else "")
        raise OtherContentError(
            f"The PACS '{connection.profile.name}' holds object {identity.sop_instance_uid} with other content "
            f"than was sent ({names}).",
            "Another version was stored before, or the PACS changes objects: ask its administrator. "
            "A result that is sent again goes out under new UIDs, unless the PACS says the same already.",
        )


def differing_attributes(sent: Dataset, held: Dataset) -> list[str]:
    """Keywords of the top-level attributes in which two data sets differ; values are never shown.

    Group lengths and the file meta information belong to the file, not to the data set (PS3.10 7.1).
    """
    tags = sorted({*sent.keys(), *held.keys()})
    compared = [tag for tag in tags if tag.element != 0]
    return [keyword_for_tag(tag) or str(tag) for tag in compared if not _same(sent, held, tag)]


def _same(sent: Dataset, held: Dataset, tag: int) -> bool:
    if tag not in sent or tag not in held:
        return False
    ours, theirs = sent[tag], held[tag]
    return ours == theirs or (ours.is_empty and theirs.is_empty)


def _download(connection: Connection, resource: str, path: Path, stop: Stop) -> None:
    with connection.parts(resource) as parts, path.open("wb") as file:
        for part in parts:
            file.seek(0)
            file.truncate()
            for piece in part:
                stop.raise_if_set()
                file.write(piece)


def _dataset(path: Path) -> Dataset:
    try:
        with path.open("rb") as file:
            refuse_inflation_bomb(file)
            file.seek(0)
            dataset = dcmread(file)
        dataset.decode()
    except UNREADABLE as error:
        raise ArchiveError(
            "The object is not a readable DICOM file.", "Ask the PACS administrator.", type(error).__name__
        ) from None
    return dataset
