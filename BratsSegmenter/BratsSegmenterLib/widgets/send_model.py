"""What is offered for sending, and the sentences around it."""

from __future__ import annotations

from dataclasses import dataclass

from BratsSegmenterLib.jobs import SendResult


@dataclass(frozen=True)
class Format:
    """A kind of object: its key in jobs, its name, what it is good for."""

    key: str
    name: str
    purpose: str


FORMATS = (
    Format("RTSTRUCT", "RT Structure Set", "Contours on the original slices; every planning system reads them."),
    Format("SEG", "Segmentation", "The exact voxels, for viewers that show DICOM SEG."),
    Format("SR", "Measurement report", "The volumes as a structured report (TID 1500)."),
    Format("KEY_IMAGE", "Key images", "Pictures with outlines, for viewers that show neither of the above."),
)


def consent_text(formats: tuple[str, ...], archive: str, was_edited: bool) -> str:
    """The sentence that the user agrees to before anything leaves."""
    names = [item.name for item in FORMATS if item.key in formats]
    version = "as corrected by you" if was_edited else "as the model drew it"
    return f"Store {_enumerated(names)}, {version}, in the same study of '{archive}'."


def receipt_text(result: SendResult, archive: str) -> str:
    """What was stored, after the archive listed it."""
    kinds = _enumerated([item.kind for item in result.objects])
    count = len(result.pushed)
    verb = "is" if count == 1 else "are"
    return f"{kinds}: {count} object{'' if count == 1 else 's'} {verb} in '{archive}', read back and verified."


def _enumerated(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
