"""Earlier studies of the patient, as lines of text."""

from __future__ import annotations

from collections.abc import Sequence
from textwrap import shorten

from BratsSegmenterLib.domain import ET, TC, WT
from BratsSegmenterLib.job_results import PriorStudy
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.widgets.identities import readable_day
from BratsSegmenterLib.widgets.translation import tr as _

_MOST_LINES = 5
_LONGEST_DESCRIPTION = 32


def priors_text(studies: Sequence[PriorStudy], obstacle: str = "") -> str:
    """A line for each of the newest studies, newest first, or why none is known; empty when there are none."""
    if obstacle:
        return _("Earlier studies of this patient could not be looked for: {reason}").format(reason=obstacle)
    lines = [_line(study) for study in reversed(studies)]
    older = len(lines) - _MOST_LINES
    shown = lines[:_MOST_LINES] + ([_("and {count} older").format(count=older)] if older > 0 else [])
    return "\n".join([_("Earlier studies of this patient:"), *(f"• {line}" for line in shown)]) if lines else ""


def _line(prior: PriorStudy) -> str:
    description = shorten(prior.study.description, _LONGEST_DESCRIPTION, placeholder="…")
    title = "  ".join(filter(None, (readable_day(prior.study.study_date), description)))
    if prior.obstacle:
        return f"{title}: {prior.obstacle}"
    if prior.volumes is None:
        return f"{title}: {_('a result that could not be measured') if prior.has_result else _('no result')}"
    volumes_ml = prior.volumes.volumes_ml
    keys = [region.key for region in (ET, TC, WT) if region.key in volumes_ml]
    said = ", ".join(f"{key} {volumes_ml[key]:.1f}" for key in keys)
    return f"{title}: {said} mL{_standing(prior.volumes)}"


def _standing(prior: PriorVolumes) -> str:
    """Whether a person stands behind a result, and whether it has something to say; empty where it is not known."""
    if not prior.standing:
        return ""
    review = _("approved") if prior.is_approved else _("reviewed") if prior.is_reviewed else _("not reviewed")
    return f" ({review}, {_('with remarks')})" if prior.notes else f" ({review})"
