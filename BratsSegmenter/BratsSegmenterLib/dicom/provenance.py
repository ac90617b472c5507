"""Who drew a result and who answers for it, and what was written of it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from pathlib import Path

from BratsSegmenterLib.dicom.contouring import Contouring
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.spoken_names import spoken

MANUFACTURER = "BratsSegmenter"

_REVIEWED, _NOT_REVIEWED = "reviewed", "not reviewed"
_LONGEST_DESCRIPTION = 64
_MOST_GROUPS, _MOST_COMPONENTS, _LONGEST_GROUP = 3, 5, 64
_FORBIDDEN_IN_NAMES = re.compile(r"[\\\x00-\x1f\x7f]")


class Authorship(Enum):
    """How the regions came about; the value is the ROI Generation Algorithm (DICOM PS3.3 C.8.8.5)."""

    AI = "AUTOMATIC"
    EDITED = "SEMIAUTOMATIC"


class ObjectKind(Enum):
    """The objects that leave for the archive; the value is the modality they carry there."""

    RTSTRUCT = "RTSTRUCT"
    SEG = "SEG"
    SR = "SR"
    KEY_IMAGE = "OT"


KINDS_WITH_REGIONS = (ObjectKind.RTSTRUCT, ObjectKind.SEG)

_CONTENT = {
    ObjectKind.RTSTRUCT: "Glioma regions",
    ObjectKind.SEG: "Glioma segmentation",
    ObjectKind.SR: "Glioma volumes",
    ObjectKind.KEY_IMAGE: "Glioma key images",
}


def written_kinds(kinds: Iterable[ObjectKind], is_blank: bool = False) -> frozenset[ObjectKind]:
    """The kinds that are written where these are asked for: an SR refers to the segments of a SEG.

    Of a result in which nothing is drawn, only the SR: contours, segments and pictures cannot be of nothing.
    """
    asked = frozenset(kinds)
    if is_blank:
        return asked & {ObjectKind.SR}
    return asked | {ObjectKind.SEG} if ObjectKind.SR in asked else asked


def review_statement(algorithm: Algorithm, authorship: Authorship, reviewer: str) -> str:
    """Who drew a result, whether a person changed what a model drew, and whether one stands behind it, in words."""
    review = f"{_REVIEWED} by {spoken(reviewer)}" if reviewer else _NOT_REVIEWED
    return f"{_drawn_by(algorithm, authorship)}, {review}"


def _drawn_by(algorithm: Algorithm, authorship: Authorship) -> str:
    corrected = ", corrected" if algorithm.is_model and authorship is Authorship.EDITED else ""
    return f"{algorithm.author}{corrected}"


def series_description(
    kind: ObjectKind, version: int, algorithm: Algorithm, authorship: Authorship, reviewer: str
) -> str:
    """Series Description (LO, at most 64 characters): what the object holds, its version, who stands behind it.

    A name for which there is no room is left out, of the reviewer first; half of one would be another person's.
    """
    review = _REVIEWED if reviewer else _NOT_REVIEWED
    drawn_by = _drawn_by(algorithm, authorship)
    statements = (review_statement(algorithm, authorship, reviewer), f"{drawn_by}, {review}", review)
    descriptions = [f"{_CONTENT[kind]} v{version} ({statement})" for statement in statements]
    return next(text for text in descriptions if len(text) <= _LONGEST_DESCRIPTION)


@dataclass(frozen=True)
class WrittenObject:
    """A DICOM object of ours: what it is, where it lies and how the archive will know it."""

    kind: ObjectKind
    path: Path
    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str


@dataclass(frozen=True)
class ObjectReference:
    """An object that is already in the study."""

    series_uid: str
    sop_class_uid: str
    sop_instance_uid: str


@dataclass(frozen=True)
class ResultObject:
    """Regions, measurements or pictures of them that a study already carries, as the object's header tells.

    Attributes
    ----------
    kind : ObjectKind
    path : Path
    reference : ObjectReference
    is_ours : bool
        Whether this program wrote it.
    version : int or None
        That its series description names.
    made_at : str
        ISO 8601, by the clock of the maker; empty when the object does not say.
    authorship : Authorship or None
        None for objects that do not say: measurement reports and key images.
    reviewer : str
        Show it, never log it.
    is_approved : bool
    algorithm : Algorithm
        Weights only where the object names them.
    drawn_on : tuple of str
        Series Instance UIDs that it lists: of the images it was drawn on, and of whatever else it refers to.
    label : str
        What its maker called it.
    region_names : tuple of str
        Its ROIs or segments.
    contouring : Contouring or None
        Of a structure set of ours.
    is_blank : bool
        A report of ours by which nothing is drawn.
    """

    kind: ObjectKind
    path: Path
    reference: ObjectReference
    is_ours: bool
    version: int | None
    made_at: str
    authorship: Authorship | None
    reviewer: str = field(repr=False)
    is_approved: bool
    algorithm: Algorithm
    drawn_on: tuple[str, ...]
    label: str = ""
    region_names: tuple[str, ...] = ()
    contouring: Contouring | None = None
    is_blank: bool = False

    @property
    def has_regions(self) -> bool:
        """Whether it says which voxels belong to which region, be it that none does."""
        return self.kind in KINDS_WITH_REGIONS or self.is_blank


def oldest_first(objects: Iterable[ResultObject]) -> list[ResultObject]:
    """Results of one study by version, those of one version by time; what is alike keeps its order.

    Times are those of the makers' clocks, without an offset from UTC: between two places, and in the night in which
    clocks are put back, they contradict the order. They count only for what names no version: it comes after the
    versions that were made until then.
    """
    results = list(objects)
    numbered = [(one.made_at, one.version) for one in results if one.version is not None]

    def version(one: ResultObject) -> int:
        if one.version is not None:
            return one.version
        return max((number for made_at, number in numbered if made_at <= one.made_at), default=0)

    return sorted(results, key=lambda one: (version(one), one.made_at))


def _is_person_name(name: str) -> bool:
    """DICOM PS3.5 table 6.2-1, PN, and 6.2.1.1."""
    groups = name.split("=")
    return bool(
        name.strip("=^ ")
        and not _FORBIDDEN_IN_NAMES.search(name)
        and len(groups) <= _MOST_GROUPS
        and all(len(group) <= _LONGEST_GROUP and group.count("^") < _MOST_COMPONENTS for group in groups)
    )


@dataclass(frozen=True)
class Provenance:
    """What every object of one export says about its making.

    Attributes
    ----------
    software_version : str
    algorithm : Algorithm
    authorship : Authorship
        AI as long as nobody corrected anything.
    content_time : datetime
        When the result was finished.
    reviewer : str
        Name of who reviewed it, as DICOM writes names (``Family^Given``); empty when nobody did.
    approved_at : datetime or None
        When the reviewer signed and approved it. Without it structure sets stay UNAPPROVED.
    predecessors : tuple of ObjectReference
        The objects of the version before; each new object refers to those of its own kind.
    series_number : int
        Of the RTSTRUCT; SEG, SR and key images follow.
    version : int
        Counts the results of the study, from 1.
    notes : tuple of str
        Sentences that whoever reads the result must know, of images from another study for example. The structure set
        and the measurement report carry them.

    Raises
    ------
    ExportError
        Approved by nobody, or the reviewer's name is none that DICOM can hold (PS3.5 table 6.2-1, PN).
    """

    software_version: str
    algorithm: Algorithm
    authorship: Authorship
    content_time: datetime
    reviewer: str = ""
    approved_at: datetime | None = None
    predecessors: tuple[ObjectReference, ...] = ()
    series_number: int = 900
    version: int = 1
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.approved_at is not None and not self.reviewer:
            raise ExportError("The result is to be approved, but nobody is named as its reviewer.", "Enter your name.")
        if self.reviewer and not _is_person_name(self.reviewer):
            raise ExportError(
                "The reviewer's name is none that DICOM can hold: it is empty, or holds a backslash or a control "
                f"character, more than {_LONGEST_GROUP} characters, more than {_MOST_COMPONENTS} parts with ^ between "
                f"them, or more than {_MOST_GROUPS} spellings with = between them.",
                "Enter it as Family^Given.",
            )

    @property
    def review_statement(self) -> str:
        """Whether a person stands behind it, in words."""
        return review_statement(self.algorithm, self.authorship, self.reviewer)

    def series_description(self, kind: ObjectKind) -> str:
        """Series Description of the object of that kind."""
        return series_description(kind, self.version, self.algorithm, self.authorship, self.reviewer)

    def predecessors_of(self, sop_class_uid: str) -> tuple[ObjectReference, ...]:
        """The predecessors of that SOP class."""
        return tuple(reference for reference in self.predecessors if reference.sop_class_uid == sop_class_uid)

    def predecessor(self, sop_class_uid: str) -> ObjectReference | None:
        """The predecessor of that SOP class, where there can be but one."""
        return next(iter(self.predecessors_of(sop_class_uid)), None)
