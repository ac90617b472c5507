"""Which series is taken as T1, T1c, T2 and FLAIR: what was recognised, and what the user decided instead."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.jobs import PrepareResult, SeriesRow

NO_SERIES = ""
SURE = 0.7


@dataclass(frozen=True)
class SequenceRow:
    """One sequence as the panel shows it; `confidence` is None when the user chose, or nothing was found."""

    sequence: Sequence
    key: str
    confidence: float | None
    reason: str
    is_doubtful: bool


class SequencesModel:
    """The recognised sequences of a study with the user's overrides.

    Parameters
    ----------
    prepared : PrepareResult
        What the worker found.
    """

    def __init__(self, prepared: PrepareResult) -> None:
        self._prepared = prepared
        self._overrides: dict[Sequence, str] = {}

    @property
    def series(self) -> tuple[SeriesRow, ...]:
        """The series that may be taken as a sequence."""
        return tuple(row for row in self._prepared.series if not row.excluded)

    @property
    def excluded(self) -> tuple[SeriesRow, ...]:
        """The series that may not, each with the reason."""
        return tuple(row for row in self._prepared.series if row.excluded)

    def override(self, sequence: Sequence, key: str) -> None:
        """Take the series `key` as `sequence`; :data:`NO_SERIES` for none."""
        self._overrides[sequence] = key

    def row(self, sequence: Sequence) -> SequenceRow:
        """What is shown for one sequence."""
        found = self._prepared.sequences.get(sequence.value)
        found_key = found.key if found else NO_SERIES
        key = self._overrides.get(sequence, found_key)
        if key != found_key:
            return SequenceRow(sequence, key, None, "your choice", False)
        if found is None:
            return SequenceRow(sequence, NO_SERIES, None, "no series of the study was recognised as this one", True)
        return SequenceRow(sequence, key, found.confidence, "; ".join(found.reasons), found.confidence < SURE)

    def rows(self) -> tuple[SequenceRow, ...]:
        """All four."""
        return tuple(self.row(sequence) for sequence in Sequence)

    def chosen_keys(self) -> Mapping[str, str]:
        """Sequence to series key, without those that the study lacks."""
        return {row.sequence.value: row.key for row in self.rows() if row.key != NO_SERIES}

    def notices(self) -> tuple[str, ...]:
        """What the user should know: contradictions, missing sequences, one series taken twice."""
        return (*self._prepared.warnings, *self._prepared.notes, *self._double_uses())

    def questions(self) -> tuple[str, ...]:
        """Why the study should not be segmented before a person has looked at the sequences; empty when clear."""
        doubtful = [row.sequence.value for row in self.rows() if row.is_doubtful]
        doubts = (f"Not sure about {', '.join(doubtful)}.",) if doubtful else ()
        return (*self._prepared.warnings, *doubts, *self._double_uses())

    def can_segment(self) -> bool:
        """Whether there is at least one sequence and none is used twice."""
        return bool(self.chosen_keys()) and not self._double_uses()

    def _double_uses(self) -> tuple[str, ...]:
        users: dict[str, list[str]] = {}
        for sequence, key in self.chosen_keys().items():
            users.setdefault(key, []).append(sequence)
        return tuple(
            f"One series is taken as {' and '.join(sequences)}; choose another one."
            for sequences in users.values()
            if len(sequences) > 1
        )
