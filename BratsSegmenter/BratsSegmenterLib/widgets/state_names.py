"""The states of a study, in the user's language."""

from __future__ import annotations

from BratsSegmenterLib.study import StudyState
from BratsSegmenterLib.widgets.translation import tr as _


def state_name(state: StudyState) -> str:
    """What the user reads for `state`."""
    return {
        StudyState.NEW: _("new"),
        StudyState.QUEUED: _("queued"),
        StudyState.FETCHING: _("fetching"),
        StudyState.SEGMENTING: _("segmenting"),
        StudyState.NEEDS_YOU: _("needs you"),
        StudyState.SEGMENTED: _("segmented"),
        StudyState.CORRECTED: _("corrected"),
        StudyState.SENT: _("sent"),
        StudyState.LEFT_ALONE: _("carries a result"),
        StudyState.FAILED: _("failed"),
        StudyState.CANCELLED: _("cancelled"),
    }[state]
