"""What the command line prints of a segmentation."""

from __future__ import annotations

from pathlib import Path

import pytest

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_segmentation
from BratsSegmenterLib.domain import Algorithm
from BratsSegmenterLib.job_results import SegmentResult


def _result(intervals_ml: dict[str, tuple[float, float]], expected_dice: dict[str, float]) -> SegmentResult:
    nowhere = Path()
    return SegmentResult(
        "T1c",
        nowhere,
        {},
        None,
        {"ET": 4.25, "WT": 30.0},
        {"ED": "Oedema needs FLAIR."},
        nowhere,
        Algorithm("", "", ""),
        (),
        (),
        intervals_ml=intervals_ml,
        expected_dice=expected_dice,
    )


def test_intervals_and_expected_dice_stand_beside_the_volumes_they_belong_to(
    capsys: pytest.CaptureFixture[str],
) -> None:
    print_segmentation(Console(), _result({"ET": (2.0, 9.5)}, {"ET": 0.72}))
    lines = {line.split()[0]: line for line in capsys.readouterr().out.splitlines() if line.strip()}
    assert "2.0 to 9.5" in lines["ET"]
    assert "0.72" in lines["ET"]
    assert " to " not in lines["WT"]
    assert "Oedema needs" in lines["ED"]


def test_a_model_without_calibration_prints_no_empty_columns(capsys: pytest.CaptureFixture[str]) -> None:
    print_segmentation(Console(), _result({}, {}))
    assert "interval" not in capsys.readouterr().out
