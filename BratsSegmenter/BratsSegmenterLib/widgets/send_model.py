"""What is offered for sending, and the sentences around it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from html import escape

from slicer.i18n import tr as _

from BratsSegmenterLib.job_results import SendResult
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.messages import Failure


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


def consent_text(request: SendRequest, archive: str, was_edited: bool) -> str:
    """What the user agrees to before anything leaves, and signs where a reviewer is named."""
    names = [item.name for item in FORMATS if item.key in request.formats]
    version = "as corrected by you" if was_edited else "unchanged by you"
    approval = " and approved as final" if request.approved else ""
    signature = f"You reviewed this result and sign it as {request.reviewer}. " if request.reviewer else ""
    return f"{signature}Store {_enumerated(names)}, {version}{approval}, in the same study of '{archive}'."


def receipt_text(result: SendResult) -> str:
    """What was stored, after the archive gave it back, and what else is to be said; one sentence a line."""
    return "\n".join((*_stored(result), *result.notes))


def refusal_html(failure: Failure, was_dry_run: bool) -> str:
    """Why nothing was stored, and what to do; for a label."""
    heading = _("The dry run did not pass") if was_dry_run else _("Not sent")
    return "<br>".join(filter(None, (f"<b>✗ {escape(heading)}</b>", escape(failure.what), escape(failure.advice))))


def checks_text(result: SendResult) -> str:
    """What the gate compared in each object, one sentence a line."""
    return "\n".join(f"✓ {item.check}" for item in result.objects if item.check)


def receipt_details(result: SendResult) -> str:
    """The UIDs of what was stored, where to, and where the receipt lies; empty when nothing was stored."""
    if not result.pushed:
        return ""
    receipt = (f"Receipt: {result.receipt}",) if result.receipt else ()
    return "\n".join((result.archive_url, *result.pushed, *receipt))


def _stored(result: SendResult) -> tuple[str, ...]:
    if not result.pushed:
        written = _enumerated(_counted(result))
        return (f"Dry run: {written} written and checked; nothing was sent.",) if written else ()
    version = "It" if result.version is None else f"Version {result.version}"
    moment = datetime.fromisoformat(result.delivered_at).astimezone()
    since = f"{moment.day} {moment:%B %Y, %H:%M}"
    objects = _enumerated(_counted(result)) or _plural(len(result.pushed), "object")
    return (f"✓ {version} is in '{result.archive}' since {since}: {objects}; read back and verified.",)


def _counted(result: SendResult) -> list[str]:
    counts = Counter(item.kind for item in result.objects)
    return [
        f"{counts[item.key]} {item.name}" if counts[item.key] > 1 else item.name
        for item in FORMATS
        if item.key in counts
    ]


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _enumerated(names: list[str]) -> str:
    return " and ".join(filter(None, (", ".join(names[:-1]), *names[-1:])))
