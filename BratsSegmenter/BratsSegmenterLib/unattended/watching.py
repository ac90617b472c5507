"""Watches a source and works on what arrives, for weeks if need be."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from BratsSegmenterLib.errors import BratsSegmenterError
from BratsSegmenterLib.kept_study import StudyOrigin
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.storage import clean
from BratsSegmenterLib.unattended.sources import StudySource
from BratsSegmenterLib.unattended.studies import Studies, StudyOutcome

_CANCEL_CHECK_S = 0.2
_LONGEST_PAUSE = 64


@dataclass(frozen=True)
class Timing:
    """How patient a watch is.

    Attributes
    ----------
    every_s : float
        Seconds between two looks at the source.
    settle_s : float
        How many seconds a study must have had the same number of instances: scanners send series by series.
    keep_days : float or None
        Days after which a study that is done is deleted here; None deletes nothing.
    """

    every_s: float
    settle_s: float
    keep_days: float | None = None


@dataclass
class _Settling:
    """Since when which studies have had how many instances."""

    settle_s: float
    seen: dict[str, tuple[int | None, float]] = field(default_factory=dict)

    def has_settled(self, origin: StudyOrigin, now_s: float) -> bool:
        uid, count = origin.study.study_uid, origin.study.instance_count
        known = self.seen.get(uid)
        if known is None or known[0] != count:
            self.seen[uid] = known = (count, now_s)
        return now_s - known[1] >= self.settle_s

    def forget_all_but(self, uids: set[str]) -> None:
        self.seen = {uid: known for uid, known in self.seen.items() if uid in uids}


@dataclass
class _Pauses:
    """After how many more looks a study is tried again that the archive failed: 1, 2, 4, up to 64."""

    left: dict[str, int] = field(default_factory=dict)
    length: dict[str, int] = field(default_factory=dict)

    def note(self, outcome: StudyOutcome) -> None:
        if outcome.may_pass:
            self.length[outcome.folder] = min(2 * self.length.get(outcome.folder, 0) or 1, _LONGEST_PAUSE)
            self.left[outcome.folder] = self.length[outcome.folder]
        else:
            self.left.pop(outcome.folder, None)
            self.length.pop(outcome.folder, None)

    def due(self) -> list[str]:
        left = {folder: looks - 1 for folder, looks in self.left.items()}
        self.left = {folder: looks for folder, looks in left.items() if looks > 0}
        return [folder for folder in left if folder not in self.left]


def watch(
    source: StudySource,
    studies: Studies,
    timing: Timing,
    progress: Progress,
    done: Callable[[StudyOutcome], None],
    trouble: Callable[[str], None],
) -> None:
    """Look at the source again and again and work on what has arrived whole; ends only when it is cancelled.

    Parameters
    ----------
    source : StudySource
    studies : Studies
        Entered.
    timing : Timing
    progress : Progress
    done : callable
        Told where each study came to rest.
    trouble : callable
        Told, once, why the source cannot be read; it is asked again all the same.

    Raises
    ------
    Cancelled
        The study at hand stays queued.
    """
    settling, pauses = _Settling(timing.settle_s), _Pauses()
    said = ""

    def rest(outcome: StudyOutcome) -> None:
        pauses.note(outcome)
        done(outcome)

    while True:
        for folder in pauses.due():
            studies.try_again(folder)
        try:
            found, problem = source.studies(progress), ""
        except (BratsSegmenterError, OSError) as error:  # a share that is away, a folder that was moved just now
            found, problem = (), str(error)
        if problem and problem != said:
            trouble(problem)
        said = problem
        now_s = time.monotonic()
        for origin in found:
            if settling.has_settled(origin, now_s):
                studies.offer(origin)
        if not problem:
            settling.forget_all_but({origin.study.study_uid for origin in found})
        studies.work(progress, rest)
        if timing.keep_days is not None:
            try:
                clean(studies.folder, timing.keep_days, [outcome.folder for outcome in studies.resting()], progress)
            except OSError as error:  # somebody works in the folder; the next round cleans
                trouble(f"Old studies could not all be deleted: {error}")
        _pause(timing.every_s, progress)


def _pause(seconds: float, progress: Progress) -> None:
    ends_s = time.monotonic() + seconds
    while time.monotonic() < ends_s:
        progress.raise_if_cancelled()
        time.sleep(min(_CANCEL_CHECK_S, seconds))
