"""What Slicer asks of its worker process: plain records, JSON on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, get_args

from BratsSegmenterLib.archive import Profile, StudyQuery, StudySummary
from BratsSegmenterLib.dicom import EXACT, Contouring
from BratsSegmenterLib.domain import PreprocessingSteps
from BratsSegmenterLib.job_results import LocalStudy
from BratsSegmenterLib.sequence_offers import WITHIN_DAYS, SequenceOffer

_WHERE_THEY_LIE = PreprocessingSteps(registration=False, bias_correction=False)


@dataclass(frozen=True)
class ConnectionJob:
    """Ask what works between here and the archive."""

    KIND: ClassVar[str] = "test_connection"
    profile: Profile


@dataclass(frozen=True)
class DoctorJob:
    """Examine this machine and, when one is named, an archive.

    Attributes
    ----------
    folder : Path
        Where studies are kept, for the free disk space.
    profile : Profile or None
        The archive to test.
    with_phantom : bool
        A synthetic patient goes the whole way too, which takes a minute or two.
    """

    KIND: ClassVar[str] = "doctor"
    folder: Path
    profile: Profile | None = None
    with_phantom: bool = False


@dataclass(frozen=True)
class StorageJob:
    """Say how much disk the kept studies take, and delete old ones when that is asked for.

    Attributes
    ----------
    folder : Path
        The folder with all job folders.
    delete_older_than_days : float or None
        None deletes nothing.
    in_use : tuple of str
        Names of job folders that stay in any case.
    """

    KIND: ClassVar[str] = "storage"
    folder: Path
    delete_older_than_days: float | None = None
    in_use: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchJob:
    """Look for studies."""

    KIND: ClassVar[str] = "search"
    profile: Profile
    query: StudyQuery


@dataclass(frozen=True)
class ListFolderJob:
    """Look which studies lie in a folder of this computer, and below it."""

    KIND: ClassVar[str] = "list_folder"
    files: Path


@dataclass(frozen=True)
class PrepareJob:
    """Fetch a study (or take the DICOM files of a folder), and recognise its sequences.

    Attributes
    ----------
    folder : Path
        The job's own folder; everything of this study is kept in it.
    profile, study_uid
        Where the study is, or None to read `files`.
    files : Path or None
        A folder of DICOM files; of several studies `study_uid` says which one is meant.
    listed : tuple of Path
        The study's files on this computer, where they share their folder with other studies.
    """

    KIND: ClassVar[str] = "prepare"
    folder: Path
    profile: Profile | None = None
    study_uid: str | None = None
    files: Path | None = None
    listed: tuple[Path, ...] = ()


@dataclass(frozen=True)
class SegmentJob:
    """Segment a prepared study.

    Attributes
    ----------
    folder : Path
        The folder of the :class:`PrepareJob`.
    sequences : mapping of str to str
        "T1", "T1c", "T2", "FLAIR" to the key of the series to take; leave one out when the study has none.
    bundle : str
        Name of a folder in models/, or a path.
    device : str
        "auto", "cuda", "mps" or "cpu".
    resample_gaps : bool
        The user agreed to fill missing slices by interpolation.
    is_postoperative : bool
        The user confirmed that the study was made after an operation: only then is a resection cavity drawn.
    """

    KIND: ClassVar[str] = "segment"
    folder: Path
    sequences: Mapping[str, str]
    bundle: str
    device: str = "auto"
    steps: PreprocessingSteps = field(default_factory=PreprocessingSteps)
    resample_gaps: bool = False
    is_postoperative: bool = False


@dataclass(frozen=True)
class ResumeJob:
    """Take up regions that a prepared study carries, ours or others', in place of a segmentation.

    Attributes
    ----------
    folder : Path
        The folder of the :class:`PrepareJob`.
    uid : str
        Series or SOP Instance UID of a structure set or SEG; empty for the newest of ours, else of others.
    steps : PreprocessingSteps
        The other sequences are shown where their headers place them, unless the registration is switched on.
    resample_gaps : bool
        The user agreed to fill missing slices by interpolation.
    """

    KIND: ClassVar[str] = "resume"
    folder: Path
    uid: str = ""
    steps: PreprocessingSteps = _WHERE_THEY_LIE
    resample_gaps: bool = False


@dataclass(frozen=True)
class SendJob:
    """Write the (corrected) result as DICOM objects, check them and store them in the study.

    Attributes
    ----------
    folder : Path
        The folder of the :class:`SegmentJob` or :class:`ResumeJob`.
    labels : Path
        Label map in the reference's own grid as the user left it.
    edited : bool
        Whether a person changed it.
    formats : tuple of str
        "RTSTRUCT", "SEG", "SR", "KEY_IMAGE".
    profile : Profile or None
        Where to store; None writes the objects only (a dry run).
    reviewer : str
        Name of who signs; empty when nobody reviewed it.
    approved : bool
        The reviewer approves it as final.
    ledger : Path or None
        The folder of the ledger that keeps corrections; None keeps none.
    minutes_spent : float
        By a person on the correction, for the ledger.
    contouring : Contouring
        What the structure set draws, and how.
    only_first : bool
        Nobody has looked at it: nothing is stored where the study carries another result already.
    """

    KIND: ClassVar[str] = "send"
    folder: Path
    labels: Path
    edited: bool
    formats: tuple[str, ...] = ("RTSTRUCT",)
    profile: Profile | None = None
    reviewer: str = ""
    approved: bool = False
    ledger: Path | None = None
    minutes_spent: float = 0.0
    contouring: Contouring = EXACT
    only_first: bool = False


@dataclass(frozen=True)
class PriorsJob:
    """Look for earlier studies of a study's patient, and bring the results of ours that they carry.

    Attributes
    ----------
    folder : Path
        The folder of all job folders.
    """

    KIND: ClassVar[str] = "priors"
    folder: Path
    profile: Profile
    study: StudySummary


@dataclass(frozen=True)
class ElsewhereJob:
    """Look whether other studies of a study's patient hold sequences that it lacks; images are not fetched.

    Attributes
    ----------
    study : StudySummary
        The one that lacks them.
    missing : tuple of str
        "T1", "T1c", "T2", "FLAIR".
    profile : Profile or None
        The archive to look in, or None to look among `others`.
    others : tuple of LocalStudy
        Studies of this computer.
    within_days : int
        How far apart the studies may be, either way.
    """

    KIND: ClassVar[str] = "elsewhere"
    study: StudySummary
    missing: tuple[str, ...]
    profile: Profile | None = None
    others: tuple[LocalStudy, ...] = ()
    within_days: int = WITHIN_DAYS


@dataclass(frozen=True)
class BorrowJob:
    """Take a missing sequence from another study of the patient; the user agreed.

    Attributes
    ----------
    folder : Path
        The folder of the :class:`PrepareJob` of the study that lacks it.
    offer : SequenceOffer
    profile : Profile or None
        The archive of the other study; None where the offer names its files.
    """

    KIND: ClassVar[str] = "borrow"
    folder: Path
    offer: SequenceOffer
    profile: Profile | None = None


@dataclass(frozen=True)
class DownloadJob:
    """Bring a published model; the user agreed.

    Attributes
    ----------
    model : str
        One of the names in :data:`BratsSegmenterLib.segmentation.PUBLISHED`.
    """

    KIND: ClassVar[str] = "download"
    model: str


@dataclass(frozen=True)
class SamplePatientJob:
    """Make the synthetic patient of Slicer's module Sample Data.

    Attributes
    ----------
    folder : Path
        Gets the study in ``dicom`` and the images in ``images``.
    spacing_mm : float
        How finely the head is made; coarser is faster.
    """

    KIND: ClassVar[str] = "sample patient"
    folder: Path
    spacing_mm: float = 1.0


Job = (
    ConnectionJob
    | DoctorJob
    | StorageJob
    | SearchJob
    | ListFolderJob
    | PrepareJob
    | SegmentJob
    | ResumeJob
    | SendJob
    | PriorsJob
    | ElsewhereJob
    | BorrowJob
    | DownloadJob
    | SamplePatientJob
)
JOB_KINDS: dict[str, type[Job]] = {kind.KIND: kind for kind in get_args(Job)}
