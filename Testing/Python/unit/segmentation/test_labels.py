"""Nested probabilities become labels; what is erased afterwards is said."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from BratsSegmenterLib.domain import ET, RC, TC, WT
from BratsSegmenterLib.segmentation import PRESETS, Postprocessing, RegionProbabilities
from BratsSegmenterLib.segmentation.labels import labels_from
from BratsSegmenterLib.segmentation.postprocessing import postprocess


def test_the_innermost_region_that_reaches_the_threshold_gives_the_label() -> None:
    et = [0.9, 0.1, 0.1, 0.1, 0.6]
    tc = [0.9, 0.9, 0.2, 0.1, 0.4]
    wt = [0.9, 0.9, 0.9, 0.4, 0.1]
    probabilities = np.array([wt, tc, et], np.float32).reshape(3, 1, 1, 5)
    expected = [3, 1, 2, 0, 3]
    assert labels_from(probabilities, (WT, TC, ET)).ravel().tolist() == expected
    assert labels_from(probabilities[[1, 0, 2]], (TC, WT, ET)).ravel().tolist() == expected


def test_a_cavity_wins_where_it_is_the_more_probable() -> None:
    probabilities = np.array([[0.6, 0.9, 0.1], [0.8, 0.7, 0.4]], np.float32).reshape(2, 1, 1, 3)
    assert labels_from(probabilities, (WT, RC)).ravel().tolist() == [4, 2, 0]


def test_without_the_question_of_a_cavity_its_voxels_are_what_the_model_says_else() -> None:
    probabilities = np.array([[0.6, 0.9, 0.1], [0.8, 0.7, 0.4]], np.float32).reshape(2, 1, 1, 3)
    found = RegionProbabilities(probabilities, (WT, RC)).without(RC)
    assert labels_from(found.probabilities, found.regions).ravel().tolist() == [2, 2, 0]


def _labels() -> np.ndarray:
    """A tumour of 1000 voxels with 8 of enhancement, and a speck of 27."""
    labels = np.zeros((30, 30, 30), np.uint8)
    labels[2:12, 2:12, 2:12] = 2
    labels[4:6, 4:6, 4:6] = 3
    labels[20:23, 20:23, 20:23] = 2
    return labels


def test_nothing_is_erased_unless_asked_for() -> None:
    cleaned = postprocess(_labels(), 0.001, Postprocessing())
    assert np.array_equal(cleaned.labels, _labels())
    assert cleaned.findings == ()


def test_small_pieces_are_erased_by_their_volume_and_the_sentence_says_how_much() -> None:
    cleaned = postprocess(_labels(), 0.001, Postprocessing(least_tumour_mm3=100))
    assert np.count_nonzero(cleaned.labels) == 1000
    assert cleaned.findings[0].startswith(
        "By the rules of post-processing pieces of tumour smaller than 100 mm3 were erased: 1, 27 mm3"
    )
    kept = postprocess(_labels(), 0.008, Postprocessing(least_tumour_mm3=100))
    assert np.array_equal(kept.labels, _labels())


def test_a_small_piece_of_oedema_goes_when_it_is_isolated_and_there_is_a_larger_piece() -> None:
    rules = Postprocessing(least_isolated_oedema_mm3=100)
    cleaned = postprocess(_labels(), 0.001, rules)
    assert np.count_nonzero(cleaned.labels) == 1000
    assert cleaned.findings[0].startswith(
        "By the rules of post-processing isolated pieces of oedema smaller than 100 mm3 were erased: 1, 27 mm3"
    )
    with_core = _labels()
    with_core[21, 21, 21] = 1
    assert np.array_equal(postprocess(with_core, 0.001, rules).labels, with_core)
    alone = np.where(np.indices((30, 30, 30))[0] >= 20, _labels(), 0).astype(np.uint8)
    assert np.array_equal(postprocess(alone, 0.001, rules).labels, alone)
    assert not postprocess(np.zeros((3, 3, 3), np.uint8), 0.001, rules).findings


def test_a_speck_of_core_that_does_not_enhance_becomes_oedema_beside_a_larger_piece_and_then_goes_with_it() -> None:
    with_speck = _labels()
    with_speck[21, 21, 21] = 1
    rules = Postprocessing(least_isolated_core_mm3=8)
    cleaned = postprocess(with_speck, 0.001, rules)
    assert np.array_equal(cleaned.labels, _labels())
    assert cleaned.findings[0].startswith(
        "By the rules of post-processing isolated pieces of non-enhancing core smaller than 8 mm3 "
        "were counted as oedema: 1, 1 mm3 in all"
    )
    assert np.array_equal(postprocess(_labels(), 0.001, replace(rules, least_isolated_core_mm3=1e6)).labels, _labels())
    both = postprocess(with_speck, 0.001, replace(rules, least_isolated_oedema_mm3=100))
    assert np.count_nonzero(both.labels) == 1000
    assert len(both.findings) == 2
    enhancing = np.where(with_speck == 1, 3, with_speck)
    assert np.array_equal(postprocess(enhancing, 0.001, rules).labels, enhancing)


def test_nothing_becomes_or_is_called_a_region_that_is_not_measured() -> None:
    core = np.where(_labels() == 2, 1, _labels()).astype(np.uint8)
    core[2, 2, 2] = 0
    rules = Postprocessing(largest_hole_mm3=8, least_isolated_core_mm3=100, least_isolated_oedema_mm3=8)
    without_oedema = postprocess(core, 0.001, rules, not_measured={"ED", "WT"})
    assert 2 not in without_oedema.labels
    assert np.count_nonzero(without_oedema.labels) == 999
    (finding,) = without_oedema.findings
    assert "non-enhancing core smaller than 100 mm3 were erased: 1, 27 mm3" in finding
    whole_tumour_alone = np.where(_labels() == 3, 2, _labels()).astype(np.uint8)
    rules = Postprocessing(least_isolated_oedema_mm3=100)
    (finding,) = postprocess(whole_tumour_alone, 0.001, rules, not_measured={"ED", "TC", "NCR", "ET"}).findings
    assert "isolated pieces of whole tumour" in finding


def test_little_enhancement_becomes_core_and_the_sentence_says_so() -> None:
    cleaned = postprocess(_labels(), 0.001, Postprocessing(least_enhancing_mm3=50))
    assert np.count_nonzero(cleaned.labels == 3) == 0
    assert np.count_nonzero(cleaned.labels == 1) == 8
    assert "only 8 mm3" in cleaned.findings[0]
    assert cleaned.doubts == cleaned.findings


def test_a_speck_of_enhancement_becomes_core_beside_a_piece_that_is_large_enough() -> None:
    with_speck = _labels()
    with_speck[10, 10, 10:13] = 3
    cleaned = postprocess(with_speck, 0.001, Postprocessing(least_isolated_enhancement_mm3=5))
    assert np.array_equal(cleaned.labels == 1, np.where(with_speck == 3, np.indices((30, 30, 30))[0] == 10, False))
    assert np.count_nonzero(cleaned.labels == 3) == 8
    assert cleaned.findings[0].startswith(
        "By the rules of post-processing isolated pieces of enhancing tumour smaller than 5 mm3 "
        "were counted as necrotic core: 1, 3 mm3 in all"
    )


def test_enhancement_that_is_all_in_specks_stays() -> None:
    with_speck = _labels()
    with_speck[10, 10, 10:13] = 3
    assert np.array_equal(
        postprocess(with_speck, 0.001, Postprocessing(least_isolated_enhancement_mm3=9)).labels, with_speck
    )


def test_a_small_hole_in_the_core_becomes_core_and_one_in_the_tumour_oedema() -> None:
    ring = _labels()
    ring[4:8, 4:8, 4:8] = 3
    ring[5:7, 5:7, 5:7] = 2
    ring[9, 9, 9] = 0
    cleaned = postprocess(ring, 0.001, Postprocessing(largest_hole_mm3=8))
    assert np.all(cleaned.labels[5:7, 5:7, 5:7] == 1)
    assert cleaned.labels[9, 9, 9] == 2
    assert np.count_nonzero(cleaned.labels != ring) == 9
    assert [finding.split(" of at")[0] for finding in cleaned.findings] == [
        "By the rules of post-processing holes in the tumour core",
        "By the rules of post-processing holes in the whole tumour",
    ]


def test_a_hole_that_is_large_or_open_or_holds_a_cavity_stays() -> None:
    rules = Postprocessing(largest_hole_mm3=8)
    hollow = _labels()
    hollow[6:9, 6:9, 6:9] = 0
    opened = _labels()
    opened[0:7, 7, 7] = 0
    cavity = _labels()
    cavity[6:8, 6:8, 6:8] = 4
    for labels in (hollow, opened, cavity):
        kept = postprocess(labels, 0.001, rules)
        assert np.array_equal(kept.labels, labels)
        assert not kept.findings


def test_the_presets_are_given_in_cubic_millimetres_and_erase_a_small_tumour() -> None:
    small = postprocess(_labels(), 0.002, PRESETS["low-grade"])
    assert not small.labels.any()
    assert postprocess(_labels(), 0.0031, PRESETS["low-grade"]).labels.any()
    assert not postprocess(_labels(), 0.0031, PRESETS["high-grade"]).labels.any()
    assert postprocess(_labels(), 0.001, PRESETS["off"]).labels.any()
