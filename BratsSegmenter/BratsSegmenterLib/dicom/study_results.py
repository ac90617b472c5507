"""The regions, measurements and pictures of them that a study already carries, found by their headers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import numpy as np
from pydicom import Dataset
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.adoption import segmentation_from
from BratsSegmenterLib.dicom.contouring import Contouring
from BratsSegmenterLib.dicom.named_images import listed_images
from BratsSegmenterLib.dicom.provenance import (
    KINDS_WITH_REGIONS,
    MANUFACTURER,
    Authorship,
    ObjectKind,
    ObjectReference,
    ResultObject,
)
from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.dicom.report_reader import observer_in, says_nothing_is_drawn
from BratsSegmenterLib.dicom.rtstruct_reader import read_rtstruct
from BratsSegmenterLib.dicom.segmentation_reader import read_seg
from BratsSegmenterLib.domain import DRAWN_IN, Algorithm, Segmentation, Volume
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.unreadable import UNREADABLE

_KINDS = {kind.value: kind for kind in ObjectKind}
_MOMENTS = (
    ("SeriesDate", "SeriesTime"),
    ("StructureSetDate", "StructureSetTime"),
    ("ContentDate", "ContentTime"),
    ("InstanceCreationDate", "InstanceCreationTime"),
)
_VERSION = re.compile(r"\bv(\d{1,4})\b")
_LONGEST_MAKER = 64 - len(DRAWN_IN)  # that a Long String of ours can hold, so that it is read back as it was
_NO_MAKER = "a program that is not named"
_SHA256 = re.compile(r"[0-9a-f]{64}")


@disable_value_validation()
def result_objects(files: Iterable[Path]) -> tuple[ResultObject, ...]:
    """Our objects of every kind, and the structure sets and SEGs of others; every object once.

    Parameters
    ----------
    files : iterable of Path
        Any files; what is no such object, or cannot be read, is passed over: scanning the study says so of it.
    """
    found: dict[str, ResultObject] = {}
    for file in files:
        result = _result_object(file)
        if result is not None:
            found.setdefault(result.reference.sop_instance_uid, result)
    return tuple(found.values())


def read_regions(result: ResultObject, volume: Volume) -> tuple[Segmentation, tuple[str, ...]]:
    """The regions of a structure set or SEG as a label map on the grid of `volume`; of a blank report, none.

    Returns
    -------
    Segmentation
    tuple of str
        What was tolerated, left out or had to be decided.

    Raises
    ------
    SeriesError
        It is damaged, drawn in another frame of reference, or holds none of our regions.
    """
    if result.is_blank:
        blank = Segmentation(np.zeros(volume.geometry.shape, np.uint8), volume.geometry, result.algorithm)
        return blank, ("By this report nothing is drawn.",)
    read = read_seg if result.kind is ObjectKind.SEG else read_rtstruct
    structures = read(result.path, volume)
    segmentation, notes = segmentation_from(structures, volume, result.algorithm, result.is_ours)
    return segmentation, (*structures.tolerated, *notes)


def _result_object(file: Path) -> ResultObject | None:
    try:
        header = read_header(file)
        kind = _KINDS.get(str(header.get("Modality")))
        is_ours = str(header.get("Manufacturer")) == MANUFACTURER
        if kind is None or not (is_ours or kind in KINDS_WITH_REGIONS):
            return None
        report = _report(header) if is_ours and kind is ObjectKind.SR else _Report()
        return ResultObject(
            kind=kind,
            path=file,
            reference=ObjectReference(
                str(header.SeriesInstanceUID), str(header.SOPClassUID), str(header.SOPInstanceUID)
            ),
            is_ours=is_ours,
            version=_version(header) if is_ours else None,
            made_at=_made_at(header),
            authorship=_authorship(header),
            reviewer=_reviewer(header) or report.observer,
            is_approved=header.get("ApprovalStatus") == "APPROVED" or header.get("VerificationFlag") == "VERIFIED",
            algorithm=_algorithm(header, is_ours),
            drawn_on=tuple(listed_images(header)),
            label=_label(header),
            region_names=_region_names(header),
            contouring=_contouring(header) if is_ours and kind is ObjectKind.RTSTRUCT else None,
            is_blank=report.is_blank,
        )
    except (SeriesError, *UNREADABLE, IndexError):
        return None


@dataclass(frozen=True)
class _Report:
    """What the content of a report of ours says of a whole result."""

    observer: str = field(default="", repr=False)
    is_blank: bool = False


def _report(header: Dataset) -> _Report:
    """A damaged report says nothing, but is one of a version still."""
    try:
        return _Report(observer_in(header), says_nothing_is_drawn(header))
    except (*UNREADABLE, IndexError):
        return _Report()


def _reviewer(header: Dataset) -> str:
    return str(header.get("ReviewerName") or header.get("OperatorsName") or header.get("ContentCreatorName") or "")


def _version(header: Dataset) -> int | None:
    named = _VERSION.search(str(header.get("SeriesDescription") or ""))
    return int(named[1]) if named else None


def _label(header: Dataset) -> str:
    return str(header.get("StructureSetLabel") or header.get("ContentLabel") or header.get("SeriesDescription") or "")


def _region_names(header: Dataset) -> tuple[str, ...]:
    names = [str(roi.get("ROIName") or "") for roi in header.get("StructureSetROISequence") or []]
    return (*names, *(str(segment.get("SegmentLabel") or "") for segment in header.get("SegmentSequence") or []))


def _contouring(header: Dataset) -> Contouring:
    return Contouring.stated(_region_names(header), str(header.get("StructureSetDescription") or ""))


def _made_at(header: Dataset) -> str:
    for date, time in _MOMENTS:
        if header.get(date):
            return _iso_8601(str(header[date].value), str(header.get(time) or ""))
    return ""


def _iso_8601(date: str, time: str) -> str:
    """From DA, also in its old form with points, and TM, which may be short; empty where it is no date."""
    whole, _, fraction = time.strip().partition(".")
    digits = f"{date.replace('.', '')}{whole:0<6}{fraction[:6]:0<6}"
    try:
        return datetime.strptime(digits, "%Y%m%d%H%M%S%f").isoformat()
    except ValueError:
        return ""


def _authorship(header: Dataset) -> Authorship | None:
    """Who drew the regions; what is not automatic was drawn or changed by a person."""
    kinds = [str(roi.get("ROIGenerationAlgorithm") or "") for roi in header.get("StructureSetROISequence") or []]
    kinds += [str(segment.get("SegmentAlgorithmType") or "") for segment in header.get("SegmentSequence") or []]
    if not kinds:
        return None
    return Authorship.AI if set(kinds) == {Authorship.AI.value} else Authorship.EDITED


def _algorithm(header: Dataset, is_ours: bool) -> Algorithm:
    """Of ours what :func:`software_versions` wrote of it; of others the maker of the program."""
    if not is_ours:
        maker = str(header.get("Manufacturer") or _NO_MAKER)[:_LONGEST_MAKER].strip()
        return Algorithm(maker, "", "", is_model=False)
    model, brain_model = (*header.SoftwareVersions[1:3], "")[:2]
    if str(model).startswith(DRAWN_IN):
        return Algorithm(str(model).removeprefix(DRAWN_IN), "", "", is_model=False)
    name, _, version = str(model).rpartition(" ")
    weights = None
    for segment in header.get("SegmentSequence") or []:
        identification = segment.get("SegmentationAlgorithmIdentificationSequence") or [Dataset()]
        weights = _SHA256.search(str(identification[0].get("AlgorithmParameters") or ""))
    return Algorithm(name or version, version if name else "", weights[0] if weights else "", str(brain_model))
