"""Which studies lie in a folder of this computer, from the headers of its files."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.identity import identity_of
from BratsSegmenterLib.dicom.reading import files_in, lists_a_medium, read_header
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.escapes import without_escapes
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.unreadable import UNREADABLE


@dataclass
class FolderStudy:
    """One study of a folder; `header` is that of the first file that was read."""

    study_uid: str
    header: Dataset = field(repr=False)
    files: list[Path] = field(default_factory=list, repr=False)
    series_uids: set[str] = field(default_factory=set)
    modalities: set[str] = field(default_factory=set)

    def text(self, keyword: str) -> str:
        """An attribute as text; empty when it is missing or damaged."""
        try:
            return without_escapes(str(self.header.get(keyword) or "")).strip()
        except UNREADABLE:
            return ""


@disable_value_validation()
def studies_in(
    folder_or_files: Path | Iterable[Path], progress: Progress
) -> tuple[tuple[FolderStudy, ...], tuple[Path, ...]]:
    """Sort the files of a folder, and of all below it, into studies.

    Returns
    -------
    tuple of FolderStudy
        In the order in which they were met.
    tuple of Path
        What was passed over: files that are no DICOM, or damaged, and what cannot be opened, folders too.

    Raises
    ------
    SeriesError
        The folder does not exist, or cannot be listed.
    Cancelled
    """
    files = files_in(folder_or_files)
    studies: dict[str, FolderStudy] = {}
    passed_over: list[Path] = []
    for count, file in enumerate(files):
        progress.update(count / len(files), f"{count} of {len(files)} files")
        try:
            header = read_header(file)
            if lists_a_medium(header):
                continue
            identity = identity_of(header, file)
        except SeriesError:
            passed_over.append(file)  # why is said when the study is chosen
            continue
        study = studies.setdefault(identity.study_uid, FolderStudy(identity.study_uid, header))
        study.files.append(file)
        study.series_uids.add(identity.series_uid)
        study.modalities.add(identity.modality)
    return tuple(studies.values()), tuple(passed_over)
