"""Which series is taken as T1, T1c, T2 and FLAIR: what was recognised, and what the user decided instead."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import BorrowedSequence, PrepareResult, SegmentResult, SeriesRow
from BratsSegmenterLib.sequence_offers import apart
from BratsSegmenterLib.study import StudyChoices
from BratsSegmenterLib.widgets.translation import tr as _

NO_SERIES = ""
_NOTHING_CHOSEN = StudyChoices()


@dataclass(frozen=True)
class SequenceRow:
    """One sequence as the panel shows it.

    Attributes
    ----------
    confidence : float or None
        None when the user chose, or nothing was found.
    doubt : str
        What contradicts the choice, or what the lack of the sequence means for the result; empty when all is well.
    thumbnail : Path or None
        PNG of the middle slice.
    """

    sequence: Sequence
    key: str
    confidence: float | None
    reason: str
    is_doubtful: bool
    doubt: str = ""
    thumbnail: Path | None = None


class SequencesModel:
    """The recognised sequences of a study with the user's overrides, and whether she was told of an operation.

    Parameters
    ----------
    prepared : PrepareResult
        What the worker found.
    choices : StudyChoices
        What the user decided before; series that the study does not hold any more are left out.

    Attributes
    ----------
    is_postoperative : bool
        The user confirmed that the study was made after an operation; never assumed.
    """

    def __init__(self, prepared: PrepareResult, choices: StudyChoices = _NOTHING_CHOSEN) -> None:
        self._prepared = prepared
        self._overrides: dict[Sequence, str] = {}
        self.is_postoperative = choices.is_postoperative
        self._take(choices.sequences)

    @property
    def prepared(self) -> PrepareResult:
        """What the worker found, with what was borrowed since."""
        return self._prepared

    @property
    def choices(self) -> StudyChoices:
        """What the user decided."""
        return StudyChoices({key.value: value for key, value in self._overrides.items()}, self.is_postoperative)

    @property
    def series(self) -> tuple[SeriesRow, ...]:
        """The series that may be taken as a sequence.

        Those of other studies name the study's date; those left aside that may be chosen all the same name the reason
        and stand last.
        """
        own = (row for row in self._prepared.series if not row.excluded)
        lent = (replace(one.row, description=f"{one.row.description}, {one.study_date}") for one in self._borrowed)
        left_aside = (
            replace(row, description=f"{row.description} ({row.excluded})")
            for row in self._prepared.series
            if row.overrulable
        )
        return (*own, *lent, *left_aside)

    @property
    def missing(self) -> tuple[str, ...]:
        """The sequences that neither the study has nor another one lent."""
        return self._prepared.missing

    @property
    def excluded(self) -> tuple[SeriesRow, ...]:
        """The series that were left aside, each with the reason."""
        return tuple(row for row in self._prepared.series if row.excluded)

    @property
    def surgery_proposal(self) -> str:
        """What the study's descriptions say about an operation, as a sentence."""
        words, operated = self._prepared.operated_reason, self._prepared.operated
        if operated is None:
            return _("The descriptions say nothing about an operation.")
        after = _("Proposed: after an operation, because a description says '{words}'.")
        before = _("Proposed: before an operation, because a description says '{words}'.")
        return (after if operated else before).format(words=words)

    @property
    def open_question(self) -> str:
        """What a person has yet to answer about a result made of these sequences; empty when nothing."""
        return "operation?" if self.proposes_surgery else ""

    @property
    def surgery_question(self) -> str:
        """What is asked about a result for which nobody had said whether there was an operation."""
        words = self._prepared.operated_reason
        text = _("A description says '{words}'. Was there an operation? So far no resection cavity was looked for.")
        return text.format(words=words)

    @property
    def proposes_surgery(self) -> bool:
        """Whether an operation is proposed that the user has not confirmed."""
        return self._prepared.operated is True and not self.is_postoperative

    def borrow(self, borrowed: BorrowedSequence) -> None:
        """Take a sequence of another study in place of a missing one."""
        others = (one for one in self._borrowed if one.sequence != borrowed.sequence)
        self._prepared = replace(self._prepared, borrowed=(*others, borrowed))
        self._overrides.pop(Sequence(borrowed.sequence), None)

    def override(self, sequence: Sequence, key: str) -> None:
        """Take the series `key` as `sequence`; :data:`NO_SERIES` for none."""
        self._overrides[sequence] = key

    def follow(self, result: SegmentResult) -> None:
        """Take what a result was made with: its series, as far as the study holds them still, and the operation."""
        self.is_postoperative = result.is_postoperative
        if result.sequences:
            self._take({sequence.value: result.sequences.get(sequence.value, NO_SERIES) for sequence in Sequence})

    def _take(self, keys: Mapping[str, str]) -> None:
        at_hand = {NO_SERIES, *(row.key for row in self.series)}
        for name, key in keys.items():
            if key in at_hand and key != self.row(Sequence(name)).key:
                self.override(Sequence(name), key)

    def row(self, sequence: Sequence) -> SequenceRow:
        """What is shown for one sequence."""
        lent = next((one for one in self._borrowed if one.sequence == sequence.value), None)
        found = lent.choice if lent else self._prepared.sequences.get(sequence.value)
        found_key = found.key if found else NO_SERIES
        key = self._overrides.get(sequence, found_key)
        thumbnail = next((row.thumbnail for row in self.series if row.key == key), None)
        lack = self._prepared.consequences.get(sequence.value, "") if key == NO_SERIES else ""
        if key != found_key:
            return SequenceRow(sequence, key, None, _("your choice"), False, lack, thumbnail)
        if found is None:
            return SequenceRow(sequence, NO_SERIES, None, self._reason_of_none(), True, lack)
        reason = "; ".join(found.reasons)
        doubt = found.doubt if lent is None else _origin(lent)
        return SequenceRow(sequence, key, found.confidence, reason, not found.is_sure, doubt, thumbnail)

    def rows(self) -> tuple[SequenceRow, ...]:
        """All four."""
        return tuple(self.row(sequence) for sequence in Sequence)

    def chosen_keys(self) -> Mapping[str, str]:
        """Sequence to series key, without those that the study lacks."""
        return {row.sequence.value: row.key for row in self.rows() if row.key != NO_SERIES}

    def notices(self) -> tuple[str, ...]:
        """What the user should know and no row says: warnings, one series taken twice."""
        said = [row.doubt for row in self.rows() if row.doubt]
        warnings = (one for one in self._prepared.warnings if not any(doubt in one for doubt in said))
        notes = (one for one in self._prepared.notes if one not in self._prepared.consequences.values())
        return (*warnings, *notes, *self._double_uses())

    def questions(self) -> tuple[str, ...]:
        """Why the study should not be segmented before a person has looked at the sequences; empty when clear."""
        open_rows = [row for row in self.rows() if row.is_doubtful]
        unsure = _named(_("Not sure about {sequences}."), (row for row in open_rows if row.key != NO_SERIES))
        lacking = _named(_("Not found in this study: {sequences}."), (row for row in open_rows if row.key == NO_SERIES))
        return (*self._prepared.warnings, *unsure, *lacking, *self._double_uses())

    def can_segment(self) -> bool:
        """Whether there is at least one sequence and none is used twice."""
        return bool(self.chosen_keys()) and not self._double_uses()

    def _reason_of_none(self) -> str:
        if any(row.overrulable for row in self._prepared.series):
            return _("no series of the study was recognised as this one; the list ends with those that were left aside")
        return _("no series of the study was recognised as this one")

    @property
    def _borrowed(self) -> tuple[BorrowedSequence, ...]:
        return self._prepared.borrowed

    def _double_uses(self) -> tuple[str, ...]:
        users: dict[str, list[str]] = {}
        for sequence, key in self.chosen_keys().items():
            users.setdefault(key, []).append(sequence)
        return tuple(
            _("One series is taken as {sequences}; choose another one.").format(sequences=_(" and ").join(sequences))
            for sequences in users.values()
            if len(sequences) > 1
        )


def _origin(lent: BorrowedSequence) -> str:
    text = _("From another study of this patient, {day}, {apart}.")
    return text.format(day=lent.study_date, apart=apart(lent.days_later))


def _named(sentence: str, rows: Iterable[SequenceRow]) -> tuple[str, ...]:
    """The sentence about the sequences of `rows`; none where there are none."""
    names = ", ".join(row.sequence.value for row in rows)
    return (sentence.format(sequences=names),) if names else ()
