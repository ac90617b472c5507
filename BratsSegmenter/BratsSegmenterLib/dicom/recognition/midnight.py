"""Puts the series of a study that went past midnight into their order, where only one day is given for all of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from BratsSegmenterLib.dicom.recognition.acquisition import Acquisition

_DAY_S = 24 * 3600
# An examination lasts no longer on either side of midnight; one day has no such first and last series.
_LONGEST_S = 3 * 3600


def past_midnight(study: Iterable[Acquisition]) -> list[Acquisition]:
    """The series of a study, those after midnight a day later where all bear the date on which the study began.

    Study Date (0008,0020) is often the only date, and some scanners repeat it for every acquisition (PS3.3 C.7.6.1).
    """
    study = list(study)
    times = [one.acquired_at for one in study if one.acquired_at is not None]
    early = {time for time in times if time % _DAY_S < _LONGEST_S}
    late = {time for time in times if time % _DAY_S >= _DAY_S - _LONGEST_S}
    is_one_day = len({time // _DAY_S for time in times}) == 1
    if not (is_one_day and early and late and early | late == set(times)):
        return study
    return [_a_day_later(one) if one.acquired_at in early else one for one in study]


def _a_day_later(acquisition: Acquisition) -> Acquisition:
    return replace(acquisition, acquired_at=(acquisition.acquired_at or 0) + _DAY_S)
