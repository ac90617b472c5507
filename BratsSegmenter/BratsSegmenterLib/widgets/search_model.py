"""What the user typed into the search form, as a query; what was found, as rows of a table."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from BratsSegmenterLib.archive import StudyQuery, StudySummary


class Period(Enum):
    """How far back studies are looked for, in days; None for ever."""

    TODAY = 0
    WEEK = 7
    MONTH = 31
    YEAR = 366
    EVER = None


PAGE = 50


@dataclass(frozen=True)
class SearchForm:
    """The fields of the form."""

    patient: str = ""
    accession_number: str = ""
    period: Period = Period.EVER
    page: int = 0

    def query(self, today: date) -> StudyQuery:
        """The query for one page of MR studies, one row more than shown so that a next page is known.

        A patient is looked for by ID when the text holds a digit, else by name; names match from their beginning.
        """
        by_id = any(character.isdigit() for character in self.patient)
        name = "" if by_id else self.patient.strip()
        days = self.period.value
        return StudyQuery(
            patient_id=self.patient.strip() if by_id else "",
            patient_name=name if not name or "*" in name else f"{name}*",
            accession_number=self.accession_number.strip(),
            date_from="" if days is None else f"{today - timedelta(days=days):%Y%m%d}",
            date_to="",
            modality="MR",
            limit=PAGE + 1,
            offset=self.page * PAGE,
        )


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
            return "No study found." if self.number == 0 else "No more studies."
        first = self.number * PAGE + 1
        return f"Studies {first} to {first + len(self.studies) - 1}" + (", and more" if self.has_next else "")


def study_cells(study: StudySummary) -> tuple[str, ...]:
    """Date, patient, ID, description and number of series of one study."""
    day = study.study_date
    return (
        f"{day[:4]}-{day[4:6]}-{day[6:8]}" if len(day) == 8 else day,
        readable_name(study.patient_name),
        study.patient_id,
        study.description,
        "" if study.series_count is None else str(study.series_count),
    )


def study_title(study: StudySummary) -> str:
    """Patient, date and description of one study in a line; without what is not known."""
    day, patient, _patient_id, description, _series = study_cells(study)
    return ", ".join(filter(None, (patient, day, description)))


def readable_name(person_name: str) -> str:
    """A DICOM person name (PS3.5 6.2.1.1) as people write it: family name, comma, given name."""
    alphabetic = person_name.split("=")[0]
    family, _, given = alphabetic.partition("^")
    return ", ".join(filter(None, (family, " ".join(given.replace("^", " ").split()))))
