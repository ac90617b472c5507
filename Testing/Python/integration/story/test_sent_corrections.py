"""Corrections that are sent are in the ledger, once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pydicom
import pytest
from stations import ALGORITHM, Station, drawn

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.ledger import Ledger


def test_a_correction_that_was_sent_is_in_the_ledger_once(station: Station, tmp_path: Path) -> None:
    ledger = tmp_path / "ledger"
    station.send(ledger=ledger)
    assert not ledger.exists()
    corrected = station.corrected()
    for _ in range(2):
        station.send(corrected, ledger=ledger, minutes_spent=4.5, reviewer="Curie^Marie")
    (entry,) = Ledger(ledger).entries()
    assert (entry.minutes_spent, entry.starts_from_ai, entry.algorithm) == (4.5, True, ALGORITHM)
    changes = {change.region: change for change in entry.regions}
    assert changes["ED"].dice < 1
    assert changes["ET"].dice == 1
    before = np.load(ledger / "masks" / f"{entry.before_mask}.npz")["labels"]
    assert np.array_equal(before, drawn())
    kept = b"".join(path.read_bytes() for path in ledger.rglob("*") if path.is_file())
    assert station.study_uid.encode() not in kept
    assert Ledger(ledger).verify() == 1


def test_a_broken_ledger_is_said_and_does_not_undo_what_was_sent(station: Station, tmp_path: Path) -> None:
    (tmp_path / "ledger").mkdir()
    (tmp_path / "ledger" / "entries.jsonl").write_text("broken\n")
    sent = station.send(station.corrected(), ledger=tmp_path / "ledger")
    assert len(sent.pushed) == 1
    assert "Entry 1 was changed" in sent.notes[0]


def test_a_correction_that_the_ledger_refused_is_entered_when_it_is_sent_again(
    station: Station, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    ledger.write_text("in the way")
    corrected = station.corrected()
    refused = station.send(corrected, ledger=ledger, reviewer="Curie^Marie")
    assert "send once more" in refused.notes[0]
    ledger.unlink()
    for _ in range(2):
        again = station.send(corrected, ledger=ledger, reviewer="Curie^Marie")
        assert (again.version, again.pushed, len(again.notes)) == (1, (), 1)
    assert Ledger(ledger).verify() == 1


def test_a_signed_return_to_the_model_s_result_is_in_the_ledger_and_an_unsigned_one_is_not(
    station: Station, tmp_path: Path
) -> None:
    ledger = tmp_path / "ledger"
    station.send(ledger=ledger, reviewer="Curie^Marie")
    assert not ledger.exists(), "there is no correction to take back"
    station.send(station.corrected(), ledger=ledger, reviewer="Curie^Marie")
    station.send(ledger=ledger)
    assert Ledger(ledger).verify() == 1
    station.send(ledger=ledger, reviewer="Meitner^Lise")
    correction, back = Ledger(ledger).entries()
    assert (correction.changes_nothing, back.changes_nothing) == (False, True)
    assert back.reviewer not in ("", correction.reviewer)


def test_the_command_line_resumes_corrects_exports_and_keeps_a_ledger(
    station: Station, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in station.archive.credentials.to_json().items():
        monkeypatch.setenv(f"BRATS_SEGMENTER_{name.upper()}", value)
    station.send()
    job, ledger = tmp_path / "job", tmp_path / "ledger"
    source = ["--archive", station.archive.profile.url, "--study", station.study_uid]
    assert main(["resume", *source, "--out", str(job), "--json"]) == 0
    resumed = json.loads(capsys.readouterr().out)
    assert (resumed["reference"], resumed["tolerated"]) == ("T1c", [])
    assert np.array_equal(read_labelmap(Path(resumed["labels"])).labels, drawn())

    assert main(["recognise", str(job / "dicom")]) == 0
    assert "Version 1: AI, not reviewed" in " ".join(capsys.readouterr().out.split())

    correction = ["--labels", str(station.corrected()), "--ledger", str(ledger), "--minutes", "3"]
    assert main(["export", str(job), *correction, "--nested", "--smooth", "--json"]) == 0
    exported = json.loads(capsys.readouterr().out)
    assert exported["version"] == 2
    structure_set = pydicom.dcmread(exported["objects"][0]["path"])
    assert {"WT", "TC"} <= {roi.ROIName for roi in structure_set.StructureSetROISequence}
    assert "smoothed for appearance" in structure_set.StructureSetDescription
    assert main(["ledger", "verify", str(ledger)]) == 0
    assert "1 entries" in capsys.readouterr().out
    assert main(["ledger", "list", str(ledger), "--json"]) == 0
    (entry,) = json.loads(capsys.readouterr().out)["entries"]
    assert (entry["minutes_spent"], entry["starts_from_ai"]) == (3.0, True)


def test_what_was_written_before_another_result_was_stored_is_not_pushed_beside_it_under_its_number(
    station: Station,
    colleague: Station,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in station.archive.credentials.to_json().items():
        monkeypatch.setenv(f"BRATS_SEGMENTER_{name.upper()}", value)
    source = ["--archive", station.archive.profile.url, "--study", station.study_uid]
    push = ["push", *source, "--outbox", str(tmp_path / "outbox"), "--json"]
    export = ["export", str(station.folder), "--labels", str(station.corrected()), "--formats", "SEG", "SR", "--json"]

    def exported() -> list[str]:
        assert main(export) == 0
        return [one["path"] for one in json.loads(capsys.readouterr().out)["objects"]]

    seg, report = exported()
    colleague.send()
    assert main([*push, seg]) == 3
    said = capsys.readouterr()
    assert "carries another version 1 already" in " ".join(said.err.split())
    assert "wait in" not in said.out
    assert station.instances() == 1

    assert main(["fetch", *source, "--out", str(station.folder / "dicom")]) == 0
    capsys.readouterr()
    seg, report = exported()
    assert main([*push, seg]) == 0, "the first of its two objects"
    assert main([*push, report]) == 0, "the other belongs to the same version"
    assert [result.version for result in station.prepare().results] == [1, 2]
