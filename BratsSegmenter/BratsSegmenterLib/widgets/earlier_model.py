"""What a study carries that can be continued from, as a list to choose from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from BratsSegmenterLib.days import in_words
from BratsSegmenterLib.dicom import ResultObject
from BratsSegmenterLib.versions import EarlierResult
from BratsSegmenterLib.widgets.translation import tr as _


@dataclass(frozen=True)
class Offered:
    """Regions that can be taken up: the object's SOP Instance UID, and what it is in words."""

    uid: str
    text: str


def offered_regions(results: Sequence[EarlierResult], others: Sequence[ResultObject]) -> tuple[Offered, ...]:
    """Ours with the newest first, then those of others with the newest first."""
    ours = [(result.regions, result.describe()) for result in reversed(results)]
    return (
        *(Offered(one.reference.sop_instance_uid, f"{text[0].upper()}{text[1:]}") for one, text in ours if one),
        *(Offered(one.reference.sop_instance_uid, _describe(one)) for one in reversed(others)),
    )


def _describe(one: ResultObject) -> str:
    label = f" '{one.label}'" if one.label else ""
    count = len(one.region_names)
    regions = _("1 region") if count == 1 else _("{count} regions").format(count=count)
    text = _("{kind}{label} of {program}, {date}{regions}")
    return text.format(
        kind=one.kind.value, label=label, program=one.algorithm.name, date=_date(one.made_at), regions=regions
    )


def _date(made_at: str) -> str:
    if not made_at:
        return ""
    return f"{in_words(datetime.fromisoformat(made_at))}, "
