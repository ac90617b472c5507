"""How much longer a job will take, by how long its stages took on this computer before."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from math import ceil

from BratsSegmenterLib.progress import ProgressEvent
from BratsSegmenterLib.widgets.preferences import QtSettings
from BratsSegmenterLib.widgets.translation import tr as _

_KEY = "BratsSegmenter/stageSeconds"
_LEAST_KNOWN_S = 2.0
_SLOWEST, _FASTEST = 5.0, 0.2
_LEAST_FRACTION = 0.05
_STEP_S = 5
_MINUTE_S = 60


class StageTimes:
    """What the stages of each kind of job took the last time, kept in Slicer's settings.

    Parameters
    ----------
    settings : QtSettings
    """

    def __init__(self, settings: QtSettings) -> None:
        self._settings = settings

    def of(self, job: str) -> dict[str, float]:
        """Seconds by stage, in the order of the work; empty before the first job of the kind."""
        try:
            stages = json.loads(str(self._settings.value(f"{_KEY}/{job}", "") or "[]"))
            return {str(name): float(seconds) for name, seconds in stages}
        except (ValueError, TypeError):
            return {}  # written by another version: learnt again

    def keep(self, job: str, stages: Mapping[str, float]) -> None:
        """Remember the stages of a job that ended, those known before included."""
        kept = self.of(job) | dict(stages)
        self._settings.setValue(f"{_KEY}/{job}", json.dumps(list(kept.items())))


class RemainingTime:
    """Follows one job.

    A stage that is known takes as long as before, times how much slower or faster this job has been so far; one that
    is not is extrapolated from its own progress.

    Parameters
    ----------
    known : mapping of str to float
        Seconds by stage, in the order of the work.
    clock : callable
        Seconds since whenever.
    """

    def __init__(self, known: Mapping[str, float], clock: Callable[[], float] = time.monotonic) -> None:
        self._known = known
        self._clock = clock
        self._began_s = self._stage_began_s = clock()
        self._finished: dict[str, float] = {}
        self._stage, self._fraction = "", 0.0

    def observe(self, event: ProgressEvent) -> None:
        """Take note of how far the job is."""
        if event.stage != self._stage:
            now_s = self._clock()
            if self._stage:
                self._finished[self._stage] = self._finished.get(self._stage, 0.0) + now_s - self._stage_began_s
            self._stage, self._stage_began_s = event.stage, now_s
        self._fraction = event.fraction

    @property
    def finished(self) -> Mapping[str, float]:
        """Seconds that each finished stage took."""
        return self._finished

    @property
    def seconds(self) -> float | None:
        """What is left; None on a computer that never did a job of this kind."""
        if not self._known:
            return None
        names = list(self._known)
        place = names.index(self._stage) if self._stage in names else -1
        later = sum(self._known[name] for name in names[place + 1 :] if name not in self._finished)
        return self._left_of_this_stage() + later * self._pace()

    @property
    def fraction(self) -> float:
        """How much of the job is done, 0 to 1; of its present stage where nothing is known of the others."""
        left_s = self.seconds
        if left_s is None:
            return self._fraction
        elapsed_s = self._clock() - self._began_s
        return elapsed_s / (elapsed_s + left_s) if elapsed_s + left_s > 0 else 0.0

    def _left_of_this_stage(self) -> float:
        elapsed_s = self._clock() - self._stage_began_s
        if self._stage in self._known:
            expected_s = self._known[self._stage] * self._pace()
            return expected_s * (1 - self._fraction) if self._fraction else max(expected_s - elapsed_s, 0.0)
        if self._fraction > _LEAST_FRACTION:
            return elapsed_s * (1 - self._fraction) / self._fraction
        return 0.0

    def _pace(self) -> float:
        both = [(seconds, self._known[name]) for name, seconds in self._finished.items() if name in self._known]
        known_s = sum(known for _seconds, known in both)
        if known_s < _LEAST_KNOWN_S:
            return 1.0
        return min(max(sum(seconds for seconds, _known in both) / known_s, _FASTEST), _SLOWEST)


def readable(seconds: float) -> str:
    """The time that is left, as people say it.

    Examples
    --------
    >>> readable(12.0)
    'about 15 s left'
    >>> readable(100.0)
    'about 2 min left'
    """
    if seconds > _MINUTE_S - _STEP_S:
        return _("about {minutes} min left").format(minutes=ceil(seconds / _MINUTE_S))
    return _("about {seconds} s left").format(seconds=max(ceil(seconds / _STEP_S), 1) * _STEP_S)
