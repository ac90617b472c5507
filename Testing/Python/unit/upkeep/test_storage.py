"""Old studies go, what must not be lost stays."""

import json
import os
import shutil
import threading
from pathlib import Path

import pytest
import series_samples
from pydicom import dcmread

from BratsSegmenterLib.archive import Outbox, Profile, Transaction, TransactionState
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.jobs import StorageJob
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, KeptStudy, QueueItem, StudyQueue, StudyState, clean, look_after

DAY_S = 86400.0
NOW_S = 1_800_000_000.0
OLD, NEW = "0123456789abcdef", "fedcba9876543210"


def _study(studies: Path, name: str, days_old: float, state: StudyState = StudyState.SEGMENTED) -> Path:
    folder = studies / name
    (folder / "dicom").mkdir(parents=True)
    (folder / "dicom" / "1.dcm").write_bytes(b"x" * 1000)
    KeptStudy(folder).write_state(state)
    _age(folder, days_old)
    return folder


def _age(folder: Path, days_old: float) -> None:
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (NOW_S - days_old * DAY_S,) * 2)


def _clean(studies: Path, in_use: tuple[str, ...] = ()):
    return clean(studies, 30, in_use, Progress(), now_s=NOW_S)


def test_an_old_study_goes_and_a_new_one_stays(tmp_path: Path):
    old, new = _study(tmp_path, OLD, 31), _study(tmp_path, NEW, 29)
    result = _clean(tmp_path)
    assert (result.deleted, result.studies, result.stayed) == (1, 1, ())
    assert result.freed_bytes > 1000
    assert not old.exists()
    assert (new / "dicom" / "1.dcm").exists()


def test_a_study_that_another_program_works_on_stays_whole(tmp_path: Path):
    folder = _study(tmp_path, OLD, 31)
    with JobFolder(folder).held():
        _age(folder, 31)
        result = _clean(tmp_path)
    assert (result.deleted, result.stayed) == (0, (f"{OLD}: it is in use or in the queue.",))
    assert (folder / "dicom" / "1.dcm").exists()


def test_a_study_that_was_opened_lately_stays(tmp_path: Path):
    folder = _study(tmp_path, OLD, 31)
    KeptStudy(folder).mark_opened()
    assert clean(tmp_path, 30, (), Progress()).deleted == 0


def test_a_file_that_gets_its_name_meanwhile_stops_no_look(tmp_path: Path):
    folder = _study(tmp_path, OLD, 1)
    (folder / "dicom" / "gone").symlink_to(tmp_path / "nowhere")
    stop = threading.Event()

    def save_again_and_again() -> None:
        while not stop.is_set():
            KeptStudy(folder).write_state(StudyState.SEGMENTED)

    saving = threading.Thread(target=save_again_and_again)
    saving.start()
    try:
        assert {look_after(StorageJob(tmp_path), Progress()).studies for _ in range(300)} == {1}
    finally:
        stop.set()
        saving.join()


def test_without_an_age_nothing_is_deleted_and_the_size_is_said(tmp_path: Path):
    _study(tmp_path, OLD, 3000)
    result = look_after(StorageJob(tmp_path), Progress())
    assert (result.studies, result.deleted) == (1, 0)
    assert result.size_bytes > 1000


def test_a_correction_that_was_not_sent_stays(tmp_path: Path):
    folder = _study(tmp_path, OLD, 31, StudyState.CORRECTED)
    result = _clean(tmp_path)
    assert result.stayed == (f"{OLD}: it holds a correction that was not sent.",)
    assert (folder / "dicom" / "1.dcm").exists()


@pytest.mark.parametrize(("state", "is_kept"), [(StudyState.SEGMENTED, True), (StudyState.SENT, False)])
def test_a_corrected_label_map_stays_until_it_was_sent(tmp_path: Path, state: StudyState, is_kept: bool):
    folder = _study(tmp_path, OLD, 31, state)
    (folder / "corrected.nii.gz").write_bytes(b"labels")
    _age(folder, 31)
    _clean(tmp_path)
    assert folder.exists() == is_kept


def test_what_was_drawn_and_never_sent_stays(tmp_path: Path):
    folder = _study(tmp_path, OLD, 31)
    (folder / "unsent.nii.gz").write_bytes(b"labels")
    _age(folder, 31)
    assert _clean(tmp_path).stayed == (f"{OLD}: it holds a correction that was not sent.",)


def _queued(tmp_path: Path) -> Transaction:
    """The first object of a sample, in the outbox of an old study."""
    folder = _study(tmp_path / "studies", OLD, 31, StudyState.SENT)
    return _queue(tmp_path, folder, series_samples.classic(tmp_path / "sample")[0])


def _queue(tmp_path: Path, folder: Path, file: Path, *replaced: Transaction) -> Transaction:
    ward = Profile("Ward 3", "https://pacs.example")
    transaction = Outbox(folder / "outbox").add([file], str(dcmread(file).StudyInstanceUID), ward, replaced=replaced)
    _age(folder, 31)
    return transaction


def test_what_waits_in_an_outbox_stays(tmp_path: Path):
    waiting = _queued(tmp_path)
    result = _clean(tmp_path / "studies")
    assert result.stayed == (f"{OLD}: objects wait in its outbox.",)
    assert all(file.exists() for file in waiting.files)


@pytest.mark.parametrize("has_part", [True, None], ids=["a part of it arrived", "nobody knows whether"])
def test_what_its_user_stopped_stays_where_the_next_sending_may_complete_it(tmp_path: Path, has_part: bool | None):
    stopped = _queued(tmp_path)
    stopped.note(TransactionState.STOPPED, 1, "", has_part)
    _age(tmp_path / "studies" / OLD, 31)
    result = _clean(tmp_path / "studies")
    assert (result.deleted, result.stayed) == (0, (f"{OLD}: objects wait in its outbox.",))
    assert all(file.exists() for file in stopped.files)


def test_what_an_older_version_noted_as_stopped_stays(tmp_path: Path):
    stopped = _queued(tmp_path)
    (stopped.folder / "progress.json").write_text('{"state": "stopped", "attempts": 1, "problem": ""}')
    _age(tmp_path / "studies" / OLD, 31)
    assert _clean(tmp_path / "studies").stayed == (f"{OLD}: objects wait in its outbox.",)


def test_what_its_user_stopped_before_anything_arrived_goes_with_its_study(tmp_path: Path):
    stopped = _queued(tmp_path)
    shutil.copyfile(stopped.files[0], tmp_path / "again.dcm")
    stopped.note(TransactionState.STOPPED, 1, "", False)
    folder = tmp_path / "studies" / OLD
    _age(folder, 31)
    assert _clean(tmp_path / "studies").deleted == 1
    assert not [*folder.rglob("*.dcm")], "the objects name the patient"
    assert Outbox(folder / "outbox").undelivered() == ()
    _queue(tmp_path, folder, tmp_path / "again.dcm").require_intact()


def test_the_objects_of_what_was_replaced_go_with_its_study(tmp_path: Path):
    replaced = _queued(tmp_path)
    folder = tmp_path / "studies" / OLD
    later = _queue(tmp_path, folder, sorted((tmp_path / "sample").iterdir())[1], replaced)
    later.note(TransactionState.STOPPED, 1, "", False)
    _age(folder, 31)
    assert _clean(tmp_path / "studies").deleted == 1
    assert not [*folder.rglob("*.dcm")]


def test_objects_that_are_left_without_their_study_are_counted_and_go_later(tmp_path: Path):
    folder = tmp_path / OLD
    half = folder / "outbox" / ".staging-crashed"
    half.mkdir(parents=True)
    (half / "0001.dcm").write_bytes(b"half")
    _age(folder, 29)
    assert _clean(tmp_path).studies == 1
    _age(folder, 31)
    assert _clean(tmp_path).deleted == 1
    assert not half.exists()
    assert _clean(tmp_path).studies == 0


def test_receipts_stay_when_their_study_goes_and_are_counted_as_no_study(tmp_path: Path):
    folder = _study(tmp_path, OLD, 31, StudyState.SENT)
    (folder / "outbox").mkdir()
    _age(folder, 31)
    assert _clean(tmp_path).deleted == 1
    assert [path.name for path in folder.iterdir()] == ["outbox"]
    assert _clean(tmp_path).studies == 0


def test_studies_in_the_queue_and_in_use_stay(tmp_path: Path):
    _study(tmp_path, OLD, 31), _study(tmp_path, NEW, 31)
    StudyQueue(tmp_path / "queue.json").add(QueueItem(NEW, "Ward 3", "glioma-synthetic"))
    result = _clean(tmp_path, in_use=(OLD,))
    assert (result.deleted, len(result.stayed)) == (0, 2)


@pytest.mark.parametrize("name", ["my thesis", "0123456789abcde", "0123456789ABCDEF", "ledger"])
def test_a_folder_that_is_not_ours_is_never_touched(tmp_path: Path, name: str):
    folder = _study(tmp_path, name, 4000)
    assert _clean(tmp_path).deleted == 0
    assert (folder / "dicom" / "1.dcm").exists()


def test_images_that_a_link_leads_to_are_not_deleted(tmp_path: Path):
    outside = tmp_path / "hospital"
    outside.mkdir()
    (outside / "1.dcm").write_bytes(b"x")
    folder = _study(tmp_path / "studies", OLD, 31)
    (folder / "link").symlink_to(outside)
    os.utime(folder / "link", (0, 0), follow_symlinks=False)
    assert _clean(tmp_path / "studies").deleted == 1
    assert (outside / "1.dcm").exists()


def test_the_command_line_says_what_is_there_and_deletes_when_asked(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    folder = _study(tmp_path, OLD, 31)
    for path in (*folder.rglob("*"), folder):
        os.utime(path, (0, 0))
    assert main(["clean", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    assert "Kept studies: 1," in said
    assert "right folder" not in said
    assert folder.exists()
    assert main(["clean", str(tmp_path), "--older-than", "1", "--json"]) == 0
    said = capsys.readouterr()
    assert json.loads(said.out)["deleted"] == 1
    assert "right folder" not in said.err
    assert not folder.exists()
    assert main(["clean", str(tmp_path), "--older-than", "1"]) == 0
    assert "It holds no study" in capsys.readouterr().out
