"""Watches a source and works on what arrives, for weeks if need be."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from BratsSegmenterLib.archive import LoginRefusedError
from BratsSegmenterLib.errors import BratsSegmenterError, DiskRefusedError, explaining_disk
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import StudyOrigin, clean
from BratsSegmenterLib.unattended.earlier_table import TABLE_FILE
from BratsSegmenterLib.unattended.outcome import StudyOutcome
from BratsSegmenterLib.unattended.sources import StudySource
from BratsSegmenterLib.unattended.studies import Studies

_CANCEL_CHECK_S = 0.2
_LONGEST_PAUSE = 64
_FIRST_PAUSE_OF_A_LOGIN = 8


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

    def settled(self, found: Iterable[StudyOrigin], now_s: float) -> list[StudyOrigin]:
        return [origin for origin in found if self.has_settled(origin, now_s)]

    def forget_all_but(self, uids: set[str]) -> None:
        self.seen = {uid: known for uid, known in self.seen.items() if uid in uids}


@dataclass
class _Pauses:
    """After how many more looks a study is tried again that archive or disk failed: 1, 2, 4, up to 64."""

    left: dict[str, int] = field(default_factory=dict)
    length: dict[str, int] = field(default_factory=dict)

    def note(self, outcome: StudyOutcome) -> None:
        if outcome.may_pass:
            self.length[outcome.folder] = min(2 * self.length.get(outcome.folder, 0) or 1, _LONGEST_PAUSE)
            self.left[outcome.folder] = self.length[outcome.folder]
        else:
            self.left.pop(outcome.folder, None)
            self.length.pop(outcome.folder, None)

    def pass_look(self) -> None:
        self.left = {folder: looks - 1 for folder, looks in self.left.items()}

    def end(self, try_again: Callable[[str], None]) -> None:
        """Of those that are over; one whose end the disk refuses to note ends at another look."""
        for folder in [folder for folder, looks in self.left.items() if looks <= 0]:
            try_again(folder)
            del self.left[folder]


@dataclass
class _Trouble:
    """Says what is in the way, once as long as it stays the same."""

    say: Callable[[str], None]
    said: str = ""

    def note(self, sentence: str) -> None:
        if sentence and sentence != self.said:
            self.say(sentence)
        self.said = sentence


@dataclass
class _Login:
    """How many looks are left out while the login is refused, 8, 16, up to 64: else the account may be locked."""

    left: int = 0
    length: int = 0

    def note(self, was_refused: bool) -> None:
        self.length = min(2 * self.length or _FIRST_PAUSE_OF_A_LOGIN, _LONGEST_PAUSE) if was_refused else 0
        self.left = self.length

    def pass_look(self) -> bool:
        """Whether the archive is to be asked at this look."""
        self.left -= 1
        return self.left < 0


@dataclass
class _Watch:
    """What a watch remembers from look to look; see :func:`watch` for what it is made of."""

    source: StudySource
    studies: Studies
    timing: Timing
    progress: Progress
    done: Callable[[StudyOutcome], None]
    trouble: Callable[[str], None]

    def __post_init__(self) -> None:
        self._settling, self._pauses, self._login = _Settling(self.timing.settle_s), _Pauses(), _Login()
        self._of_source, self._of_disk, self._of_queue, self._of_deleted = (_Trouble(self.trouble) for _ in range(4))

    def look(self) -> None:
        """Work on what has arrived whole, unless the archive is better left alone."""
        if self._login.pass_look():
            try:
                self._work(self._found())
            except LoginRefusedError as error:
                self._of_source.note(f"{error} It is asked again after growing pauses, so as not to lock the account.")
                self._login.note(was_refused=True)
            else:
                self._login.note(was_refused=False)

    def clean(self) -> None:
        """Delete what is done and old enough."""
        if self.timing.keep_days is not None:
            resting = [outcome.folder for outcome in self.studies.resting()]
            try:
                clean(self.studies.folder, self.timing.keep_days, resting, self.progress)
            except OSError as error:  # somebody works in the folder; the next round cleans
                self.trouble(f"Old studies could not all be deleted: {error}")

    def _found(self) -> tuple[StudyOrigin, ...]:
        try:
            found = self.source.studies(self.progress)
        except LoginRefusedError:
            raise
        except (BratsSegmenterError, OSError) as error:  # a share that is away, a folder that was moved just now
            self._of_source.note(str(error))
            return ()
        self._of_source.note("")
        self._of_queue.note(about_unlisted(self.studies.unlisted(found)))
        self._of_deleted.note(about_deleted(self.studies.deleted(found)))
        self._settling.forget_all_but({origin.study.study_uid for origin in found})
        return found

    def _work(self, found: tuple[StudyOrigin, ...]) -> None:
        settled = self._settling.settled(found, time.monotonic())
        self._pauses.pass_look()
        try:
            with explaining_disk(self.studies.folder):
                self._pauses.end(self.studies.try_again)
                for origin in found:
                    self.studies.take_up(origin)
                for origin in settled:
                    self.studies.offer(origin)
                self.studies.work(self.progress, self._rest)
        except DiskRefusedError as error:  # there may be room when it looks again
            self._of_disk.note(str(error))
        except OSError as error:
            self._of_disk.note(f"The system refused: {error.strerror or error}.")
        else:
            self._of_disk.note("")

    def _rest(self, outcome: StudyOutcome) -> None:
        self._pauses.note(outcome)
        self.done(outcome)


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
        Told, once, why the source cannot be read or the disk takes nothing; it is tried again all the same, with a
        growing pause where the archive refuses the login.

    Raises
    ------
    Cancelled
        The study at hand stays queued.
    """
    watched = _Watch(source, studies, timing, progress, done, trouble)
    while True:
        watched.look()
        watched.clean()
        _pause(timing.every_s, progress)


def about_unlisted(count: int) -> str:
    """The sentence about studies that nobody looks for any more; empty where there are none."""
    if not count:
        return ""
    return f"Queued here before, and not among the studies that are looked for now: {count}. They stay queued."


def about_deleted(count: int) -> str:
    """The sentence about studies that are measured and deleted already; empty where there are none."""
    if not count:
        return ""
    return (
        f"Measured before, and deleted since: {count}. {TABLE_FILE} keeps their volumes, and they are not done again."
    )


def _pause(seconds: float, progress: Progress) -> None:
    ends_s = time.monotonic() + seconds
    while time.monotonic() < ends_s:
        progress.raise_if_cancelled()
        time.sleep(min(_CANCEL_CHECK_S, seconds))
