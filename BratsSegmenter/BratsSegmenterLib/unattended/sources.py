"""Where studies that nobody attends come from: an archive, or a folder of this computer and all below it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Protocol

from BratsSegmenterLib.archive import (
    Archive,
    Credentials,
    LoginRefusedError,
    Profile,
    StudyQuery,
    StudySummary,
    TemporaryArchiveError,
)
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.local_studies import studies_below
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import StudyOrigin, study_folder

_MOST_STUDIES = 100_000


class StudySource(Protocol):
    """MR studies to work on."""

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        """Those that are there now, oldest first, each with the number of its instances.

        Raises
        ------
        ArchiveError, SeriesError, Cancelled
        """
        ...


@dataclass(frozen=True)
class Wanted:
    """Which studies are meant.

    Attributes
    ----------
    date_from, date_to : str
        Study Date, both included, YYYYMMDD; empty where open.
    days : int or None
        Only studies of today and so many days before, whenever it is asked; in place of `date_from`.
    descriptions : sequence of str
        Patterns with ``*`` and ``?``, blind to case; the Study Description matches one. All studies when empty.
    """

    date_from: str = ""
    date_to: str = ""
    days: int | None = None
    descriptions: Sequence[str] = ()

    @property
    def query(self) -> StudyQuery:
        """What an archive can be asked; descriptions few of them can."""
        date_from = self.date_from if self.days is None else f"{date.today() - timedelta(self.days):%Y%m%d}"
        return StudyQuery(date_from=date_from, date_to=self.date_to, modality="MR", limit=_MOST_STUDIES)

    def matches(self, study: StudySummary) -> bool:
        """Whether a study is meant."""
        return self.is_described(study) and self.query.matches(study)

    def is_described(self, study: StudySummary) -> bool:
        """Whether a study is meant by its description, whatever its date."""
        description = study.description.casefold()
        patterns = [pattern.casefold() for pattern in self.descriptions]
        return not patterns or any(fnmatchcase(description, pattern) for pattern in patterns)


def _say_nothing(_sentence: str) -> None:
    """Whoever only wants the studies."""


class _SaidOnce:
    """Keeps what was said already; the source is asked for its studies again and again."""

    def __init__(self) -> None:
        self._topics: set[str] = set()

    def __call__(self, say: Callable[[str], None], topic: str, sentence: str) -> None:
        """Say something about a topic of which nothing was said so far."""
        if topic not in self._topics:
            self._topics.add(topic)
            say(sentence)


@dataclass(frozen=True)
class ArchiveSource:
    """The MR studies of an archive; one whose series it does not list is left out for the sake of the others.

    Attributes
    ----------
    profile : Profile
    credentials : Credentials
    wanted : Wanted
    say : callable
        Told of each study that is left out why, once however often it is looked for.
    """

    profile: Profile
    credentials: Credentials = field(repr=False)
    wanted: Wanted = Wanted()
    say: Callable[[str], None] = _say_nothing
    _say_once: _SaidOnce = field(default_factory=_SaidOnce, init=False, repr=False, compare=False)

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        """See :class:`StudySource`."""
        archive = Archive(self.profile, self.credentials)
        studies: list[StudySummary] = []
        faults: dict[str, ArchiveError] = {}
        with progress.stage("search"):
            found = [study for study in archive.search(self.wanted.query, progress) if self.wanted.matches(study)]
            for study in sorted(found, key=lambda study: (study.study_date, study.study_uid)):
                try:
                    studies.append(counted(study, archive, progress))
                except (LoginRefusedError, TemporaryArchiveError):
                    raise
                except ArchiveError as error:
                    faults[study.study_uid] = error
        if faults and not studies:
            raise next(iter(faults.values()))
        for study_uid, fault in faults.items():
            self._say_once(self.say, study_uid, f"{study_folder(Path(), study_uid).name} is left out: {fault}")
        return tuple(StudyOrigin(study, self.profile.name, url=self.profile.url) for study in studies)


def _tell_nobody(_files: tuple[Path, ...]) -> None:
    """Whoever only wants the studies."""


@dataclass(frozen=True)
class FolderSource:
    """The MR studies in a folder and below it.

    Attributes
    ----------
    folder : Path
    wanted : Wanted
    passed_over : callable
        Told at each look which files are no DICOM, or damaged, and what cannot be opened.
    say : callable
        Told, the first time that there are any, how many studies are left out for their dates: files that were made
        anonymous often have none.
    """

    folder: Path
    wanted: Wanted = Wanted()
    passed_over: Callable[[tuple[Path, ...]], None] = _tell_nobody
    say: Callable[[str], None] = _say_nothing
    _say_once: _SaidOnce = field(default_factory=_SaidOnce, init=False, repr=False, compare=False)

    def studies(self, progress: Progress) -> tuple[StudyOrigin, ...]:
        """See :class:`StudySource`."""
        listed, passed_over = studies_below(self.folder, progress)
        self.passed_over(passed_over)
        described = [one for one in reversed(listed) if self.wanted.is_described(one.study)]
        wanted = [one for one in described if self.wanted.matches(one.study)]
        left_out = len(described) - len(wanted)
        if left_out:
            sentence = f"Left out, because their Study Date is missing or not among the dates asked for: {left_out}."
            self._say_once(self.say, "dates", sentence)
        return tuple(StudyOrigin(one.study, files=one.files) for one in wanted)


def counted(study: StudySummary, archive: Archive, progress: Progress) -> StudySummary:
    """The study with the number of its instances, which archives need not say of it (PS3.18 table 10.6.3-3)."""
    if study.instance_count is not None:
        return study
    count = 0
    for series in archive.series(study.study_uid, progress):
        told = series.instance_count
        count += len(archive.find_instances(study.study_uid, series.series_uid, progress)) if told is None else told
    return replace(study, instance_count=count)
