"""Sorts files into the series of a study and says of every file that is not taken why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from pydicom import Dataset
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.copies import are_same_image, told_apart
from BratsSegmenterLib.dicom.grid import grid_of
from BratsSegmenterLib.dicom.identity import FileIdentity, identity_of, identity_of_damaged, why_no_mr_image
from BratsSegmenterLib.dicom.planes import Plane, planes_of
from BratsSegmenterLib.dicom.reading import files_in, lists_a_medium, read_header
from BratsSegmenterLib.dicom.stacks import split_stacks
from BratsSegmenterLib.domain import Series, series_label
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.folder_tree import is_packed
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.unreadable import UNREADABLE

_MOST_NAMED = 20
_FILE = "{file}"  # stands for a name in sentences that are to be said once for several files


class SeveralStudiesError(SeriesError):
    """Files of several studies were taken for one; the caller can name the study that is meant."""


class DamagedStudyError(SeriesError):
    """No image can be made of any file of a study: somebody has to see to it that it comes whole."""


@dataclass(frozen=True)
class SetAside:
    """Files that are no part of any series, and the sentence that says why.

    Attributes
    ----------
    files : tuple of Path
    sentence : str
    is_damaged : bool
        False for what many studies carry besides their images: reports, structure sets, other modalities.
    is_of_another_patient : bool
        They name another Patient ID than the images do: nothing is taken up from them.
    is_lost : bool
        They say of which series they are, which is incomplete without them.
    """

    files: tuple[Path, ...]
    sentence: str
    is_damaged: bool
    is_of_another_patient: bool = False
    is_lost: bool = False


@dataclass(frozen=True, eq=False)
class ScannedStudy:
    """What lies in a folder.

    Attributes
    ----------
    series : tuple of Series
        MR images, by Series Number.
    set_aside : tuple of SetAside
        Everything else: other modalities, other objects, damaged files, files that are not DICOM.
    study_uids : tuple of str
        Of all DICOM files that could be read.
    patient_count : int
        How many different patients the MR images name.
    """

    series: tuple[Series, ...]
    set_aside: tuple[SetAside, ...]
    study_uids: tuple[str, ...]
    patient_count: int

    @property
    def beside_the_images(self) -> tuple[Path, ...]:
        """Everything else that may be of the patient whom the images name, results among them."""
        return tuple(file for item in self.set_aside if not item.is_of_another_patient for file in item.files)

    def require_one_study(self) -> str:
        """The Study Instance UID.

        Raises
        ------
        SeveralStudiesError
        SeriesError
            No MR image was found, or the images are of several patients.
        DamagedStudyError
        """
        if len(self.study_uids) > 1:
            raise SeveralStudiesError(
                f"The files belong to {len(self.study_uids)} different studies.",
                "Separate them and choose one folder.",
                ", ".join(self.study_uids[:_MOST_NAMED]),
            )
        if self.patient_count > 1:
            raise SeriesError(
                f"The MR images name {self.patient_count} different patients.",
                "Separate them and choose one folder; if they came from the PACS so, ask its administrator whose they "
                "are.",
            )
        lost = [item.sentence for item in self.set_aside if item.is_lost]
        if lost and not self.series:
            raise DamagedStudyError(" ".join(lost[:_MOST_NAMED]), "Copy or fetch the study again.")
        if not self.series:
            reasons = "; ".join(item.sentence for item in self.set_aside[:3])
            raise SeriesError("There is no MR image among the files.", self._way_to_images(), reasons)
        return self.study_uids[0]

    def _way_to_images(self) -> str:
        packed = next((file for item in self.set_aside for file in item.files if is_packed(file)), None)
        if packed is not None:
            return f"Unpack {packed.name} first, and choose the folder with what it holds."
        return "Choose another folder or study."


@disable_value_validation()
def scan(folder_or_files: str | Path | Iterable[str | Path], progress: Progress | None = None) -> ScannedStudy:
    """Read the headers of all files and sort them into series and stacks; studies are never merged.

    Parameters
    ----------
    folder_or_files : path or iterable of paths
        A folder is searched with everything below it.
    progress : Progress

    Raises
    ------
    SeriesError
        The folder does not exist.
    Cancelled
    """
    progress = progress or Progress()
    files = files_in(folder_or_files)
    sorting = _Sorting()
    for count, file in enumerate(files):
        progress.update(count / len(files), f"{count} of {len(files)} files")
        sorting.add(file)
    return sorting.result()


@dataclass
class _Files:
    """Files of one series on their way to become stacks."""

    study_uid: str
    series_uid: str
    number: int | None
    planes: list[Plane] = field(default_factory=list)
    lost: dict[str, list[Path]] = field(default_factory=dict)

    @property
    def label(self) -> str:
        return series_label(self.number, self.series_uid)

    @property
    def fault(self) -> str:
        """Why the series is incomplete, even if no gap shows; the first of several reasons."""
        return next((item.sentence for item in self.about_lost()), "")

    def lose(self, file: Path, sentence: str) -> None:
        """Remember that no image can be made of a file, beside those of which the same is to be said."""
        self.lost.setdefault(sentence.replace(file.name, _FILE), []).append(file)

    def about_lost(self) -> Iterator[SetAside]:
        """One sentence for all files with the same fault, as for a whole series without positions."""
        for sentence, files in self.lost.items():
            rest = "" if self.planes else " No image of the series can be used."
            said = f"{self.label}: {_said_of(files, sentence)}{rest}"
            yield SetAside(tuple(files), said, is_damaged=True, is_lost=True)


class _Sorting:
    """Collects headers file by file; keeps what is needed of each, not the headers themselves."""

    def __init__(self) -> None:
        self._by_series: dict[tuple[str, str], _Files] = {}
        self._set_aside: dict[tuple[str, bool, str], list[Path]] = {}
        self._study_uids: dict[str, None] = {}
        self._patients: set[str] = set()
        self._instances: dict[str, Path] = {}

    def add(self, file: Path) -> None:
        """Read one file and put it where it belongs."""
        try:
            header = read_header(file)
            if lists_a_medium(header):
                return
            identity = identity_of(header, file)
        except SeriesError as error:
            self._lose(file, error.what)
            return
        self._study_uids[identity.study_uid] = None
        files = self._files_of(identity)
        reason = why_no_mr_image(identity)
        if reason:
            self._set_file_aside(file, f"{files.label} {reason}.", is_damaged=False, patient_id=identity.patient_id)
            return
        if identity.patient_id:  # it may be empty (type 2)
            self._patients.add(identity.patient_id)
        earlier = self._instances.setdefault(identity.instance_uid, file)
        if earlier != file:
            self._set_copy_aside(file, earlier)
            return
        try:
            files.planes += planes_of(header, file)
        except SeriesError as error:
            files.lose(file, error.what)

    def result(self) -> ScannedStudy:
        """Everything that was added, by Series Number."""
        series = [stack for files in self._by_series.values() for stack in _stacks(files)]
        series.sort(key=lambda one: (one.study_uid, one.number is None, one.number or 0))
        return ScannedStudy(
            tuple(series),
            self._all_set_aside(),
            tuple(self._study_uids),
            len(self._patients),
        )

    def _lose(self, file: Path, sentence: str) -> None:
        """Set a file aside that cannot be read; where it says of which series it is, that is incomplete without it."""
        identity = identity_of_damaged(file)
        if identity is None:
            self._set_file_aside(file, sentence.replace(file.name, _FILE))
        else:
            self._files_of(identity).lose(file, sentence)

    def _set_copy_aside(self, file: Path, earlier: Path) -> None:
        """One sentence for all copies of a folder that are the same; a study must not wait for those."""
        if are_same_image(file, earlier):
            where = "One folder holds second copies of its images"
            if file.parent != earlier.parent:
                copies, originals = told_apart(file.parent, earlier.parent)
                where = f"The folder '{copies}' holds second copies of images in the folder '{originals}'"
            self._set_file_aside(file, f"{where}; they are the same, and were read once.", is_damaged=False)
            return
        copy, first = told_apart(file, earlier)
        self._set_file_aside(
            file, f"{copy} is a second copy of {first}, and differs from it: remove one of the copies."
        )

    def _set_file_aside(self, file: Path, sentence: str, is_damaged: bool = True, patient_id: str = "") -> None:
        self._set_aside.setdefault((sentence, is_damaged, patient_id), []).append(file)

    def _all_set_aside(self) -> tuple[SetAside, ...]:
        """What other programs add to a study may write the patient's ID otherwise, which keeps no images waiting."""
        by_sentence: dict[tuple[str, bool, bool], list[Path]] = {}
        for (sentence, is_damaged, patient_id), files in self._set_aside.items():
            is_of_another = bool(self._patients and patient_id) and patient_id not in self._patients
            remark = (
                " It names another patient, or writes the ID otherwise: it is not taken up." if is_of_another else ""
            )
            by_sentence.setdefault((sentence + remark, is_damaged, is_of_another), []).extend(files)
        lost = (item for files in self._by_series.values() for item in files.about_lost())
        aside = (SetAside(tuple(files), _said_of(files, said), *how) for (said, *how), files in by_sentence.items())
        return (*aside, *lost)

    def _files_of(self, identity: FileIdentity) -> _Files:
        key = identity.study_uid, identity.series_uid
        return self._by_series.setdefault(key, _Files(*key, identity.series_number))


def _said_of(files: list[Path], sentence: str) -> str:
    """The sentence about the first of the files, and of how many of them it holds."""
    so_many = f" So it is with {len(files)} of the files." if len(files) > 1 and _FILE in sentence else ""
    return sentence.replace(_FILE, files[0].name) + so_many


def _stacks(files: _Files) -> Iterator[Series]:
    stacks = split_stacks(files.planes) if files.planes else ()
    for index, planes in enumerate(stacks):
        header = _header_of(planes[0])
        fault, gap = files.fault, ""
        try:
            gap = grid_of(planes, files.label).gap
        except SeriesError as error:
            fault = fault or error.what
        yield Series(
            key=files.series_uid if len(stacks) == 1 else f"{files.series_uid}#{index + 1}",
            study_uid=files.study_uid,
            series_uid=files.series_uid,
            modality="MR",
            description=_description(header),
            number=files.number,
            frame_of_reference_uid=planes[0].frame_of_reference_uid,
            frames=tuple(plane.frame for plane in planes),
            header=header,
            fault=fault,
            gap=gap,
        )


def _description(header: Dataset) -> str:
    try:
        return str(header.get("SeriesDescription") or "")
    except UNREADABLE:
        # Only shown to the user; recognition reads the name for itself and says when it cannot.
        return ""


def _header_of(plane: Plane) -> Dataset:
    """The header of the plane's file; of the per-frame functional groups only the plane's own."""
    header = read_header(plane.frame.file)
    if plane.frame.number is not None:
        groups = header.PerFrameFunctionalGroupsSequence
        header.PerFrameFunctionalGroupsSequence = [groups[plane.frame.number - 1]]
    return header
