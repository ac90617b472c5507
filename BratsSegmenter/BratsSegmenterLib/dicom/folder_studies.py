"""Which studies lie in a folder of this computer, from the headers of its files."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation

from BratsSegmenterLib.chinese_text import without_escapes
from BratsSegmenterLib.dicom.identity import identity_of
from BratsSegmenterLib.dicom.reading import NoDicomError, files_in, lists_a_medium, read_head, read_header
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.unreadable import UNREADABLE


@dataclass
class FolderStudy:
    """One study of a folder.

    Attributes
    ----------
    study_uid : str
    header : pydicom.Dataset
        That of the first file that was read; of a study without a whole file what one says before its damage.
    files : list of Path
        Those that can be read.
    damaged : list of Path
        Those that cannot: they say that they are of this study, or do not say whose they are and lie among its files.
    series_uids, modalities : set of str
    """

    study_uid: str
    header: Dataset = field(repr=False)
    files: list[Path] = field(default_factory=list, repr=False)
    damaged: list[Path] = field(default_factory=list, repr=False)
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
        What was passed over: files that are no DICOM, damaged ones that do not say whose they are, though they may lie
        among those of a study, and what cannot be opened, folders too.

    Raises
    ------
    SeriesError
        The folder does not exist, or cannot be listed.
    Cancelled
    """
    files = files_in(folder_or_files)
    sorting = _Sorting()
    for count, file in enumerate(files):
        progress.update(count / len(files), f"{count} of {len(files)} files")
        sorting.add(file)
    return sorting.result()


class _Sorting:
    """Collects the files of each study, and what is of none."""

    def __init__(self) -> None:
        self._studies: dict[str, FolderStudy] = {}
        self._no_dicom: list[Path] = []
        self._damaged: list[Path] = []

    def add(self, file: Path) -> None:
        """Read one file and put it where it belongs."""
        try:
            header = read_header(file)
            if not lists_a_medium(header):
                self._study_of(file, header).files.append(file)
        except NoDicomError:
            self._no_dicom.append(file)
        except SeriesError:  # why is said when the study is chosen
            self._damaged.append(file)

    def result(self) -> tuple[tuple[FolderStudy, ...], tuple[Path, ...]]:
        """As :func:`studies_in`; damaged files come last, so that whole ones say what a study is called."""
        whose_is_unknown = [file for file in self._damaged if not self._has_owner(file)]
        for study in self._studies.values():
            endings = _endings_by_folder((*study.files, *study.damaged))
            study.damaged += [file for file in whose_is_unknown if _may_be_among(file, endings)]
        return tuple(self._studies.values()), tuple(sorted((*self._no_dicom, *whose_is_unknown)))

    def _has_owner(self, damaged: Path) -> bool:
        try:
            self._study_of(damaged, read_head(damaged)).damaged.append(damaged)
        except SeriesError:
            return False
        return True

    def _study_of(self, file: Path, header: Dataset) -> FolderStudy:
        identity = identity_of(header, file)
        study = self._studies.setdefault(identity.study_uid, FolderStudy(identity.study_uid, header))
        study.series_uids.add(identity.series_uid)
        study.modalities.add(identity.modality)
        return study


def _endings_by_folder(files: Iterable[Path]) -> dict[Path, set[str]]:
    endings = defaultdict[Path, set[str]](set)
    for file in files:
        endings[file.parent].add(_ending(file))
    return endings


def _may_be_among(damaged: Path, endings: Mapping[Path, Collection[str]]) -> bool:
    """Whether a file lies among those of a study; programs mark folders with empty files of other names.

    Where images have no ending, they have a number or a UID.
    """
    beside, ending = endings.get(damaged.parent, ()), _ending(damaged)
    if os.path.isfile(damaged) and os.path.getsize(damaged) == 0:
        return ending in beside and (bool(ending) or any(character.isdigit() for character in damaged.name))
    return bool(beside)


def _ending(file: Path) -> str:
    """The suffix of a name; none where the file is called as a UID is."""
    return "" if file.suffix[1:].isdigit() else file.suffix
