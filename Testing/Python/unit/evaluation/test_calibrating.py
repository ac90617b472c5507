"""A calibration is fitted on some synthetic cases and holds what it promises on others."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from learning_samples import SYNTHESIS, small_anatomies
from model_samples import TINY, tiny_bundle

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.domain import ET, RC, TC, WT
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.learning.evaluation import calibrate, synthesis_settings, trust, trust_json
from BratsSegmenterLib.learning.evaluation.calibration import (
    SegmentedSynthetic,
    check,
    fit_regions,
    fit_steps,
    segmented_synthetic,
)
from BratsSegmenterLib.learning.evaluation.trust import Claim
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.segmentation import POSTOPERATIVE, Calibration, Evidence, outward_step

_VOXELS = 4000


def _cases(count: int, seed: int, error: float = 0.5) -> list[SegmentedSynthetic]:
    """A model that misjudges ET by a log-normal factor, believes in 20 % more or less, and knows how well it fits."""
    rng = np.random.default_rng(seed)
    cases = []
    for _ in range(count):
        true = int(rng.integers(400, 900))
        drawn = int(np.clip(true * np.exp(rng.normal(0, error)), 20, _VOXELS))
        labels, truth = np.zeros((2, 1, 1, _VOXELS), np.uint8)
        labels[..., :drawn] = truth[..., :true] = ET.label
        fit = 2 * min(true, drawn) / (true + drawn)
        evidence = Evidence(drawn / 10, drawn * 0.8 / 10, drawn * 1.2 / 10, 0.3 + fit / 2)
        cases.append(SegmentedSynthetic(labels, truth, 0.1, {"ET": evidence}))
    return cases


def _calibration(cases: list[SegmentedSynthetic]) -> Calibration:
    return Calibration("", cases=len(cases), regions=fit_regions(cases))


def test_nine_in_ten_fresh_cases_have_their_true_volume_in_the_interval() -> None:
    coverages = [check(_calibration(_cases(200, seed)), _cases(60, 1000 + seed))["ET"].coverage for seed in range(30)]
    assert 0.88 <= np.mean(coverages) <= 0.95


def test_intervals_that_are_fitted_on_the_fewest_cases_hold_as_much_as_others() -> None:
    coverages = [check(_calibration(_cases(19, seed)), _cases(60, 1000 + seed))["ET"].coverage for seed in range(150)]
    assert 0.89 <= np.mean(coverages) <= 0.95


def _median_width_ml(error: float) -> float:
    cases = _cases(60, 0, error)
    return check(_calibration(cases), cases)["ET"].width_ml


def test_a_model_that_errs_more_gets_wider_intervals() -> None:
    assert 0 < _median_width_ml(0.2) < _median_width_ml(0.8)


def test_a_model_that_knows_its_bounds_is_left_as_it_is() -> None:
    fitted = fit_regions(_cases(60, 0, 0.0))["ET"]
    assert (fitted.below, fitted.above) == (0, 0)


def test_a_bound_that_always_holds_leaves_what_may_be_missed_to_the_other() -> None:
    """Of 60 cases 56 are held; four true volumes lie above what is possible, and none ever below what is sure."""
    evidence = [Evidence(10.0, 0.0, 10.0, 1.0)] * 60
    true_ml = [9.0] * 56 + [11.0, 12.0, 13.0, 14.0]
    assert fit_steps(evidence, true_ml) == (0, 0)
    assert fit_steps(evidence, [9.0] * 55 + [16.0] * 5) == (0, pytest.approx((4 - 10**0.5) / 0.5))


def test_where_the_model_doubts_more_the_same_steps_reach_further() -> None:
    """Twice the doubt, and errors twice as large: one number of steps fits both."""
    evidence = [Evidence(10.0, 4.0, 9.0, soft) for soft in [1.0, 0.875] * 30]
    true_ml = [float((3 + 2 * length) ** 2) for length in map(outward_step, evidence)]
    below, above = fit_steps(evidence, true_ml)
    assert (below, above) == (0, pytest.approx(2.0))


def test_the_expected_dice_is_the_true_one_where_the_model_knows_how_well_it_fits() -> None:
    found = check(_calibration(_cases(60, 0)), _cases(40, 1))["ET"]
    assert found.expected_dice == pytest.approx(found.dice, abs=0.01)
    assert found.dice_error < 0.01
    assert found.dice_correlation > 0.99


def test_a_soft_dice_that_misleads_gives_the_mean_instead() -> None:
    cases = [
        replace(case, evidence={"ET": replace(case.evidence["ET"], soft_dice=1 - (case.evidence["ET"].soft_dice or 0))})
        for case in _cases(60, 0)
    ]
    fitted = fit_regions(cases)["ET"]
    assert fitted.dice_slope == 0
    assert 0.5 < fitted.dice_offset < 1


def test_a_region_that_was_hardly_ever_drawn_is_not_calibrated() -> None:
    nothing = Evidence(0.0, 0.0, 0.0, None)
    cases = [replace(case, evidence={**case.evidence, "RC": nothing}) for case in _cases(20, 0)]
    assert set(fit_regions(cases)) == {"ET"}


def test_claims_are_counted_by_region_and_what_is_no_number_is_null() -> None:
    claims = [{"WT": Claim((1.0, 3.0), 2.0, 0.8, 0.9)}, {"WT": Claim((1.0, 3.0), 4.0, None, 0.0)}]
    found = trust(claims)["WT"]
    assert (found.cases, found.coverage, found.width_ml) == (2, 0.5, 2.0)
    assert (found.dice, found.expected_dice) == (0.9, 0.8)
    assert trust_json({"WT": found})["WT"]["dice_correlation"] is None


def test_cases_are_made_for_the_model_s_own_grid_and_with_cavities_only_if_it_knows_them(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    bundle = tiny_bundle(tmp_path_factory.mktemp("models") / "tiny", replace(TINY, spacing_mm=4.0))
    settings = synthesis_settings(bundle)
    assert (settings.shape, settings.spacing_mm, settings.resected) == ((40, 48, 40), 4.0, 0.0)
    knowing = replace(bundle, specification=replace(TINY, outputs=(WT, TC, ET, RC)))
    assert 0 < synthesis_settings(knowing).resected < 0.5
    after_surgery = replace(knowing, folder=knowing.folder.with_name(f"tiny{POSTOPERATIVE}"))
    assert synthesis_settings(after_surgery).resected > 0.5


def test_too_few_cases_are_refused(tmp_path_factory: pytest.TempPathFactory) -> None:
    bundle = tiny_bundle(tmp_path_factory.mktemp("models") / "tiny")
    with pytest.raises(LearningError, match="9 cases to fit on and 5 to check on are too few"):
        calibrate(bundle, (), synthesis_settings(bundle), 9, 5)


def test_a_model_that_finds_the_brain_alone_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    one_channel = replace(TINY.network, arguments={**TINY.network.arguments, "out_channels": 1})
    bundle = tiny_bundle(tmp_path / "brain", replace(TINY, outputs=(), outputs_brain=True, network=one_channel))
    assert main(["calibrate", str(bundle.folder), "--anatomy", str(tmp_path / "nowhere"), "--json"]) == 10
    assert "finds the brain, no tumour" in json.loads(capsys.readouterr().out)["error"]["what"]


def test_a_model_that_needs_all_sequences_is_calibrated_on_cases_that_have_them(tmp_path: Path) -> None:
    bundle = tiny_bundle(tmp_path / "strict", replace(TINY, spacing_mm=SYNTHESIS.spacing_mm, tolerates_missing=False))
    settings = replace(SYNTHESIS, missing_sequence=0.9)
    cases = segmented_synthetic(bundle, small_anatomies(tmp_path / "maps"), settings, 3, "cpu", Progress())
    assert len(list(cases)) == 3
