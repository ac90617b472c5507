"""What the user typed into the search form, as a query; what was found, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from BratsSegmenterLib.archive import StudyQuery, StudySummary
from BratsSegmenterLib.widgets.translation import tr as _


class Period(Enum):
    """When the study was made."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"
    EVER = "ever"
    RANGE = "range"


_DAYS_BACK = {Period.TODAY: 0, Period.WEEK: 7, Period.MONTH: 30}


PAGE = 50


@dataclass(frozen=True)
class SearchForm:
    """The fields of the form; first and last day count for a range only."""

    patient: str = ""
    accession_number: str = ""
    period: Period = Period.EVER
    first_day: date | None = None
    last_day: date | None = None
    page: int = 0

    def query(self, today: date) -> StudyQuery:
        """The query for one page of MR studies, one row more than shown so that a next page is known.

        A patient is looked for by ID when the text holds a digit, else by name.
        """
        by_id = any(character.isdigit() for character in self.patient)
        first_day, last_day = self._days(today)
        return StudyQuery(
            patient_id=self.patient.strip() if by_id else "",
            patient_name="" if by_id else self._name_pattern,
            accession_number=self.accession_number.strip(),
            date_from=f"{first_day:%Y%m%d}" if first_day else "",
            date_to=f"{last_day:%Y%m%d}" if last_day else "",
            modality="MR",
            limit=PAGE + 1,
            offset=self.page * PAGE,
        )

    @property
    def _name_pattern(self) -> str:
        """Names match from their beginning; typed as they are shown, with a comma after the family name, as well."""
        family, _comma, given = (part.strip() for part in self.patient.partition(","))
        # Between given names and suffix stands whatever number of ^, of which the shown name says nothing.
        name = f"{family}^{'*'.join(given.split())}" if given else family
        return name if not name or "*" in self.patient else f"{name}*"

    def _days(self, today: date) -> tuple[date | None, date | None]:
        if self.period is Period.RANGE:
            first, last = self.first_day, self.last_day
            is_reversed = first is not None and last is not None and last < first
            return (last, first) if is_reversed else (first, last)
        days = _DAYS_BACK.get(self.period)
        return (None if days is None else today - timedelta(days=days)), None


@dataclass(frozen=True)
class StudyPage:
    """One page of found studies."""

    studies: tuple[StudySummary, ...]
    number: int
    has_next: bool

    @classmethod
    def of(cls, found: tuple[StudySummary, ...], number: int) -> StudyPage:
        """From what a query of :meth:`SearchForm.query` brought, newest first."""
        newest_first = sorted(found[:PAGE], key=lambda study: study.study_date, reverse=True)
        return cls(tuple(newest_first), number, len(found) > PAGE)

    @property
    def summary(self) -> str:
        """How many studies are shown, in words."""
        if not self.studies:
            return _("No study found.") if self.number == 0 else _("No more studies.")
        first = self.number * PAGE + 1
        text = _("Studies {first} to {last}, and more") if self.has_next else _("Studies {first} to {last}")
        return text.format(first=first, last=first + len(self.studies) - 1)

    def summary_of(self, passing: int) -> str:
        """As :attr:`summary`, and how many of the studies pass the user's filter."""
        if passing == len(self.studies):
            return self.summary
        return _("{found}; filtered to {count}").format(found=self.summary, count=passing)
