"""What keeps a study that nobody attends waiting for a person."""

from dataclasses import replace

import pytest

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.job_results import PrepareResult, SequenceChoice
from BratsSegmenterLib.unattended import Rules

RULES = Rules("glioma-synthetic")
_NAMES = tuple(sequence.value for sequence in Sequence)
CLEAR = PrepareResult((), {name: SequenceChoice(name, "2.25.1", 0.9, ()) for name in _NAMES}, (), ())


def _without(*names: str) -> PrepareResult:
    return replace(CLEAR, sequences={name: one for name, one in CLEAR.sequences.items() if name not in names})


def test_a_study_with_four_sure_sequences_need_not_wait() -> None:
    assert RULES.reason_to_wait(CLEAR) == ""


def test_a_study_without_a_needed_sequence_waits_and_says_which() -> None:
    assert RULES.reason_to_wait(_without("T2", "FLAIR")) == "Not found in this study: T2, FLAIR."


def test_a_sequence_that_is_not_needed_may_be_missing() -> None:
    rules = replace(RULES, needed=frozenset({Sequence.T1C, Sequence.FLAIR}))
    assert rules.reason_to_wait(_without("T1", "T2")) == ""
    assert rules.reason_to_wait(_without("FLAIR")) == "Not found in this study: FLAIR."


def test_a_doubtful_sequence_waits_even_where_it_is_not_needed() -> None:
    unsure = SequenceChoice("T1", "2.25.1", 0.6, ())
    rules = replace(RULES, needed=frozenset({Sequence.T1C}))
    assert rules.reason_to_wait(replace(CLEAR, sequences={**CLEAR.sequences, "T1": unsure})) == "Not sure about T1."


def test_a_contradiction_and_a_damaged_file_wait() -> None:
    warned = replace(CLEAR, warnings=("Series 3 is named T2 but timed as T1.",))
    assert RULES.reason_to_wait(warned) == "Series 3 is named T2 but timed as T1."


def test_what_a_study_carries_besides_its_images_does_not_wait() -> None:
    assert RULES.reason_to_wait(replace(CLEAR, notes=("Series 99 is SR, not MR.",))) == ""


def test_nothing_recognised_waits() -> None:
    none = _without(*_NAMES)
    reason = "None of the series was recognised as T1, T1c, T2 or FLAIR."
    assert RULES.reason_to_wait(none) == reason
    cut_off = "Series 1: 0008.dcm is truncated. It would have been taken as T1."
    assert RULES.reason_to_wait(replace(none, warnings=(cut_off,))) == f"{cut_off} {reason}"


@pytest.mark.parametrize(("confirmed", "waits"), [(False, True), (True, False)])
def test_an_operation_that_nobody_confirmed_waits(confirmed: bool, waits: bool) -> None:
    operated = replace(CLEAR, operated=True, operated_reason="post op")
    reason = replace(RULES, is_postoperative=confirmed).reason_to_wait(operated)
    assert ("'post op'" in reason) == waits == bool(reason)


def test_a_study_before_an_operation_need_not_wait() -> None:
    assert RULES.reason_to_wait(replace(CLEAR, operated=False, operated_reason="pre op")) == ""
