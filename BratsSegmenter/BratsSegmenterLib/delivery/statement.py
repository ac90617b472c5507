"""What is to be said of a study: what is drawn, who answers for it, and the objects that are to say so."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import __version__, dicom
from BratsSegmenterLib.dicom import EXACT, Authorship, Contouring, ObjectKind, Provenance, ResultObject, written_kinds
from BratsSegmenterLib.domain import Segmentation, Sequence, Series, Volume
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.measurement import measure
from BratsSegmenterLib.versions import EarlierResult, next_version, predecessors

PROGRAM = f"BratsSegmenter {__version__}"
_FIRST_SERIES_NUMBER, _SERIES_NUMBERS_A_VERSION = 900, 10


@dataclass(frozen=True)
class Signature:
    """What a person did with the result: corrected it, reviewed it under a name, approved it as final."""

    edited: bool = False
    reviewer: str = ""
    approved: bool = False

    @property
    def authorship(self) -> Authorship:
        """Ours alone, or changed by a person."""
        return Authorship.EDITED if self.edited else Authorship.AI


@dataclass(frozen=True, eq=False)
class Statement:
    """A result as its objects are to say it.

    Attributes
    ----------
    reference : Volume
        In whose slices it is drawn.
    segmentation : Segmentation
        On its grid, as the user sees it.
    images : mapping of Sequence to ndarray of float32, shape (slices, rows, columns)
        On that grid, for the key images.
    kinds : frozenset of ObjectKind
        An SR refers to the segments of a SEG, so the SEG always goes with it.
    signature : Signature
    contouring : Contouring
        What the structure set draws, and how.
    intervals_ml : mapping of str to (float, float)
        By region key, of the volumes that still are the model's own; the SR states them.
    notes : tuple of str
        What whoever reads the result must know; RTSTRUCT, SEG and SR carry it.
    others : tuple of Series
        The study's further series that it was drawn with; the SR lists their images.
    """

    reference: Volume
    segmentation: Segmentation
    images: Mapping[Sequence, NDArray[np.float32]] = field(repr=False)
    kinds: frozenset[ObjectKind]
    signature: Signature
    contouring: Contouring = EXACT
    intervals_ml: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    others: tuple[Series, ...] = ()

    @property
    def written_kinds(self) -> frozenset[ObjectKind]:
        """The kinds of object that can say it, of those that are wanted."""
        return written_kinds(self.kinds, self.segmentation.is_blank)

    def require_sayable(self) -> None:
        """Raise :class:`ExportError` where nothing is drawn, and nobody says so by name, or not in a report.

        It is asked once, before the archive is.
        """
        if ObjectKind.SR not in self.kinds:
            dicom.require_drawn(self.segmentation)
        if self.segmentation.is_blank and not self.signature.reviewer:
            raise ExportError(
                "Nothing is drawn, and no program can answer for that.",
                "Enter the name of the reviewer who does, or draw at least one region.",
            )

    def provenance(self, earlier: tuple[EarlierResult, ...] = ()) -> Provenance:
        """Where it comes from, as the version after `earlier`."""
        now = datetime.now()
        version = next_version(earlier)
        return Provenance(
            software_version=PROGRAM,
            algorithm=self.segmentation.algorithm,
            authorship=self.signature.authorship,
            content_time=now,
            reviewer=self.signature.reviewer,
            approved_at=now if self.signature.approved else None,
            predecessors=predecessors(earlier),
            series_number=_FIRST_SERIES_NUMBER + _SERIES_NUMBERS_A_VERSION * (version - 1),
            version=version,
            notes=self.notes,
        )

    def is_made_by(self, result: EarlierResult) -> bool:
        """Whether `result` says it voxel for voxel, and measured as much, of the same people and model.

        Of the kinds to be written it need not have all; its structure set has to be drawn alike where one is to be
        sent. Key images alone hold neither voxels nor who drew and approved them: the same pictures say the same.
        """
        try:
            if not self._has_the_makers_of(result):
                return False
            if result.regions is None:
                return self._is_pictured_by(result)
            return self._is_signed_in(result) and self._is_drawn_in(result.regions)
        except SeriesError:
            # Drawn on another series, or damaged: whatever it says, it is not this result.
            return False

    def _has_the_makers_of(self, result: EarlierResult) -> bool:
        """The same model and reviewer, and contours that are drawn in the same way."""
        model, theirs = self.segmentation.algorithm, result.algorithm
        alike = (None, self.contouring.drawn(self.segmentation))
        is_drawn_alike = ObjectKind.RTSTRUCT not in self.written_kinds or result.contouring in alike
        makers = theirs.name, theirs.version, result.reviewer
        return is_drawn_alike and makers == (model.name, model.version, self.signature.reviewer)

    def _is_signed_in(self, result: EarlierResult) -> bool:
        """Approved or not by the same people, of regions that were measured as much."""
        signature, unmeasured = self.signature, dicom.stated_as_unmeasured(dicom.stated_notes(result.objects))
        is_signed = result.authorship in (None, signature.authorship) and result.is_approved == signature.approved
        return is_signed and unmeasured.keys() == self.segmentation.not_measured.keys()

    def _is_drawn_in(self, regions: ResultObject) -> bool:
        stored, _ = dicom.read_regions(regions, self.reference)
        return np.array_equal(stored.labels, self.segmentation.labels)

    def _is_pictured_by(self, result: EarlierResult) -> bool:
        if self.segmentation.is_blank:
            return False  # no picture is of nothing
        pages = [one.path for one in result.objects if one.kind is ObjectKind.KEY_IMAGE]
        measurements, provenance = measure(self.segmentation), self.provenance()
        return dicom.show_the_same(pages, self.reference, self.segmentation, measurements, provenance, self.images)
