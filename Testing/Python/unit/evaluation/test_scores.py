"""Scores follow their definitions, and the conventions for empty regions."""

from __future__ import annotations

from math import isnan

import numpy as np
import pytest

from BratsSegmenterLib.learning.evaluation.metrics import FAILURE_MM, lesionwise_dice, region_scores

MM = (1.0, 1.0, 1.0)


def _box(*corners: tuple[int, int, int], size: int = 10, shape: tuple[int, int, int] = (60, 60, 60)) -> np.ndarray:
    mask = np.zeros(shape, bool)
    for k, j, i in corners:
        mask[k : k + size, j : j + size, i : i + size] = True
    return mask


def test_a_perfect_answer_scores_perfectly() -> None:
    scores = region_scores(_box((5, 5, 5)), _box((5, 5, 5)), MM)
    assert (scores.dice, scores.hd95_mm, scores.sensitivity, scores.specificity) == (1, 0, 1, 1)
    assert (scores.volume_error_ml, scores.lesionwise_dice, scores.true_ml) == (0, 1, 1.0)


def test_a_shifted_answer_scores_as_computed_by_hand() -> None:
    scores = region_scores(_box((5, 5, 9)), _box((5, 5, 5)), (3.0, 1.0, 0.5))
    assert scores.dice == pytest.approx(0.6)
    assert scores.sensitivity == pytest.approx(0.6)
    assert scores.specificity == pytest.approx(1 - 400 / (60**3 - 1000))
    assert scores.hd95_mm == pytest.approx(2.0)  # four columns of half a millimetre
    assert scores.volume_error_ml == pytest.approx(0)
    assert scores.true_ml == pytest.approx(1.5)


def test_an_answer_too_small_has_a_negative_volume_error() -> None:
    assert region_scores(_box((5, 5, 5), size=5), _box((5, 5, 5)), MM).volume_error_ml == pytest.approx(-0.875)


def test_nothing_found_where_nothing_is_counts_as_perfect() -> None:
    nothing = np.zeros((20, 20, 20), bool)
    scores = region_scores(nothing, nothing, MM)
    assert (scores.dice, scores.hd95_mm, scores.specificity, scores.lesionwise_dice) == (1, 0, 1, 1)
    assert isnan(scores.sensitivity)


@pytest.mark.parametrize("found", [True, False])
def test_one_sided_emptiness_is_a_complete_failure(found: bool) -> None:
    something, nothing = _box((5, 5, 5)), np.zeros((60, 60, 60), bool)
    scores = region_scores(something if found else nothing, nothing if found else something, MM)
    assert (scores.dice, scores.hd95_mm, scores.lesionwise_dice) == (0, FAILURE_MM, 0)


def test_a_missed_second_lesion_halves_the_lesionwise_score() -> None:
    assert lesionwise_dice(_box((5, 5, 5)), _box((5, 5, 5), (40, 40, 40)), MM) == pytest.approx(0.5)


def test_a_false_lesion_halves_the_lesionwise_score() -> None:
    assert lesionwise_dice(_box((5, 5, 5), (40, 40, 40)), _box((5, 5, 5)), MM) == pytest.approx(0.5)


def test_pieces_that_touch_after_three_dilations_are_one_lesion() -> None:
    near = _box((5, 5, 5), (5, 5, 21))  # six voxels between them
    far = _box((5, 5, 5), (5, 5, 23))
    one = _box((5, 5, 5))
    assert lesionwise_dice(one, near, MM) == pytest.approx(2 / 3)
    assert lesionwise_dice(one, far, MM) == pytest.approx(0.5)


def test_lesions_of_50_mm3_or_less_do_not_count() -> None:
    large, speck = _box((5, 5, 5)), _box((40, 40, 40), size=3)
    assert lesionwise_dice(large, large | speck, MM) == 1
    assert lesionwise_dice(large, large | speck, (2.0, 1.0, 1.0)) == pytest.approx(0.5)
