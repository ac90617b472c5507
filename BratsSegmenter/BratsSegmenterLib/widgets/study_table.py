"""The table of studies that were found: its rows in the order and under the filter that the user wants."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.study import StudyState
from BratsSegmenterLib.widgets.eliding import end_elided
from BratsSegmenterLib.widgets.identities import Identities, readable_day
from BratsSegmenterLib.widgets.state_names import state_name
from BratsSegmenterLib.widgets.translation import tr as _

_LONGEST_STATE = 22  # the column must leave room for patient and description, which share what there is


class Column(IntEnum):
    """The columns from left to right."""

    DATE = 0
    PATIENT = 1
    DESCRIPTION = 2
    STATE = 3


@dataclass(frozen=True)
class StudyRow:
    """One study; its cells in the order of :class:`Column`."""

    study: StudySummary
    cells: tuple[str, str, str, str]
    state: StudyState

    def shown(self, column: Column) -> str:
        """A cell as it stands in the table."""
        return end_elided(self.cells[column], _LONGEST_STATE) if column is Column.STATE else self.cells[column]

    def hint(self, column: Column) -> str:
        """A cell's tool tip: all of it, and of what the study is also how many series it has."""
        count = self.study.series_count
        if column is not Column.DESCRIPTION or count is None:
            return self.cells[column]
        return "\n".join(filter(None, (self.cells[column], _("{count} series").format(count=count))))


class StudyTable:
    """The studies of one page, sorted and filtered.

    Parameters
    ----------
    identities : Identities
    state_of : callable
        How far the work on a study is, by its UID, and why it stopped where it did.
    """

    def __init__(self, identities: Identities, state_of: Callable[[str], tuple[StudyState, str]]) -> None:
        self._identities = identities
        self._state_of = state_of
        self.studies: tuple[StudySummary, ...] = ()
        self.filter_text = ""
        self.sorted_by = Column.DATE
        self.is_descending = True

    def sort_by(self, column: Column) -> None:
        """Sort by a column; once more, the other way round. Dates begin with the newest."""
        is_descending = not self.is_descending if column is self.sorted_by else column is Column.DATE
        self.sorted_by, self.is_descending = column, is_descending

    def rows(self) -> tuple[StudyRow, ...]:
        """What is shown: the studies in whose cells every word of the filter occurs."""
        words = self.filter_text.casefold().split()
        rows = [row for row in map(self._row, self.studies) if _has_all(row, words)]
        return tuple(sorted(rows, key=self._sort_key, reverse=self.is_descending))

    def _row(self, study: StudySummary) -> StudyRow:
        state, reason = self._state_of(study.study_uid)
        day, patient = readable_day(study.study_date), self._identities.patient(study)
        words = f"{state_name(state)}: {reason}" if reason else state_name(state)
        return StudyRow(study, (day, patient, study.description, words), state)

    def _sort_key(self, row: StudyRow) -> str:
        return row.cells[self.sorted_by].casefold()


def _has_all(row: StudyRow, words: list[str]) -> bool:
    text = " ".join(row.cells).casefold()
    return all(word in text for word in words)
