"""Volume intervals and expected Dice come from a calibration that belongs to the weights, or not at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from model_samples import TINY, tiny_bundle

from BratsSegmenterLib.domain import ET, RC, TC, WT
from BratsSegmenterLib.errors import BundleError
from BratsSegmenterLib.segmentation import (
    Bundle,
    Calibration,
    Evidence,
    RegionCalibration,
    load_bundle,
    load_calibration,
    outward_step,
    write_calibration,
)
from BratsSegmenterLib.segmentation.evidence import region_evidence
from BratsSegmenterLib.segmentation.labels import labels_from

_FILE = "configs/calibration.json"


@pytest.fixture
def bundle(tmp_path: Path) -> Bundle:
    return tiny_bundle(tmp_path / "tiny")


def _calibration(sha256: str) -> Calibration:
    return Calibration(sha256, 0.9, 60, 30, {"ET": RegionCalibration(0.5, 1.0, 0.5, 0.25, 0.93)})


def _row(*values: float) -> np.ndarray:
    return np.array(values, np.float32).reshape(1, 1, -1)


def test_a_region_is_at_least_what_the_model_is_sure_of_and_at_most_what_it_holds_possible() -> None:
    whole, core, enhancing = (
        _row(0.95, 0.95, 0.95, 0.6, 0.2, 0.0),
        _row(0.95, 0.95, 0.3, 0, 0, 0),
        _row(0.95, 0.5, 0, 0, 0, 0),
    )
    probabilities = np.stack([whole, core, enhancing])
    regions = (WT, TC, ET)
    found = region_evidence(probabilities, regions, labels_from(probabilities, regions), 1.0)
    sizes = {key: (one.sure_ml, one.volume_ml, one.possible_ml) for key, one in found.items()}
    assert sizes == {"WT": (3, 4, 5), "TC": (2, 2, 3), "ET": (1, 2, 2), "NCR": (0, 0, 2), "ED": (0, 2, 3)}


def test_oedema_is_sure_only_where_a_core_is_not_possible() -> None:
    probabilities = np.stack([_row(0.95, 0.95, 0.95), _row(0.0, 0.4, 0.95), _row(0, 0, 0)])
    regions = (WT, TC, ET)
    edema = region_evidence(probabilities, regions, labels_from(probabilities, regions), 1.0)["ED"]
    assert (edema.sure_ml, edema.volume_ml, edema.possible_ml) == (1, 2, 2)


def test_the_soft_dice_is_one_for_certain_voxels_and_unknown_for_an_empty_region() -> None:
    probabilities = np.stack([_row(1, 1, 0, 0), _row(0.5, 0.5, 0.5, 0.5), _row(0, 0, 0, 0)])
    found = region_evidence(probabilities, (WT, TC, ET), np.array([[[2, 2, 0, 0]]], np.uint8), 1.0)
    assert found["WT"].soft_dice == pytest.approx(1.0)
    assert found["ET"].soft_dice is None


def test_what_was_not_measured_or_is_no_output_has_no_evidence() -> None:
    probabilities = np.stack([_row(1, 0), _row(0, 0), _row(0, 0)])
    labels = np.array([[[2, 0]]], np.uint8)
    assert set(region_evidence(probabilities, (WT, TC, ET), labels, 1.0, ("TC",))) == {"WT", "ET"}
    assert set(region_evidence(probabilities[:1], (RC,), labels, 1.0)) == {"RC"}


def test_the_square_roots_of_an_interval_are_pushed_apart_by_as_many_steps_as_were_fitted() -> None:
    confidence = _calibration("").confidence({"ET": Evidence(5.0, 4.0, 9.0, 1.0), "WT": Evidence(9.0, 8.0, 10.0, 0.9)})
    assert confidence.intervals_ml == {"ET": pytest.approx((1.75**2, 3.5**2))}
    assert confidence.expected_dice == {"ET": pytest.approx(0.75)}


def test_steps_are_longer_the_more_the_model_doubts_and_the_larger_the_region_may_be() -> None:
    sure, doubtful, large, nothing = (
        Evidence(5.0, 4.0, 9.0, 1.0),
        Evidence(5.0, 4.0, 9.0, 0.75),
        Evidence(5.0, 4.0, 81.0, 0.75),
        Evidence(0.0, 0.0, 9.0, None),
    )
    assert [outward_step(one) for one in (sure, doubtful, large, nothing)] == [0.5, 1.5, 3.0, 4.5]


def test_an_interval_never_falls_below_zero_and_nothing_found_has_no_expected_dice() -> None:
    confidence = _calibration("").confidence({"ET": Evidence(0.0, 0.0, 1.0, None)})
    assert confidence.intervals_ml["ET"] == (0.0, pytest.approx(3.5**2))
    assert confidence.expected_dice == {}


def test_a_bundle_without_a_calibration_claims_nothing(bundle: Bundle) -> None:
    confidence = load_calibration(bundle).confidence({"ET": Evidence(4.0, 2.5, 6.5, 0.8)})
    assert confidence.intervals_ml == {}
    assert confidence.expected_dice == {}


def test_a_calibration_is_read_as_it_was_written(bundle: Bundle) -> None:
    calibration = _calibration(bundle.weights_sha256)
    write_calibration(bundle, calibration)
    assert load_calibration(bundle) == calibration


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"format": 1}, "has format 1; this version reads 3"),
        ({"weights_sha256": "0" * 64}, "was made for other weights"),
        ({"regions": {"ET": {"below": -0.5}}}, "cannot be read"),
        (
            {"regions": {"XY": {"below": 2, "above": 2, "dice_slope": 1, "dice_offset": 0, "held_out_coverage": 1}}},
            "cannot be read",
        ),
        (
            {
                "regions": {
                    "ET": {"below": 2, "above": 2, "dice_slope": "nan", "dice_offset": 0, "held_out_coverage": 1}
                }
            },
            "cannot be",
        ),
        ({"coverage": 90}, "cannot be read"),
        ({"regions": []}, "cannot be read"),
    ],
)
def test_a_calibration_that_cannot_be_trusted_is_refused(bundle: Bundle, change: dict, sentence: str) -> None:
    file = write_calibration(bundle, _calibration(bundle.weights_sha256))
    file.write_text(json.dumps({**json.loads(file.read_text()), **change}))
    with pytest.raises(BundleError, match=sentence):
        load_calibration(bundle)


def test_a_damaged_calibration_is_named(bundle: Bundle) -> None:
    (bundle.folder / _FILE).write_text("{")
    with pytest.raises(BundleError, match=r"calibration\.json of the model bundle 'tiny' cannot be read"):
        load_calibration(bundle)


def test_new_weights_leave_no_calibration_of_the_old_ones(bundle: Bundle) -> None:
    write_calibration(bundle, _calibration(bundle.weights_sha256))
    tiny_bundle(bundle.folder, replace(TINY, version="2.0"), seed=1)
    assert not (bundle.folder / _FILE).exists()


def test_the_shipped_bundle_has_a_calibration_of_its_own_weights() -> None:
    calibration = load_calibration(load_bundle("glioma-synthetic"))
    assert {"WT", "TC", "ET"} <= set(calibration.regions)
