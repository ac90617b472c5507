"""What makes a segmentation doubtful is said in a sentence, and nothing is said of a plausible one."""

import numpy as np
import pytest
from numpy.typing import NDArray

from BratsSegmenterLib.domain import ED, ET, RC, Algorithm, Segmentation
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.measurement import cavity_findings, quality_findings, registration_findings

_GRID = Geometry.from_axes((60, 60, 60), (1, 1, 1), np.eye(3), np.zeros(3))
_CENTRE = (30, 30, 30)


def _ball(radius: float, centre: tuple[int, int, int] = _CENTRE) -> NDArray[np.bool_]:
    distance = np.linalg.norm(np.indices(_GRID.shape).T - np.array(centre), axis=-1).T
    return distance < radius


BRAIN = _ball(28)


def _segmentation(**masks: NDArray[np.bool_]) -> Segmentation:
    labels = np.zeros(_GRID.shape, np.uint8)
    for name, mask in masks.items():
        labels[mask] = {"et": ET, "ed": ED, "rc": RC}[name].label
    return Segmentation(labels, _GRID, Algorithm("test", "1", ""))


def test_a_plausible_tumour_within_the_brain_raises_no_doubt() -> None:
    assert quality_findings(_segmentation(ed=_ball(12), et=_ball(6)), BRAIN) == ()


def test_an_empty_result_is_doubted_but_not_a_cavity_without_tumour() -> None:
    (text,) = quality_findings(_segmentation(), BRAIN)
    assert "found no tumour" in text
    assert quality_findings(_segmentation(rc=_ball(6)), BRAIN) == ()


def test_after_an_operation_a_cavity_that_was_not_drawn_is_missed() -> None:
    (text,) = cavity_findings(_segmentation(ed=_ball(12)))
    assert "no resection cavity" in text
    assert cavity_findings(_segmentation(ed=_ball(12), rc=_ball(6))) == ()


def test_a_tiny_enhancing_tumour_is_named_with_its_volume() -> None:
    (text,) = quality_findings(_segmentation(ed=_ball(12), et=_ball(2.5)), BRAIN)
    assert text.startswith(f"The enhancing tumour is tiny, {np.count_nonzero(_ball(2.5)) / 1000:.2f} mL")
    assert quality_findings(_segmentation(ed=_ball(12)), BRAIN) == (), "none at all is not tiny"


def test_a_tiny_tumour_is_named_once_whatever_it_is_made_of() -> None:
    (text,) = quality_findings(_segmentation(ed=_ball(2.5)), BRAIN)
    assert text.startswith("The whole tumour is tiny, 0.08 mL")
    assert len(quality_findings(_segmentation(et=_ball(2.5)), BRAIN)) == 1


def test_a_tumour_that_leaves_the_brain_mask_is_said_with_the_volume_outside() -> None:
    tumour = _ball(10, (30, 30, 56))
    sentences = quality_findings(_segmentation(et=tumour), BRAIN)
    outside_ml = np.count_nonzero(tumour & ~BRAIN) / 1000
    assert sentences[0].startswith(f"{outside_ml:.1f} mL of the tumour lie outside the brain mask")


def test_a_tumour_that_hugs_the_edge_of_the_mask_is_said_and_one_that_only_touches_it_is_not() -> None:
    hugging = BRAIN & ~_ball(24) & (np.indices(_GRID.shape)[2] > 40)
    (text,) = quality_findings(_segmentation(ed=hugging), BRAIN)
    assert "of the tumour's surface touches the edge of the brain mask" in text
    assert quality_findings(_segmentation(ed=_ball(10, (30, 30, 49)) & BRAIN), BRAIN) == ()


def test_a_tumour_larger_than_half_of_the_brain_is_implausible() -> None:
    (text,) = quality_findings(_segmentation(ed=_ball(25)), BRAIN)
    share = 100 * np.count_nonzero(_ball(25)) / np.count_nonzero(BRAIN)
    assert f"takes {share:.0f} % of the brain mask" in text


def test_without_a_brain_mask_nothing_is_said_about_the_brain() -> None:
    assert quality_findings(_segmentation(ed=_ball(29))) == ()


@pytest.mark.parametrize(
    "moved_mm",
    [{}, {"T1": 0.5, "T2": 1.0, "FLAIR": 2.0}, {"T1": 12.0, "T2": 12.5, "FLAIR": 13.0}],
    ids=["one sequence", "little", "all together"],
)
def test_sequences_that_moved_little_or_together_raise_no_doubt(moved_mm: dict[str, float]) -> None:
    assert registration_findings(moved_mm) == ()


def test_a_sequence_that_alone_was_moved_far_is_named() -> None:
    (text,) = registration_findings({"T1": 0.5, "FLAIR": 17.4, "T2": 1.0})
    assert text.startswith("FLAIR alone was moved far, by 17 mm")
