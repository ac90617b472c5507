"""What is offered for sending, and the sentences around it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from html import escape

from BratsSegmenterLib.days import in_words
from BratsSegmenterLib.dicom import ObjectKind, written_kinds
from BratsSegmenterLib.job_results import SendResult
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.translation import tr as _
from BratsSegmenterLib.worker_messages import Failure


@dataclass(frozen=True)
class Format:
    """A kind of object: its key in jobs, its name, what it is good for."""

    key: str
    name: str
    purpose: str


FORMATS = (
    Format("RTSTRUCT", _("RT Structure Set"), _("Contours on the original slices; every planning system reads them.")),
    Format("SEG", _("Segmentation"), _("The exact voxels, for viewers that show DICOM SEG.")),
    Format("SR", _("Measurement report"), _("The volumes as a structured report (TID 1500).")),
    Format("KEY_IMAGE", _("Key images"), _("Pictures with outlines, for viewers that show neither of the above.")),
)


def sent_formats(keys: Collection[str], is_blank: bool = False) -> tuple[Format, ...]:
    """What is sent where `keys` are ticked, of a result in which something is drawn, or of a blank one."""
    sent = written_kinds((ObjectKind[key] for key in keys), is_blank)
    return tuple(item for item in FORMATS if ObjectKind[item.key] in sent)


def blank_obstacle(formats: Collection[str], reviewer: str) -> str:
    """Why a result in which nothing is drawn cannot be sent so; empty when it can."""
    if not sent_formats(formats, is_blank=True):
        return _("Nothing is drawn. Choose the measurement report, which can say so, or draw a region.")
    if not reviewer:
        return _("Nothing is drawn. Enter the name of the reviewer who answers for that, or draw a region.")
    return ""


def consent_text(request: SendRequest, archive: str, was_edited: bool, came_from: str, is_blank: bool = False) -> str:
    """What the user agrees to before anything leaves, and signs where a reviewer is named.

    Parameters
    ----------
    request : SendRequest
    archive : str
        Where to.
    was_edited : bool
        The segments differ from what the model drew.
    came_from : str
        The archive that the study was fetched from; empty when its images are on this computer.
    is_blank : bool
        Nothing is drawn, and the report says so.
    """
    names = [item.name for item in sent_formats(request.formats, is_blank)]
    version = _("as corrected by you") if was_edited else _("unchanged by you")
    if request.approved:
        version = _("{version} and approved as final").format(version=version)
    storing = _storing(archive, came_from)
    stored = storing.format(objects=_enumerated(names), version=version, archive=archive, origin=came_from)
    if not request.reviewer:
        return stored
    signing = _("You reviewed this result and sign it as {reviewer}.")
    if is_blank:
        signing = _("Nothing is drawn: you saw none of the measured regions, and sign that as {reviewer}.")
    return f"{signing.format(reviewer=request.reviewer)} {stored}"


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
    receipt = (_("Receipt: {file}").format(file=result.receipt),) if result.receipt else ()
    return "\n".join((result.archive_url, *result.pushed, *receipt))


def _storing(archive: str, came_from: str) -> str:
    """The sentence to be filled in; only of the archive that the study came from is it known that it holds it."""
    if came_from == archive:
        return _("Store {objects}, {version}, in the same study of '{archive}'.")
    if came_from:
        return _(
            "Store {objects}, {version}, in '{archive}', if it holds the same images: the study came from '{origin}',"
            " which is no longer among your archives."
        )
    return _(
        "Store {objects}, {version}, under this study in '{archive}'. Its images are on this computer: should"
        " '{archive}' not hold the study, the result would stand there alone."
    )


def _stored(result: SendResult) -> tuple[str, ...]:
    if not result.pushed:
        written = _enumerated(_counted(result))
        dry_run = _("Dry run: {objects} written and checked; nothing was sent.")
        return (dry_run.format(objects=written),) if written else ()
    moment = datetime.fromisoformat(result.delivered_at).astimezone()
    since = f"{in_words(moment)}, {moment:%H:%M}"
    objects = _enumerated(_counted(result)) or _objects(len(result.pushed))
    sentence = _("✓ {version} is in '{archive}' since {moment}: {objects}; read back and verified.")
    version = _("It") if result.version is None else _("Version {number}").format(number=result.version)
    return (sentence.format(version=version, archive=result.archive, moment=since, objects=objects),)


def _counted(result: SendResult) -> list[str]:
    counts = Counter(item.kind for item in result.objects)
    return [
        f"{counts[item.key]} {item.name}" if counts[item.key] > 1 else item.name
        for item in FORMATS
        if item.key in counts
    ]


def _objects(count: int) -> str:
    return _("1 object") if count == 1 else _("{count} objects").format(count=count)


def _enumerated(names: list[str]) -> str:
    if len(names) < 2:
        return "".join(names)
    return _("{names} and {last}").format(names=", ".join(names[:-1]), last=names[-1])
