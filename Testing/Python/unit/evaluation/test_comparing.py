"""Two models on the same cases: what differs, and whether that is more than chance."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import pytest
from case_samples import write_labelled_case
from model_samples import tiny_bundle

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands import evaluate as command
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import ET, TC, WT
from BratsSegmenterLib.learning.evaluation import (
    CaseResult,
    Evaluation,
    RegionScores,
    difference_rows,
    differences,
    differences_json,
)


def _evaluation(dice_by_case: dict[str, float]) -> Evaluation:
    cases = tuple(
        CaseResult(name, {key: RegionScores(dice, 0.0, 1.0, 1.0, 0.0, dice, 1.0, 1.0) for key in ("WT", "ET")})
        for name, dice in dice_by_case.items()
    )
    return Evaluation("a", "1.0", (WT, ET), cases)


def test_a_gain_in_nearly_every_case_is_better_and_the_other_way_round_worse() -> None:
    old = _evaluation({str(n): 0.5 for n in range(10)})
    new = _evaluation({str(n): 0.6 + 0.01 * n for n in range(9)} | {"9": 0.49})
    gain, loss = differences(new, old)["WT"], differences(old, new)["WT"]
    assert (gain.cases, gain.higher, gain.lower) == (10, 9, 1)
    assert gain.mean == pytest.approx(-loss.mean)
    assert gain.mean == pytest.approx((9 * 0.1 + 0.36 - 0.01) / 10)
    assert 0 < gain.interval[0] < gain.mean < gain.interval[1]
    assert (gain.verdict, loss.verdict) == ("better", "worse")


def test_a_gain_that_is_one_case_alone_is_not_shown() -> None:
    old = _evaluation({str(n): 0.8 for n in range(12)})
    new = _evaluation({str(n): 0.79 for n in range(11)} | {"11": 1.0})
    found = differences(new, old)["ET"]
    assert found.mean > 0
    assert found.interval[0] < 0 < found.interval[1]
    assert found.verdict == "not shown to differ"


def test_only_cases_that_both_were_scored_on_and_regions_that_both_draw_count() -> None:
    old, new = _evaluation({"a": 0.5, "b": 0.5}), _evaluation({"b": 0.7, "c": 0.1})
    other_regions = Evaluation("b", "1.0", (WT, TC), old.cases)
    found = differences(new, other_regions)
    assert set(found) == {"WT"}
    assert (found["WT"].cases, found["WT"].mean) == (1, pytest.approx(0.2))
    assert difference_rows(found)[0] == ["WT", "1", "1", "0", "+0.200", "", "not shown to differ"]
    assert json.loads(json.dumps(differences_json(found)))["WT"]["interval"] is None
    assert differences(new, _evaluation({"z": 0.5})) == {}


def test_the_command_scores_both_on_the_same_cases(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in (1, 2):
        write_labelled_case(tmp_path / "cases" / str(number), number)
    bundle = tiny_bundle(tmp_path / "tiny")
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    arguments = [str(tmp_path / "cases"), "--bundle", str(bundle.folder), "--against", str(bundle.folder)]
    command.run(parser.parse_args([*arguments, "--device", "cpu"]), Console(as_json=True))
    against = json.loads(capsys.readouterr().out)["against"]
    assert against["bundle"] == bundle.name
    assert against["dice"]["WT"]["mean"] == 0
    assert against["dice"]["WT"]["cases"] == 2
    assert against["dice"]["WT"]["verdict"] == "not shown to differ"


def test_variants_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", str(tmp_path), "--variants", "--against", "glioma-synthetic"])
