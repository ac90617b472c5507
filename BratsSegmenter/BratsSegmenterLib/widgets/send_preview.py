"""What a sending will put into the study, before it is agreed to."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from html import escape

from BratsSegmenterLib.dicom import Authorship, Contouring, ObjectKind, series_description
from BratsSegmenterLib.domain import LEAF_REGIONS, Algorithm
from BratsSegmenterLib.versions import EarlierResult
from BratsSegmenterLib.widgets.choices import SendRequest
from BratsSegmenterLib.widgets.send_model import sent_formats
from BratsSegmenterLib.widgets.translation import tr as _

_PAGES = _("(a page for each measured lesion, and one of the largest slice)")


@dataclass(frozen=True)
class SendPreview:
    """The objects of one sending, in words.

    Attributes
    ----------
    heading : str
        Which version it will be, and after which one.
    objects : tuple of (str, str)
        What each is called here and how the archive will list it.
    signature : str
        Under whose name, and whether as final.
    destination : str
        Where to.
    acceptance : str
        Which regions were accepted one by one.
    """

    heading: str
    objects: tuple[tuple[str, str], ...]
    signature: str
    destination: str
    acceptance: str = ""

    def to_html(self) -> str:
        """For a label; every text is escaped."""
        rows = [f"{escape(name)}: <i>{escape(listed)}</i>" for name, listed in self.objects]
        lines = [escape(line) for line in (self.acceptance, self.signature, self.destination) if line]
        return "<br>".join((f"<b>{escape(self.heading)}</b>", *rows, *lines))


def preview(
    request: SendRequest,
    version: int,
    earlier: Sequence[EarlierResult],
    algorithm: Algorithm,
    acceptance: str = "",
    authorship: Authorship = Authorship.AI,
    is_blank: bool = False,
) -> SendPreview:
    """What `request` would put into the study as `version`.

    Parameters
    ----------
    request : SendRequest
    version : int
        Counted on from what is known here; the archive is asked again when it is sent.
    earlier : sequence of EarlierResult
        The versions that the study carried when it was fetched, oldest first.
    algorithm : Algorithm
        What it was drawn with.
    acceptance : str
        As :func:`acceptance_text` says it.
    authorship : Authorship
        Whether a person changed what the model drew.
    is_blank : bool
        Nothing is drawn.
    """
    return SendPreview(
        heading=_heading(version, earlier),
        objects=tuple(_objects(request, version, algorithm, authorship, is_blank)),
        signature=_signature(request),
        destination="" if request.connection is None else _destination(request),
        acceptance=acceptance,
    )


def acceptance_text(accepted: Collection[str], measured: Collection[str]) -> str:
    """Which of the regions in the result were accepted one by one; both as keys, only leaf regions are minded."""
    regions = [region.key for region in LEAF_REGIONS if region.key in measured]
    done = [key for key in regions if key in accepted]
    if not done:
        return _("No region was accepted one by one")
    open_ones = [key for key in regions if key not in accepted]
    if not open_ones:
        return _("Accepted: {regions}").format(regions=", ".join(done))
    text = _("Accepted: {regions}; not accepted: {others}")
    return text.format(regions=", ".join(done), others=", ".join(open_ones))


def _heading(version: int, earlier: Sequence[EarlierResult]) -> str:
    if version == 1:
        return _("Version 1, the first of this study")
    known = _("version {number}").format(number=version - 1)
    if earlier and earlier[-1].version == version - 1:
        known = earlier[-1].describe()
    return _("Version {number}, which refers to {earlier}").format(number=version, earlier=known)


def _objects(
    request: SendRequest, version: int, algorithm: Algorithm, authorship: Authorship, is_blank: bool
) -> list[tuple[str, str]]:
    remarks = {ObjectKind.KEY_IMAGE.name: _PAGES, ObjectKind.RTSTRUCT.name: _drawing(request.contouring)}
    return [
        (
            f"{item.name} {remarks.get(item.key, '')}".rstrip(),
            series_description(ObjectKind[item.key], version, algorithm, authorship, request.reviewer),
        )
        for item in sent_formats(request.formats, is_blank)
    ]


def _drawing(contouring: Contouring) -> str:
    """What was asked for beside the usual contours."""
    asked = (contouring.with_nested, _("with WT and TC")), (contouring.smooth, _("smooth contours"))
    said = ", ".join(what for is_asked, what in asked if is_asked)
    return f"({said})" if said else ""


def _signature(request: SendRequest) -> str:
    if not request.reviewer:
        return _("Not reviewed, not approved")
    final, open_ = _("Reviewed by {reviewer}, approved as final"), _("Reviewed by {reviewer}, not approved as final")
    return (final if request.approved else open_).format(reviewer=request.reviewer)


def _destination(request: SendRequest) -> str:
    assert request.connection is not None
    profile = request.connection.profile
    return _("To '{archive}', {address}").format(archive=profile.name, address=profile.url)
