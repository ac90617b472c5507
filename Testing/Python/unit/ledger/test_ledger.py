"""The ledger of corrections: what it keeps, what it hides, and how it notices that somebody touched it."""

from __future__ import annotations

import hashlib
import json
import stat
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from ledger_samples import ALGORITHM, GEOMETRY, REVIEWER, STUDY_UID, correction, labels
from refusing_disks import full_disk, read_only

from BratsSegmenterLib.cli import main
from BratsSegmenterLib.errors import LearningError
from BratsSegmenterLib.ledger import Ledger, LedgerEntry

_WRITER = """
import sys
from pathlib import Path
from ledger_samples import correction
from BratsSegmenterLib.ledger import Ledger
for number in range(int(sys.argv[2])):
    print(Ledger(Path(sys.argv[1])).append(correction(number)).number, flush=True)
"""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Of three corrections, in ``tmp_path / "ledger"``."""
    ledger = Ledger(tmp_path / "ledger")
    for number in range(3):
        ledger.append(correction(number))
    return ledger


def _writer(folder: Path, count: int) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", _WRITER, str(folder), str(count)]
    environment = {"PYTHONPATH": ":".join(sys.path)}
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment)


def test_an_entry_says_who_when_how_long_and_what_changed(ledger: Ledger) -> None:
    entry = ledger.entries()[0]
    assert (entry.number, entry.minutes_spent, entry.starts_from_ai) == (1, 2.5, True)
    assert entry.algorithm == ALGORITHM
    assert entry.made_at.endswith("+00:00")
    changes = {change.region: change for change in entry.regions}
    before, after = labels() == 3, labels(0) == 3
    assert changes["ET"].dice == pytest.approx(2 * (before & after).sum() / (before.sum() + after.sum()))
    assert changes["ET"].after_ml == pytest.approx(after.sum() * GEOMETRY.voxel_volume_ml)
    assert changes["NCR"].dice == 1.0
    assert changes["WT"].before_ml == pytest.approx((labels() > 0).sum() * GEOMETRY.voxel_volume_ml)


def test_both_masks_can_be_read_again(ledger: Ledger, tmp_path: Path) -> None:
    entry = ledger.entries()[1]
    for name, expected in ((entry.before_mask, labels()), (entry.after_mask, labels(1))):
        mask = np.load(tmp_path / "ledger" / "masks" / f"{name}.npz")
        assert np.array_equal(mask["labels"], expected)
        assert np.allclose(mask["affine"], GEOMETRY.affine)


def test_no_name_and_no_uid_is_in_the_ledger_but_the_same_are_always_called_the_same(
    ledger: Ledger, tmp_path: Path
) -> None:
    everything = b"".join(path.read_bytes() for path in (tmp_path / "ledger").rglob("*") if path.is_file())
    for secret in (STUDY_UID, REVIEWER, "Curie"):
        assert secret.encode() not in everything
        assert hashlib.sha256(secret.encode()).hexdigest().encode() not in everything
    first, second, third = ledger.entries()
    assert first.study == second.study == third.study
    assert first.reviewer == second.reviewer
    elsewhere = Ledger(tmp_path / "other").append(correction(0))
    assert elsewhere.study != first.study
    assert elsewhere.reviewer != first.reviewer


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX rights")
def test_the_key_is_readable_for_its_owner_only(ledger: Ledger, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "ledger" / "pseudonym.key").stat().st_mode) == 0o600


def test_a_lost_key_is_said_and_no_new_one_is_made(ledger: Ledger, tmp_path: Path) -> None:
    (tmp_path / "ledger" / "pseudonym.key").unlink()
    with pytest.raises(LearningError, match=r"pseudonym\.key"):
        ledger.append(correction(3))
    assert not (tmp_path / "ledger" / "pseudonym.key").exists()


def test_every_entry_holds_the_hash_of_the_canonical_bytes_of_the_one_before(ledger: Ledger, tmp_path: Path) -> None:
    links = [json.loads(line) for line in (tmp_path / "ledger" / "entries.jsonl").read_text().splitlines()]
    for link, following in pairwise(links):
        link.pop("sha256")
        canonical = json.dumps(link, sort_keys=True, separators=(",", ":")).encode()
        assert following["previous"] == hashlib.sha256(canonical).hexdigest()


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_flipped_bit_anywhere_in_an_entry_is_found_and_the_entry_named(
    ledger: Ledger, tmp_path: Path, number: int
) -> None:
    path = tmp_path / "ledger" / "entries.jsonl"
    content = path.read_bytes()
    lines = content.splitlines(keepends=True)
    start = sum(map(len, lines[: number - 1]))
    for place in np.linspace(start, start + len(lines[number - 1]) - 2, 40).astype(int):
        flipped = bytearray(content)
        flipped[place] ^= 0x04
        path.write_bytes(flipped)
        with pytest.raises(LearningError, match=rf"(?i)entry {number}\b"):
            ledger.verify()
    path.write_bytes(content)
    assert ledger.verify() == 3


@pytest.mark.parametrize("number", [1, 2, 3])
def test_a_dropped_entry_is_found_and_named(ledger: Ledger, tmp_path: Path, number: int) -> None:
    path = tmp_path / "ledger" / "entries.jsonl"
    lines = path.read_bytes().splitlines(keepends=True)
    del lines[number - 1]
    path.write_bytes(b"".join(lines))
    with pytest.raises(LearningError, match=rf"Entry {number}.* is missing"):
        ledger.verify()


def test_an_entry_rewritten_with_a_right_hash_of_its_own_is_found(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "ledger" / "entries.jsonl"
    lines = path.read_bytes().splitlines()
    for number in (2, 3):
        rewritten = list(lines)
        rewritten[number - 1] = _rewritten(lines[number - 1])
        path.write_bytes(b"\n".join(rewritten) + b"\n")
        with pytest.raises(LearningError, match=f"Entry {number} was replaced"):
            ledger.verify()


def _rewritten(line: bytes) -> bytes:
    link = json.loads(line)
    link.pop("sha256")
    link["minutes_spent"] = 99.0
    link["sha256"] = hashlib.sha256(json.dumps(link, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
    return json.dumps(link, sort_keys=True, separators=(",", ":")).encode()


def test_a_changed_or_missing_mask_is_found_and_its_entry_named(ledger: Ledger, tmp_path: Path) -> None:
    mask = tmp_path / "ledger" / "masks" / f"{ledger.entries()[1].after_mask}.npz"
    content = bytearray(mask.read_bytes())
    content[len(content) // 2] ^= 1
    mask.write_bytes(content)
    with pytest.raises(LearningError, match=r"Entry 2: its mask .* was changed"):
        ledger.verify()
    mask.unlink()
    with pytest.raises(LearningError, match=r"Entry 2: its mask .* is missing"):
        ledger.verify()


def test_a_torn_last_line_is_said_and_only_set_aside_when_asked(ledger: Ledger, tmp_path: Path) -> None:
    path = tmp_path / "ledger" / "entries.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole + b'{"after_mask":"12')
    with pytest.raises(LearningError, match="ends in the middle of entry 4"):
        ledger.verify()
    with pytest.raises(LearningError, match="middle of entry 4"):
        ledger.append(correction(3))
    assert path.read_bytes() == whole + b'{"after_mask":"12'
    aside = ledger.mend()
    assert aside is not None
    assert aside.read_bytes() == b'{"after_mask":"12'
    assert ledger.append(correction(3)).number == 4
    assert ledger.verify() == 4
    assert ledger.mend() is None


def test_a_disk_that_is_full_in_the_middle_of_an_entry_leaves_the_ledger_as_it_was(
    ledger: Ledger, tmp_path: Path
) -> None:
    path = tmp_path / "ledger" / "entries.jsonl"
    whole = path.read_bytes()
    with full_disk(len(whole) + 400), pytest.raises(LearningError, match="cannot be used"):
        ledger.append(correction(3))
    assert path.read_bytes() == whole
    assert ledger.append(correction(3)).number == 4
    assert ledger.verify() == 4


def test_what_the_ledger_holds_already_is_not_entered_again_but_the_same_of_another_person_is(ledger: Ledger) -> None:
    again = correction(2)
    assert ledger.enter(again) is None
    for number, other in enumerate((replace(again, reviewer="Meitner^Lise"), correction(1), again), start=4):
        entry = ledger.enter(other)
        assert entry is not None
        assert entry.number == number
    assert ledger.enter(again) is None


def test_the_model_s_result_as_it_was_is_entered_only_where_it_takes_a_correction_back(
    ledger: Ledger, tmp_path: Path
) -> None:
    back = replace(correction(0), after=correction(0).before, reviewer="Meitner^Lise")
    assert Ledger(tmp_path / "new").enter(back) is None
    assert not (tmp_path / "new").exists()
    assert ledger.enter(replace(back, study_uid="1.2.3")) is None
    entry = ledger.enter(back)
    assert entry is not None
    assert (entry.number, entry.changes_nothing) == (4, True)
    assert not ledger.entries()[2].changes_nothing
    assert ledger.enter(back) is None


def test_a_process_killed_between_the_entry_and_the_note_of_its_end_leaves_a_sound_ledger(
    ledger: Ledger, tmp_path: Path
) -> None:
    head = tmp_path / "ledger" / "head.json"
    earlier = head.read_bytes()
    ledger.append(correction(3))
    head.write_bytes(earlier)
    assert ledger.verify() == 4
    assert ledger.append(correction(4)).number == 5
    assert ledger.verify() == 5


def test_a_writer_killed_at_any_point_loses_nothing_it_confirmed(tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    confirmed = 0
    for delay_s in np.random.default_rng(5).uniform(0, 0.15, 8):
        process = _writer(folder, 1000)
        assert process.stdout is not None
        confirmed = max(confirmed, int(process.stdout.readline()))
        time.sleep(delay_s)
        process.kill()
        rest, _ = process.communicate()
        confirmed = max([confirmed, *(int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n"))])
        ledger = Ledger(folder)
        ledger.mend()
        assert ledger.verify() >= confirmed
    assert Ledger(folder).append(correction(0)).number > confirmed
    assert not [*folder.rglob(".partial-*")]


def test_two_processes_add_to_one_ledger(tmp_path: Path) -> None:
    writers = [_writer(tmp_path, 12) for _ in range(2)]
    numbers = [int(line) for writer in writers for line in writer.communicate()[0].split()]
    assert sorted(numbers) == [*range(1, 25)]
    assert Ledger(tmp_path).verify() == 24


def test_the_command_lists_and_verifies(ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = str(tmp_path / "ledger")
    assert main(["ledger", "verify", folder, "--json"]) == 0
    last = ledger.entries()[-1].sha256
    assert json.loads(capsys.readouterr().out) == {
        "entries": 3,
        "intact": True,
        "last_sha256": last,
        "unnamed_masks": 0,
    }
    assert main(["ledger", "list", folder, "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["entries"]
    assert [entry["number"] for entry in listed] == [1, 2, 3]
    (tmp_path / "ledger" / "entries.jsonl").write_text("{}\n")
    assert main(["ledger", "verify", folder]) == 10
    assert "Entry 1" in capsys.readouterr().err


def test_masks_that_no_entry_names_are_said_and_the_hash_to_keep_elsewhere_is_printed(
    ledger: Ledger, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "ledger"
    earlier = {name: (folder / name).read_bytes() for name in ("entries.jsonl", "head.json")}
    kept = ledger.append(replace(correction(0), after=correction(0).before)).sha256
    assert ledger.unnamed_masks() == 0
    assert main(["ledger", "verify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert f"Hash of the last entry: {kept}" in said
    assert "no entry names" not in said

    ledger.append(replace(correction(1), before=correction(2).after, after=correction(0).before))
    other = labels()
    other[0, 0, 0] = 2
    ledger.append(replace(correction(0), after=replace(correction(0).after, labels=other)))
    for name, content in earlier.items():
        (folder / name).write_bytes(content)
    assert main(["ledger", "verify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "3 entries" in said
    assert "Masks that no entry names: 1." in said
    assert kept not in said
    for name in earlier:
        (folder / name).unlink()
    assert main(["ledger", "verify", str(folder)]) == 0
    said = capsys.readouterr().out
    assert "The ledger has no entry." in said
    assert "Masks that no entry names: 5." in said


def test_a_ledger_on_a_read_only_medium_can_be_verified_and_takes_no_entry(ledger: Ledger, tmp_path: Path) -> None:
    folder = tmp_path / "ledger"
    (folder / ".lock").unlink()
    with read_only(folder):
        assert main(["ledger", "verify", str(folder)]) == 0
        with pytest.raises(LearningError, match="cannot be used"):
            ledger.append(correction(3))
    assert ledger.append(correction(3)).number == 4


def test_a_folder_that_is_no_ledger_is_said(tmp_path: Path) -> None:
    with pytest.raises(LearningError, match="no ledger"):
        Ledger(tmp_path / "nothing").verify()
    assert not (tmp_path / "nothing").exists()


def test_the_first_entry_follows_from_nothing(tmp_path: Path) -> None:
    entry = Ledger(tmp_path).append(correction(0))
    assert isinstance(entry, LedgerEntry)
    assert entry.previous == "0" * 64
