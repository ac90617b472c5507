"""The two verbs of learning on the command line."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch
import yaml
from learning_samples import SYNTHESIS, TRAINING, write_head
from model_samples import TINY, tiny_bundle
from PIL import Image

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.learning.configuration import to_plain
from BratsSegmenterLib.learning.evaluation import find_cases, read_case
from BratsSegmenterLib.segmentation import load_bundle, load_calibration

torch.set_num_threads(1)


def _settings_file(folder: Path, settings: object) -> str:
    file = folder / "settings.yaml"
    file.write_text(yaml.safe_dump(to_plain(settings)), encoding="utf-8")
    return str(file)


def test_synthesise_writes_a_contact_sheet_and_cases_to_train_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_head(tmp_path / "maps")
    settings = _settings_file(tmp_path, SYNTHESIS)
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", settings, "--count", "2", "--cases", "--json"]
    assert main(["synthesise", str(tmp_path / "out"), *options]) == 0
    sheet = json.loads(capsys.readouterr().out)["contact_sheet"]
    with Image.open(sheet) as picture:
        assert picture.width > picture.height
    cases = [read_case(files) for files in find_cases(tmp_path / "out")]
    assert len(cases) == 2
    assert all(set(case.images) == set(Sequence) and case.labels.any() for case in cases)


def test_calibrate_writes_into_the_bundle_what_the_pipeline_then_reads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_head(tmp_path / "maps")
    bundle = tiny_bundle(tmp_path / "tiny", replace(TINY, spacing_mm=SYNTHESIS.spacing_mm))
    settings = _settings_file(tmp_path, SYNTHESIS)
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", settings, "--device", "cpu", "--json"]
    assert main(["calibrate", str(bundle.folder), "--cases", "10", "--held-out", "3", *options]) == 0
    result = json.loads(capsys.readouterr().out)
    calibration = load_calibration(bundle)
    assert calibration.regions
    assert (calibration.cases, calibration.held_out_cases) == (10, 3)
    assert set(result["calibration"]["regions"]) == set(calibration.regions)
    for key, region in calibration.regions.items():
        assert region.held_out_coverage == result["held_out"][key]["coverage"]


def test_train_ends_with_scores_and_a_bundle(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    write_head(tmp_path / "maps")
    settings = _settings_file(tmp_path, replace(TRAINING, name="small"))
    options = ["--anatomy", str(tmp_path / "maps"), "--settings", settings, "--device", "cpu", "--tensorboard"]
    bundle = ["--bundle", str(tmp_path / "small"), "--validate", "2", "--json"]
    assert main(["train", str(tmp_path / "run"), *options, *bundle]) == 0
    result = json.loads(capsys.readouterr().out)
    assert result["steps"] == 12
    assert set(result["scores"]) == {"WT Dice", "TC Dice", "ET Dice"}
    assert load_bundle(Path(result["bundle"])).specification.spacing_mm == 3.0
    assert list((tmp_path / "run" / "tensorboard").glob("events*"))


def test_train_without_anything_to_train_on_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["train", str(tmp_path / "run"), "--data", str(tmp_path / "empty"), "--json"]) == 10
    assert "empty" in json.loads(capsys.readouterr().out)["error"]["what"]
