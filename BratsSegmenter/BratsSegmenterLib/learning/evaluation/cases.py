"""Cases of a BraTS challenge on disk: which file is what, in the names of 2018 to 2024.

A case is a folder with one NIfTI file for each sequence and one for the labels. The last part of a file's name, behind
"_" or "-", says what it is: t1 or t1n; t1c, t1ce or t1gd; t2 or t2w; flair or t2f; seg (see `roles.py`).
"""

from __future__ import annotations

import itertools
import zlib
from collections.abc import Collection, Iterable, Mapping
from collections.abc import Sequence as Items
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

import nibabel
import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ET, RC, Sequence
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.folder_tree import folders_below
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.image_files import held_bytes
from BratsSegmenterLib.learning.evaluation.names import Parts, case_names, patients
from BratsSegmenterLib.learning.evaluation.roles import LABELS, four_is_cavity, is_paediatric, role

_ONE_FOLDER_EACH = "Leave one of them there; each case needs a folder of its own."
_PAEDIATRIC = "is of BraTS-PED, whose labels differ by year: since 2024, 1 is enhancing tumour and 4 oedema"
_RELABEL = (
    "Relabel it to 1 for what does not enhance, 2 for oedema and 3 for enhancing tumour, as it was in 2023, and give "
    "the folder and its files another name."
)
_OLD_ET = 4
_GREATEST_LABEL = 4
_UNREADABLE = (
    OSError,
    EOFError,
    ValueError,
    TypeError,
    OverflowError,
    MemoryError,
    zlib.error,
    nibabel.filebasedimages.ImageFileError,
    nibabel.spatialimages.HeaderDataError,
    nibabel.spatialimages.HeaderTypeError,
)
"""What nibabel raises on files with changed bytes; a header may ask for more memory than there is."""


@dataclass(frozen=True)
class CaseFiles:
    """The files of one case, by what their names say.

    Attributes
    ----------
    name : str
        Unique among the cases of a data folder.
    patient : str
        Whose it is: the same for all cases of a patient, as far as names tell.
    images : mapping of Sequence to Path
    labels : Path or None
    four_is_cavity : bool or None
        Whether the label 4 is the resection cavity, not enhancing tumour; None where no name says it.
    problem : str
        Why it cannot be used, going on from its name; empty when nothing is known.
    remedy : str
        What to do about that.
    strangers : tuple of Path
        Images beside these of which nobody knows what they are.
    """

    name: str
    patient: str
    images: Mapping[Sequence, Path]
    labels: Path | None
    four_is_cavity: bool | None
    problem: str = ""
    remedy: str = ""
    strangers: tuple[Path, ...] = ()

    def state(self) -> str:
        """Another text once a file was replaced, changed, added or taken away."""
        files = [*self.images.values(), *([self.labels] if self.labels else [])]
        return repr(
            (bool(self.four_is_cavity), self.problem, [(file.name, _size_and_time(file)) for file in sorted(files)])
        )


@dataclass(frozen=True, eq=False)
class LabelledCase:
    """One case as read.

    Attributes
    ----------
    name : str
    images : mapping of Sequence to ndarray of float32, shape (slices, rows, columns)
    geometries : mapping of Sequence to Geometry
        Of the images; equal for registered cases.
    labels : ndarray of uint8, shape (slices, rows, columns)
        Our labels: 1 NCR, 2 ED, 3 ET, 4 RC.
    labels_geometry : Geometry
    """

    name: str
    images: Mapping[Sequence, NDArray[np.float32]] = field(repr=False)
    geometries: Mapping[Sequence, Geometry] = field(repr=False)
    labels: NDArray[np.uint8] = field(repr=False)
    labels_geometry: Geometry = field(repr=False)


def find_cases(folder: Path, apart_from: Collection[Path] = ()) -> tuple[CaseFiles, ...]:
    """Every case in `folder` and the folders in it, behind links too, sorted by their paths.

    A case is called as its folder is, or, where several folders have that name, by its path: ``patient1/baseline`` is
    "patient1-baseline" where there is a ``patient2/baseline`` too.

    Parameters
    ----------
    folder : Path
    apart_from : collection of Path
        Folders of which, and of all below them, the cases are known already.

    Raises
    ------
    LearningError
        There is none, and none is known, or two of them would have one name.
    """
    folders = sorted(
        inner
        for inner in folders_below(folder)
        if any(map(role, inner.glob("*.nii*"))) and not any(map(inner.is_relative_to, apart_from))
    )
    if not folders and not apart_from:
        raise LearningError(
            f"There is no case in the folder '{folder.name}'.",
            "A case is a folder with files named like t1.nii.gz, t1c.nii.gz, t2.nii.gz, flair.nii.gz and seg.nii.gz.",
        )
    paths = [_parts_below(folder, case) for case in folders]
    names = case_names(paths)
    _refuse_twins(names, paths)
    return tuple(map(_case_files, folders, names, patients(paths)))


def read_case(files: CaseFiles, sequences: Iterable[Sequence] = tuple(Sequence)) -> LabelledCase:
    """Read and check one case.

    Parameters
    ----------
    files : CaseFiles
    sequences : iterable of Sequence
        The ones that must be there; others are not read.

    Raises
    ------
    LearningError
        A file is missing or unreadable or has no usable geometry, an image has values that are no numbers or only one
        value, two files are the same thing, or the labels have values other than 0 to 4, may mean something else or are
        no label map.
    """
    if files.problem:
        raise _bad(files, files.problem, advice=files.remedy)
    if files.labels is None:
        raise _bad(files, "has no labels (a file ending in seg.nii.gz)")
    if not files.images:
        raise _bad(files, f"has no image of a sequence{_not_understood(files)}")
    images, geometries = {}, {}
    for sequence in sequences:
        if sequence not in files.images:
            raise _bad(files, f"has no {sequence.value} image{_not_understood(files)}")
        array, geometry = _read(files, files.images[sequence])
        if not np.isfinite(array).all():
            raise _bad(files, f"has voxels that are no numbers in its {sequence.value} image")
        if array.min() == array.max():
            raise _bad(files, f"has a {sequence.value} image with one value everywhere")
        images[sequence], geometries[sequence] = array, geometry
    values, labels_geometry = _read(files, files.labels)
    return LabelledCase(files.name, images, geometries, _our_labels(files, values), labels_geometry)


def stored_labels(files: CaseFiles) -> set[int]:
    """The label values in a case's file as they are, whatever 4 means; empty where it has no labels.

    Raises
    ------
    LearningError
        The file cannot be read.
    """
    if files.labels is None:
        return set()
    values, _ = _read(files, files.labels)
    return {value for value in range(_GREATEST_LABEL + 1) if (values == value).any()}


def _not_understood(files: CaseFiles) -> str:
    names = ", ".join(file.name for file in files.strangers)
    return f"; not understood: {names}" if names else ""


def _parts_below(data: Path, case: Path) -> Parts:
    """Names of the folders down to a case; the data folder's own where its files lie right in it."""
    return case.relative_to(data).parts or (data.resolve().name,)


def _refuse_twins(names: Items[str], paths: Items[Parts]) -> None:
    """``a/b`` beside another ``b`` is called as a folder ``a-b`` may be."""
    first: dict[str, str] = {}
    for name, path in zip(names, map("/".join, paths), strict=True):
        if name in first:
            raise LearningError(
                f"The folders '{first[name]}' and '{path}' would both be the case '{name}'.", "Rename one of them."
            )
        first[name] = path


def _size_and_time(file: Path) -> tuple[int, int] | None:
    """None for a link that leads nowhere."""
    if not file.exists():
        return None
    status = file.stat()
    return status.st_size, status.st_mtime_ns


def _case_files(folder: Path, name: str, patient: str) -> CaseFiles:
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("*.nii*")):
        found.setdefault(role(file), []).append(file)
    strangers = [file for file in found.pop("", []) if not file.name.startswith(".")]
    names = [folder, *itertools.chain(*found.values())]
    problem, remedy = _problem(names, found)
    return CaseFiles(
        name,
        patient,
        images={sequence: found[sequence.value][0] for sequence in Sequence if sequence.value in found},
        labels=found[LABELS][0] if LABELS in found else None,
        four_is_cavity=_four_is_cavity(names),
        problem=problem,
        remedy=remedy,
        strangers=tuple(strangers),
    )


def _problem(names: Iterable[Path], found: Mapping[str, Items[Path]]) -> tuple[str, str]:
    """Why a case cannot be used and what to do about it; both empty where nothing is known."""
    if twice := _what_is_twice(found):
        return twice, _ONE_FOLDER_EACH
    return (_PAEDIATRIC, _RELABEL) if any(map(is_paediatric, names)) else ("", "")


def _what_is_twice(found: Mapping[str, Items[Path]]) -> str:
    """Which of two files is meant, nobody can tell: of two patients, or a model's answer beside the truth."""
    for what, files in found.items():
        if len(files) > 1:
            thing = "labels" if what == LABELS else f"{what} image"
            return f"has {len(files)} files for its {thing}: {', '.join(file.name for file in files)}"
    return ""


def _four_is_cavity(names: Iterable[Path]) -> bool | None:
    """What the names of a case's folder and files say together; the newer way to use 4 counts where they differ."""
    said = {four_is_cavity(name) for name in names}
    return next((answer for answer in (True, False) if answer in said), None)


def _read(files: CaseFiles, file: Path) -> tuple[NDArray[np.float32], Geometry]:
    """Values (slices, rows, columns) and grid of a NIfTI file of version 1 or 2.

    Read by nibabel, because ITK turns values that are no numbers into zeros without a word.
    """
    try:
        held_bytes(file)  # proves the checksum, before which nibabel stops
        image = cast(nibabel.Nifti1Image, nibabel.load(file))  # of which those of version 2 are a kind
        values = np.asarray(image.dataobj, np.float32)
    except _UNREADABLE as error:
        raise _bad(files, f"has a file that cannot be read: {file.name}", str(error)) from error
    if values.ndim != 3:
        raise _bad(files, f"has a file that is not one 3-D image: {file.name}")
    if not np.isfinite(image.affine).all() or np.linalg.det(image.affine[:3, :3]) == 0:
        raise _bad(files, f"has a file whose header does not say where its voxels lie: {file.name}")
    columns, rows, slices = values.shape
    return np.ascontiguousarray(values.T), Geometry.of_affine_ras((slices, rows, columns), image.affine)


def _our_labels(files: CaseFiles, values: NDArray) -> NDArray[np.uint8]:
    """The challenge's values as ours: 4 becomes ET unless 3 is already used for it or the case may have cavities."""
    found = np.unique(values)
    if not np.isin(found, range(_GREATEST_LABEL + 1)).all():
        odd = ", ".join(f"{value:g}" for value in found if value not in range(_GREATEST_LABEL + 1))
        raise _bad(files, f"has labels other than 0 to 4: {odd}")
    labels = values.astype(np.uint8)
    if _OLD_ET in found and ET.label not in found and not files.four_is_cavity:
        labels[labels == _OLD_ET] = ET.label
    else:
        labels[labels == _OLD_ET] = RC.label
    return labels


def _bad(
    files: CaseFiles, what: str, cause: str = "", advice: str = "Repair the case or leave it out."
) -> LearningError:
    return LearningError(f"The case '{files.name}' {what}.", advice, cause)
