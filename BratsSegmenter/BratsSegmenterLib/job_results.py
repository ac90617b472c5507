"""What the worker process gives back: plain records, JSON on the way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from BratsSegmenterLib.archive import Check, StudySummary
from BratsSegmenterLib.dicom import Authorship, ResultObject
from BratsSegmenterLib.domain import Algorithm, Sequence
from BratsSegmenterLib.measurement import DoubtfulSlice
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.progress import StageTime
from BratsSegmenterLib.sequence_offers import SequenceOffer
from BratsSegmenterLib.slice_names import ImageNumbers
from BratsSegmenterLib.versions import EarlierResult

_SURE = 0.7


@dataclass(frozen=True)
class ConnectionResult:
    """The checks, in the order they were made."""

    checks: tuple[Check, ...]


@dataclass(frozen=True)
class DoctorResult:
    """What the doctor found, in the order of the examination."""

    checks: tuple[Check, ...]


@dataclass(frozen=True)
class StorageResult:
    """The studies that are kept on this computer, after a clean-up when one was asked for.

    Attributes
    ----------
    studies : int
    size_bytes : int
    deleted : int
        How many studies went.
    freed_bytes : int
    stayed : tuple of str
        A sentence for each old study that had to stay, by the name of its folder, which says nothing about whose it is.
    """

    studies: int
    size_bytes: int
    deleted: int = 0
    freed_bytes: int = 0
    stayed: tuple[str, ...] = ()


@dataclass(frozen=True)
class SearchResult:
    """The studies found."""

    studies: tuple[StudySummary, ...]


@dataclass(frozen=True)
class LocalStudy:
    """A study whose files are on this computer."""

    study: StudySummary
    files: tuple[Path, ...]


@dataclass(frozen=True)
class ListFolderResult:
    """The studies with MR images, newest first, and how many files were passed over."""

    studies: tuple[LocalStudy, ...]
    passed_over: int = 0


@dataclass(frozen=True)
class SeriesRow:
    """One series as the user sees it.

    Attributes
    ----------
    excluded : str
        Why it was left aside; empty when it was not.
    overrulable : bool
        Whether it may be chosen although it was left aside: only its name speaks against it, it is a reformatted or
        opposed-phase image, or nothing is known of it.
    thumbnail : Path or None
        PNG of its middle slice.
    """

    key: str
    description: str
    number: int | None
    slices: int
    excluded: str = ""
    thumbnail: Path | None = None
    overrulable: bool = False


@dataclass(frozen=True)
class SequenceChoice:
    """Which series was taken as a sequence, how sure that is (0 to 1), why, and what speaks against it."""

    key: str
    series_uid: str
    confidence: float
    reasons: tuple[str, ...]
    doubt: str = ""

    @property
    def is_sure(self) -> bool:
        """Whether it may be used before a person has looked."""
        return self.confidence >= _SURE


@dataclass(frozen=True)
class BorrowedSequence:
    """A sequence of another study of the patient that is taken in place of a missing one, because the user agreed.

    Attributes
    ----------
    sequence : str
        "T1", "T1c", "T2" or "FLAIR".
    choice : SequenceChoice
    row : SeriesRow
    study_date : str
        Of the other study, ISO 8601.
    days_later : int
        Than the study that borrows; negative where it is earlier.
    """

    sequence: str
    choice: SequenceChoice
    row: SeriesRow
    study_date: str
    days_later: int


@dataclass(frozen=True)
class PrepareResult:
    """What a study holds.

    Attributes
    ----------
    sequences : mapping of str to SequenceChoice
        Which of its series are T1, T1c, T2 and FLAIR.
    results : tuple of EarlierResult
        Of ours, oldest first.
    others : tuple of ResultObject
        Structure sets and SEGs of others, oldest first.
    consequences : mapping of str to str
        Sequence to what its lack means for the result, whether it was found or not.
    operated : bool or None
        Whether the descriptions say that the study was made after an operation (True) or before (False); None when
        they do not say.
    operated_reason : str
        The words that say so.
    borrowed : tuple of BorrowedSequence
        What other studies of the patient lent to it since.
    """

    series: tuple[SeriesRow, ...]
    sequences: Mapping[str, SequenceChoice]
    warnings: tuple[str, ...]
    notes: tuple[str, ...]
    results: tuple[EarlierResult, ...] = ()
    others: tuple[ResultObject, ...] = ()
    consequences: Mapping[str, str] = field(default_factory=dict)
    operated: bool | None = None
    operated_reason: str = ""
    borrowed: tuple[BorrowedSequence, ...] = ()

    @property
    def missing(self) -> tuple[str, ...]:
        """The sequences that neither the study has nor another one lent."""
        found = {*self.sequences, *(one.sequence for one in self.borrowed)}
        return tuple(sequence.value for sequence in Sequence if sequence.value not in found)


@dataclass(frozen=True)
class SegmentResult:
    """Where the result of a :class:`SegmentJob` or :class:`ResumeJob` lies and what it says.

    Attributes
    ----------
    labels : Path
        NIfTI label map in the reference's own grid.
    volumes : mapping of str to Path
        Images by sequence (MetaImage, not compressed), all in the reference's own grid.
    uncertainty : Path or None
        Entropy map in the reference's own grid, 0 to 1 (MetaImage, not compressed).
    volumes_ml : mapping of str to float
        By region key; ET, NCR, ED, WT, TC (and RC).
    not_measured : mapping of str to str
        Region key to the reason.
    tolerated : tuple of str
        Of regions that were taken up: what was not as it should be, left out, or had to be decided.
    intervals_ml : mapping of str to (float, float)
        By region key, the interval of the volume that the model's calibration gives; empty without a calibration. It
        holds for the region as the model drew it, not for an edited one.
    doubtful_slices : tuple of DoubtfulSlice
        Slices of the reference to look at, the most doubtful first; empty without an entropy map.
    expected_dice : mapping of str to float
        By region key, the Dice with an expert that the calibration expects, 0 to 1; for the same regions at most.
    brain : Path or None
        Mask of the brain in the reference's own grid (MetaImage, not compressed); None where there is none.
    is_postoperative : bool
        A person had confirmed an operation, and a resection cavity was looked for.
    doubts : tuple of str
        Those of the warnings that make the result itself doubtful: empty, tiny, off the brain, implausibly large, one
        sequence moved far.
    routine : tuple of str
        Those of the warnings that tell of steps which went as they do in every study.
    sequences : mapping of str to str
        Sequence to the key of the series, where a person had a say in which series the model saw; else empty.
    authorship : Authorship
        EDITED where regions were taken up that a person had drawn or changed.
    image_numbers : ImageNumbers or None
        Of the reference; None where they are not known.
    product_sum_mm2 : float or None
        Of the products of all measurable lesions, also of a single one; None where the enhancing tumour was not
        measured, and in what an older version wrote.
    """

    reference: str
    labels: Path
    volumes: Mapping[str, Path]
    uncertainty: Path | None
    volumes_ml: Mapping[str, float]
    not_measured: Mapping[str, str]
    quality_page: Path
    algorithm: Algorithm
    stages: tuple[StageTime, ...]
    warnings: tuple[str, ...]
    tolerated: tuple[str, ...] = ()
    intervals_ml: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    doubtful_slices: tuple[DoubtfulSlice, ...] = ()
    expected_dice: Mapping[str, float] = field(default_factory=dict)
    brain: Path | None = None
    is_postoperative: bool = False
    doubts: tuple[str, ...] = ()
    routine: tuple[str, ...] = ()
    sequences: Mapping[str, str] = field(default_factory=dict)
    authorship: Authorship = Authorship.AI
    image_numbers: ImageNumbers | None = None
    product_sum_mm2: float | None = None

    @property
    def remarks(self) -> tuple[str, ...]:
        """The warnings that are no doubts."""
        return tuple(warning for warning in self.warnings if warning not in self.doubts)

    @property
    def warnings_to_heed(self) -> tuple[str, ...]:
        """All but the routine."""
        return tuple(warning for warning in self.warnings if warning not in self.routine)

    def found_in(self, folder: Path) -> SegmentResult:
        """The same result with its files where they are now: the job folder may have been moved, or named otherwise."""
        written_in = self.labels.parent
        return replace(
            self,
            labels=_moved(self.labels, written_in, folder),
            volumes={name: _moved(path, written_in, folder) for name, path in self.volumes.items()},
            uncertainty=self.uncertainty and _moved(self.uncertainty, written_in, folder),
            quality_page=_moved(self.quality_page, written_in, folder),
            brain=self.brain and _moved(self.brain, written_in, folder),
        )


def _moved(path: Path, from_folder: Path, to_folder: Path) -> Path:
    return to_folder / path.relative_to(from_folder)


@dataclass(frozen=True)
class SentObject:
    """One object that was written, and what the gate compared before it could leave."""

    kind: str
    path: Path
    sop_instance_uid: str
    check: str = ""


@dataclass(frozen=True)
class SendResult:
    """What was written and what of it the archive holds now.

    Attributes
    ----------
    objects : tuple of SentObject
        None when the study already carried exactly this result.
    pushed : tuple of str
        SOP Instance UIDs that this job brought to the archive and read back.
    version : int or None
        Number of the result in its study.
    archive, archive_url : str
        Profile and address of where it was stored.
    delivered_at : str
        ISO 8601, UTC; empty when nothing had to be stored.
    notes : tuple of str
        Sentences for the user.
    is_in_ledger : bool or None
        Whether the ledger of corrections holds what was sent; None when there was nothing to enter.
    gave_way : bool
        Nothing was stored: the study carries another result, beside which none was wanted.
    """

    objects: tuple[SentObject, ...]
    pushed: tuple[str, ...]
    receipt: Path | None
    volumes_ml: Mapping[str, float] = field(default_factory=dict)
    version: int | None = None
    archive: str = ""
    archive_url: str = ""
    delivered_at: str = ""
    notes: tuple[str, ...] = ()
    is_in_ledger: bool | None = None
    gave_way: bool = False


@dataclass(frozen=True)
class PriorStudy:
    """One earlier study.

    Attributes
    ----------
    volumes : PriorVolumes or None
        What the newest result of ours in it measured.
    has_result : bool
        Whether it carries one; it can be unreadable.
    obstacle : str
        What keeps its result from being compared, as a clause; empty when nothing does.
    """

    study: StudySummary
    volumes: PriorVolumes | None = None
    has_result: bool = False
    obstacle: str = ""


@dataclass(frozen=True)
class PriorsResult:
    """The earlier studies, oldest first."""

    studies: tuple[PriorStudy, ...]


@dataclass(frozen=True)
class ElsewhereResult:
    """What other studies of the patient offer.

    Attributes
    ----------
    offers : tuple of SequenceOffer
        At most one for each missing sequence.
    refused : tuple of str
        What a study under the same Patient ID has, and why it is not offered, as sentences.
    """

    offers: tuple[SequenceOffer, ...]
    refused: tuple[str, ...] = ()


@dataclass(frozen=True)
class DownloadResult:
    """The bundle that a published model became, whole and checked."""

    bundle: str


@dataclass(frozen=True)
class SamplePatientResult:
    """Where the synthetic patient lies.

    Attributes
    ----------
    dicom : Path
        Folder of the study.
    images : tuple of Path
        One for each sequence, in the order of :class:`~BratsSegmenterLib.domain.Sequence`, named by it.
    """

    dicom: Path
    images: tuple[Path, ...]


JobResult = (
    ConnectionResult
    | DoctorResult
    | StorageResult
    | SearchResult
    | ListFolderResult
    | PrepareResult
    | SegmentResult
    | SendResult
    | PriorsResult
    | ElsewhereResult
    | BorrowedSequence
    | DownloadResult
    | SamplePatientResult
)
"""What :func:`BratsSegmenterLib.performing.perform` may give back."""
