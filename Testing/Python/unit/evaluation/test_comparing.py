"""Two models on the same cases: what differs, and whether that is more than chance."""

from __future__ import annotations

import argparse
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from case_samples import write_labelled_case
from model_samples import TINY, tiny_bundle

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


def _evaluation(dice_by_case: dict[str, float], patient_of: Mapping[str, str] = {}) -> Evaluation:
    cases = tuple(
        CaseResult(
            name,
            {key: RegionScores(dice, 0.0, 1.0, 1.0, 0.0, dice, 1.0, 1.0) for key in ("WT", "ET")},
            patient=patient_of.get(name, ""),
        )
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


def test_two_models_that_do_not_differ_are_told_apart_in_five_of_a_hundred_evaluations() -> None:
    random = np.random.default_rng(0)
    for patients in (6, 8, 12):
        told = 0
        for _ in range(400):
            new = {str(n): dice for n, dice in enumerate(random.normal(0.8, 0.05, patients))}
            old = _evaluation(dict.fromkeys(new, 0.8))
            told += differences(_evaluation(new), old)["WT"].verdict != "not shown to differ"
        assert 0.02 < told / 400 < 0.08


def test_fewer_than_six_patients_are_too_few_however_many_cases_they_have() -> None:
    names = [str(n) for n in range(20)]
    patient_of = {name: f"patient-{int(name) // 4}" for name in names}
    old = _evaluation(dict.fromkeys(names, 0.5), patient_of)
    new = _evaluation({name: 0.9 + 0.001 * int(name) for name in names}, patient_of)
    found = differences(new, old)["WT"]
    assert (found.cases, found.patients, found.verdict) == (20, 5, "too few cases")
    assert difference_rows({"WT": found})[0][:6] == ["WT", "20", "20", "0", "5", "+0.410"]
    alone = differences(_evaluation(dict.fromkeys(names, 0.9)), old)["WT"]
    assert (alone.patients, alone.verdict) == (20, "better")


def test_the_cases_of_a_patient_count_as_one() -> None:
    names = [str(n) for n in range(16)]
    patient_of = {name: "often-seen" if int(name) >= 6 else name for name in names}
    old = _evaluation(dict.fromkeys(names, 0.5))
    gains = {name: 0.6 if int(name) >= 6 else 0.5 + 0.01 * (-1) ** int(name) for name in names}
    assert differences(_evaluation(gains), old)["WT"].verdict == "better"
    assert differences(_evaluation(gains, patient_of), old)["WT"].verdict == "not shown to differ"


def test_only_cases_that_both_were_scored_on_and_regions_that_both_draw_count() -> None:
    old, new = _evaluation({"a": 0.5, "b": 0.5}), _evaluation({"b": 0.7, "c": 0.1})
    other_regions = Evaluation("b", "1.0", (WT, TC), old.cases)
    found = differences(new, other_regions)
    assert set(found) == {"WT"}
    assert (found["WT"].cases, found["WT"].mean) == (1, pytest.approx(0.2))
    assert difference_rows(found)[0] == ["WT", "1", "1", "0", "1", "+0.200", "", "too few cases"]
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
    assert against["dice"]["WT"]["verdict"] == "too few cases"


def test_a_wrong_name_to_compare_with_is_said_before_anything_is_segmented(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = tiny_bundle(tmp_path / "tiny")
    arguments = ["evaluate", str(tmp_path / "nowhere"), "--bundle", str(bundle.folder), "--against", "misspelt"]
    assert main([*arguments, "--json"]) != 0
    assert "'misspelt'" in json.loads(capsys.readouterr().out)["error"]["what"]


def test_the_scores_are_written_before_the_other_model_begins(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_labelled_case(tmp_path / "cases" / "one", 1)
    bundle = tiny_bundle(tmp_path / "tiny")
    one_channel = replace(TINY.network, arguments={**TINY.network.arguments, "out_channels": 1})
    other = tiny_bundle(tmp_path / "brain", replace(TINY, outputs=(), outputs_brain=True, network=one_channel))
    arguments = ["evaluate", str(tmp_path / "cases"), "--bundle", str(bundle.folder), "--against", str(other.folder)]
    assert main([*arguments, "--device", "cpu", "--out", str(tmp_path / "out"), "--json"]) != 0
    assert "finds the brain, no tumour" in json.loads(capsys.readouterr().out)["error"]["what"]
    assert (tmp_path / "out" / "scores.csv").read_text().count("one,") == 3


def test_all_sequences_cannot_be_withheld(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", str(tmp_path), "--without", "T1", "T1c", "T2", "FLAIR"])
    assert "leave at least one sequence" in capsys.readouterr().err


def test_variants_are_not_compared(tmp_path: Path) -> None:
    with pytest.raises(SystemExit):
        main(["evaluate", str(tmp_path), "--variants", "--against", "glioma-synthetic"])
