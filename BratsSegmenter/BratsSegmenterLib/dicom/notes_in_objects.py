"""What the objects of a result say that whoever reads it must know."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom import Dataset
from pydicom.config import disable_value_validation

from BratsSegmenterLib.dicom.contouring import Contouring
from BratsSegmenterLib.dicom.provenance import ObjectKind, ResultObject
from BratsSegmenterLib.dicom.reading import read_header
from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.sentence_form import sentences
from BratsSegmenterLib.unreadable import UNREADABLE

LINE_END = "\r\n"
_COMMENT = "121106"


def whole_notes(notes: Iterable[str], longest: int) -> str:
    """Those of the notes that a text of so many characters has room for, one a line; empty ones take none."""
    text = ""
    for note in filter(None, notes):
        longer = f"{text}{LINE_END}{note}".lstrip()
        if len(longer) <= longest:
            text = longer
    return text


@disable_value_validation()
def stated_notes(objects: Iterable[ResultObject]) -> tuple[str, ...]:
    """The notes of the provenance that one result was written with, as its objects carry them.

    Parameters
    ----------
    objects : iterable of ResultObject
        Of ours, of one version. The report has each note as a comment of its own; where there is none, the comments of
        the SEG and the description of the structure set have those that they had room for, one a line. One line of the
        latter can hold several, as those of earlier versions do: then each of its sentences is taken for a note.
    """
    by_kind = {one.kind: one for one in objects}
    for kind, notes_in in (
        (ObjectKind.SR, _comments),
        (ObjectKind.SEG, _image_comments),
        (ObjectKind.RTSTRUCT, _description),
    ):
        if kind in by_kind:
            try:
                notes = notes_in(read_header(by_kind[kind].path))
            except (SeriesError, *UNREADABLE, IndexError):
                continue
            if notes:
                return notes
    return ()


def stated_as_unmeasured(notes: Iterable[str]) -> dict[str, str]:
    """Region key to the reason, of the regions that a result of ours says it did not measure."""
    notes = tuple(notes)
    return {key: note for key, region in REGIONS.items() for note in notes if region.unmeasured.is_of(note)}


def _comments(report: Dataset) -> tuple[str, ...]:
    items = report.get("ContentSequence") or []
    return tuple(str(item.TextValue) for item in items if item.ConceptNameCodeSequence[0].CodeValue == _COMMENT)


def _image_comments(seg: Dataset) -> tuple[str, ...]:
    return tuple(str(seg.get("ImageComments") or "").splitlines())


def _description(structures: Dataset) -> tuple[str, ...]:
    """Without what it says of the contours."""
    description = str(structures.get("StructureSetDescription") or "")
    notes = description.removeprefix(Contouring.stated((), description).description).strip()
    return tuple(filter(None, notes.splitlines() if "\n" in description else sentences(notes)))
