"""What another study could lend, as a question to the user."""

from __future__ import annotations

from BratsSegmenterLib.sequence_offers import SequenceOffer, apart
from BratsSegmenterLib.widgets.identities import readable_day
from BratsSegmenterLib.widgets.translation import tr as _


def offer_text(offer: SequenceOffer) -> str:
    """Which study has what, and how far it is from the one at hand."""
    day = readable_day(offer.study.study_date)
    text = _("The study of {day}, {apart}, has '{series}'.")
    return text.format(day=day, apart=apart(offer.days_later), series=offer.description)
