"""Studies that nobody attends: a router beside a real archive, and a cohort in a folder."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import pytest
from archives import RunningArchive
from model_samples import threshold_bundle
from phantoms import PhantomStudy
from pydicom import dcmread
from refusing_disks import full_disk, read_only
from small_studies import small_study as _study

from BratsSegmenterLib.archive import StudyQuery
from BratsSegmenterLib.child_worker import JobFailedError, run_in_child
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands.exit_codes import STUDIES_FAILED
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.domain import PreprocessingSteps, Sequence
from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.job_results import SearchResult
from BratsSegmenterLib.jobs import PrepareJob, SearchJob, SegmentJob
from BratsSegmenterLib.progress import Progress, ProgressEvent
from BratsSegmenterLib.study import StudyQueue
from BratsSegmenterLib.unattended import ArchiveSource, FolderSource, Wanted
from BratsSegmenterLib.unattended.sources import counted

_QUICK = ("--no-registration", "--no-bias-correction")
_PATIENCE_S = 120


def _until(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"{what} did not happen within {_PATIENCE_S} s"
        time.sleep(0.2)


@dataclass
class Router:
    """``route --push`` in a process of its own."""

    process: subprocess.Popen[str]
    log: Path

    @property
    def lines(self) -> list[str]:
        """What it said since it began to watch, without the time in front."""
        first, *others = [line[20:] for line in self.log.read_text(encoding="utf-8").splitlines()] or [""]
        assert first in ("", "Watching, with a look every 0.5 s; Ctrl+C or SIGTERM ends it.")
        return others

    @property
    def printed(self) -> list[dict[str, Any]]:
        """What it said to scripts."""
        lines = self.log.read_text(encoding="utf-8").splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def stop(self) -> int:
        """As a service manager does."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(_PATIENCE_S)


def _routing(archive: RunningArchive, folder: Path, bundle: Path) -> AbstractContextManager[Router]:
    source = ("--archive", archive.profile.url, "--push", "--days", "36500")
    model = ("--bundle", str(bundle), "--no-brain-mask")
    return _router(folder, *source, *model, token=archive.credentials.token)


@contextmanager
def _router(folder: Path, *source: str, token: str = "") -> Iterator[Router]:
    log = folder.with_suffix(".log")
    command = ["route", *source, "--out", str(folder), *_QUICK, "--every", "0.5", "--settle", "0"]
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "BratsSegmenterLib.cli", *command],
            stdout=output,
            stderr=subprocess.STDOUT,
            text=True,
            env={**os.environ, "BRATS_SEGMENTER_TOKEN": token},
        )
    with process:
        try:
            yield Router(process, log)
        finally:
            process.kill()


def _structure_sets(archive: RunningArchive, study_uid: str) -> int:
    return sum(series.modality == "RTSTRUCT" for series in archive.connect().series(study_uid))


def test_a_router_sends_each_study_once_through_kills_and_restarts(
    embedded_archive: RunningArchive, tmp_path: Path
) -> None:
    archive, folder = embedded_archive.connect(), tmp_path / "studies"
    bundle = threshold_bundle(tmp_path / "bundle").folder
    whole = _study(tmp_path / "whole", "20260301", *Sequence)
    archive.store([*(tmp_path / "whole").rglob("*.dcm")], compare=False)
    state = lambda: [json.loads(path.read_text())["items"] for path in folder.glob("queue.json")]  # noqa: E731
    with _routing(embedded_archive, folder, bundle) as router:
        _until(lambda: any(item["state"] == "segmenting" for items in state() for item in items), "segmenting")
        workers = psutil.Process(router.process.pid).children()
        router.process.kill()
        router.process.wait()
        psutil.wait_procs(workers, timeout=_PATIENCE_S)
        assert not any(worker.is_running() for worker in workers), "a worker outlived its router"
    lacking = _study(tmp_path / "later", "20260401", Sequence.T1, Sequence.T2)
    with _routing(embedded_archive, folder, bundle) as router:
        _until(lambda: len(router.lines) == 1, "the first study")
        assert router.lines[0].endswith(" sent: Version 1.")
        assert _structure_sets(embedded_archive, whole.study_uid) == 1
        archive.store([*(tmp_path / "later").rglob("*.dcm")], compare=False)
        _until(lambda: len(router.lines) == 2, "the second study")
        assert router.lines[1].endswith(" needs you: Not found in this study: T1c, FLAIR.")
        assert router.stop() == 0
    assert router.lines[-1] == "Stopped; started again, it goes on from here."
    assert _structure_sets(embedded_archive, lacking.study_uid) == 0
    said = router.log.read_text(encoding="utf-8")
    for secret in (whole.patient_name, whole.study_uid, embedded_archive.credentials.token):
        assert secret not in said
    with _routing(embedded_archive, tmp_path / "another folder", bundle) as router:
        _until(lambda: len(router.lines) == 2, "both studies")
        assert sum(line.endswith(" left alone: The study carries a result already.") for line in router.lines) == 1
        assert router.stop() == 0
    assert _structure_sets(embedded_archive, whole.study_uid) == 1


def test_a_router_takes_what_lies_in_a_folder_however_old_it_is(tmp_path: Path) -> None:
    _study(tmp_path / "in", "20010301", Sequence.T1)
    with _router(tmp_path / "studies", "--files", str(tmp_path / "in"), "--json") as router:
        _until(lambda: bool(router.printed), "the study")
        assert router.lines[0].endswith(" needs you: Not found in this study: T1c, T2, FLAIR.")
        (while_it_runs,) = router.printed
        assert router.stop() == 0
    assert router.printed[1:] == [{"studies": [while_it_runs["study"]]}]
    (line,) = _table(tmp_path / "studies")
    said = while_it_runs["study"]
    assert {key: said[key] for key in ("folder", "study_uid", "study_date", "patient", "state", "reason")} == {
        key: line[key] for key in ("folder", "study_uid", "study_date", "patient", "state", "reason")
    }


@pytest.fixture
def cohort(tmp_path: Path) -> tuple[str, ...]:
    """Two studies in one folder, one of them without T1 and FLAIR, and arguments to segment them with a tiny model."""
    _study(tmp_path / "in", "20260301", *Sequence)
    _study(tmp_path / "in", "20260302", Sequence.T1C, Sequence.T2)
    bundle = str(threshold_bundle(tmp_path / "bundle").folder)
    where = ("--files", str(tmp_path / "in"), "--out", str(tmp_path / "out"))
    return ("cohort", *where, "--bundle", bundle, "--device", "cpu", "--no-brain-mask", *_QUICK)


def _table(folder: Path) -> list[dict[str, str]]:
    with (folder / "studies.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_a_cohort_becomes_a_table_and_goes_on_with_what_waited(
    cohort: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*cohort, "--json"]) == 0
    first = json.loads(capsys.readouterr().out)
    assert first["counts"] == {"segmented": 1, "needs you": 1}
    whole, lacking = _table(tmp_path / "out")
    assert (whole["study_date"], whole["state"], whole["sequences"]) == ("20260301", "segmented", "T1 T1c T2 FLAIR")
    _require_page(tmp_path / "out", waiting=lacking["folder"], segmented=whole["folder"])
    assert float(whole["WT_ml"]) == pytest.approx(first["studies"][0]["volumes_ml"]["WT"], abs=5e-4)
    assert (lacking["reason"], lacking["WT_ml"]) == ("Not found in this study: T1, FLAIR.", "")

    labels = tmp_path / "out" / first["studies"][0]["folder"] / "segmentation.nii.gz"
    written = labels.stat().st_mtime_ns
    assert main([*cohort, "--json", "--needs", "T1c", "T2"]) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"segmented": 2}
    assert labels.stat().st_mtime_ns == written, "what was segmented is not segmented again"
    assert [row["sequences"] for row in _table(tmp_path / "out")] == ["T1 T1c T2 FLAIR", "T1c T2"]


def test_a_study_of_which_files_were_cut_off_waits_until_they_are_whole_and_holds_up_no_other(
    cohort: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut_off = {file: file.read_bytes() for file in sorted((tmp_path / "in" / "20260302-2").iterdir())[-5:]}
    for file, whole in cut_off.items():
        file.write_bytes(whole[:3000])
    options = [*cohort, "--json", "--needs", "T1c"]
    assert main(options) == 0
    first, second = json.loads(capsys.readouterr().out)["studies"]
    assert (first["state"], second["state"], second["volumes_ml"]) == ("segmented", "needs you", {})
    sentence = "Series 2: file 30 is truncated: its pixel data ends too early. So it is with 5 of the files."
    assert second["reason"] == f"{sentence} It would have been taken as T2."
    for file in (tmp_path / "in").glob("20260302-*/*.dcm"):
        file.write_bytes(cut_off.setdefault(file, file.read_bytes())[:3000])
    assert main(options) == 0
    second = json.loads(capsys.readouterr().out)["studies"][1]
    assert (second["state"], second["volumes_ml"]) == ("needs you", {})
    assert "Series 1: file 1 is truncated: its pixel data ends too early. So it is with 34 of" in second["reason"]
    for file, whole in cut_off.items():
        file.write_bytes(whole)
    assert main(options) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"segmented": 2}


def test_a_result_whose_images_were_removed_is_named_and_the_table_goes_on(
    cohort: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*cohort, "--needs", "T1c", "T2"]) == 0
    bare, whole = _table(tmp_path / "out")
    shutil.rmtree(tmp_path / "out" / bare["folder"] / "volumes")
    (tmp_path / "out" / bare["folder"] / "overview.png").unlink()
    capsys.readouterr()
    assert main([*cohort, "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["studies"]
    sentence = "There is no picture: the files of the result are gone or damaged."
    assert any(remark.startswith(sentence) for remark in first["remarks"])
    assert second["folder"] == whole["folder"]
    assert not any(sentence in remark for remark in second["remarks"])
    page = (tmp_path / "out" / "studies.html").read_text(encoding="utf-8")
    assert sentence in page
    assert f'src="{bare["folder"]}' not in page
    assert f'src="{whole["folder"]}/overview.png"' in page


def test_a_full_disk_ends_a_cohort_with_a_sentence(
    cohort: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with full_disk(100):
        assert main([*cohort]) == 9
    assert f"{tmp_path / 'out'} cannot be written to: File too large." in capsys.readouterr().err.replace("\n", "")


def test_a_cohort_in_which_a_study_failed_says_so_with_its_exit_code(
    cohort: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    options = [*cohort, "--json", "--needs", "T1c", "T2"]
    with full_disk(200_000):
        assert main(options) == STUDIES_FAILED
    studies = json.loads(capsys.readouterr().out)["studies"]
    assert "failed" in {study["state"] for study in studies}
    assert main(options) == 0
    assert json.loads(capsys.readouterr().out)["counts"] == {"segmented": len(studies)}


@pytest.mark.parametrize("command", ["run", "cohort"])
def test_results_that_may_not_be_written_where_they_are_to_go_end_with_a_sentence(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _study(tmp_path / "in", "20260301", Sequence.T1C)
    archive, out = tmp_path / "archive", tmp_path / "archive" / "out"
    archive.mkdir()
    with read_only(archive):
        assert main([command, "--files", str(tmp_path / "in"), "--out", str(out)]) == 9
    said = capsys.readouterr().err.replace("\n", "")
    assert f"{out} cannot be written to: " in said
    assert "choose another folder" in said


def test_a_result_that_is_written_over_and_not_finished_goes_by_no_name(
    cohort: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files, job = str(tmp_path / "in" / "20260301-2"), str(tmp_path / "job")
    options = ["--out", job, "--bundle", str(tmp_path / "bundle"), "--device", "cpu", "--no-brain-mask", *_QUICK]
    assert main(["segment", files, *options]) == 0
    with full_disk(200_000):
        assert main(["segment", files, *options]) == 9
    assert "uncertainty.mha could not be written" in capsys.readouterr().err
    assert main(["export", job]) == 9
    assert "holds no segmentation" in capsys.readouterr().err.replace("\n", "")


def _require_page(folder: Path, waiting: str, segmented: str) -> None:
    """What waits comes first, every result has its picture and its quality page, and no patient is named."""
    page = (folder / "studies.html").read_text(encoding="utf-8")
    assert page.index(f'id="{waiting}"') < page.index(f'id="{segmented}"')
    assert "Not found in this study: T1, FLAIR." in page
    assert f'src="{segmented}/overview.png"' in page
    links = re.findall(r'(?:href|src)="([^"#]+)"', page)
    assert len(links) == 2
    assert all((folder / link).stat().st_size > 10_000 for link in links)
    assert not any(secret in page for secret in ("Ursula", "U-2026", *(row["study_uid"] for row in _table(folder))))


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (("cohort", "--files", "nowhere"), 4, "nowhere"),
        (("route", "--files", ".", "--push"), 3, "There is no archive to store the results in."),
        (("route", "--files", ".", "--keep", "9"), 4, "What is deleted may be fetched again, and again."),
        (
            ("route", "--archive", "https://pacs.example", "--keep", "2"),
            4,
            "What is deleted may be fetched again, and again.",
        ),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_done(
    arguments: tuple[str, ...], code: int, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*arguments, "--out", str(tmp_path / "out")]) == code
    assert sentence in capsys.readouterr().err


def test_a_folder_that_another_program_works_on_is_left_to_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "in").mkdir()
    other = StudyQueue(tmp_path / "queue.json")
    other.take()
    assert main(["cohort", "--files", str(tmp_path / "in"), "--out", str(tmp_path)]) == 11
    assert "Another Slicer or a router works on the queue." in capsys.readouterr().err


def test_an_archive_lists_the_wanted_studies_oldest_first(any_archive: RunningArchive, tmp_path: Path) -> None:
    described = f"MR HEAD {new_uid()[-8:]}"
    later, earlier, _too_early, _knee = (
        _study(tmp_path, day, Sequence.T1, description=text)
        for day, text in (
            ("20250302", described),
            ("20250301", described),
            ("20200101", described),
            ("20250303", "MR KNEE"),
        )
    )
    any_archive.connect().store([*tmp_path.rglob("*.dcm")], compare=False)
    wanted = Wanted("20250101", "20251231", descriptions=(f"*{described[3:].lower()}",))
    found = ArchiveSource(any_archive.profile, any_archive.credentials, wanted).studies(Progress())
    assert [one.study.study_uid for one in found] == [earlier.study_uid, later.study_uid]
    assert [one.study.instance_count for one in found] == [34, 34]
    untold = replace(found[0].study, instance_count=None)
    assert counted(untold, any_archive.connect(), Progress()).instance_count == 34


def test_only_studies_of_the_last_days_are_wanted() -> None:
    assert Wanted(days=3).query.date_from == (date.today() - timedelta(days=3)).strftime("%Y%m%d")


def test_a_folder_lists_the_wanted_studies_with_their_files(tmp_path: Path) -> None:
    later, earlier = (_study(tmp_path, day, Sequence.T1) for day in ("20260302", "20260301"))
    _study(tmp_path, "20260303", Sequence.T1, description="MR KNEE")
    found = FolderSource(tmp_path, Wanted(descriptions=("*brain*",))).studies(Progress())
    assert [one.study.study_uid for one in found] == [earlier.study_uid, later.study_uid]
    assert {str(dcmread(path, stop_before_pixels=True).StudyInstanceUID) for path in found[0].files} == {
        earlier.study_uid
    }


def test_a_job_in_a_child_gives_back_its_result_and_tells_its_progress(embedded_archive: RunningArchive) -> None:
    events: list[ProgressEvent] = []
    job = SearchJob(embedded_archive.profile, StudyQuery())
    result = run_in_child(job, embedded_archive.credentials.to_json(), Progress(events.append))
    assert result == SearchResult(())
    assert {event.stage for event in events} == {"search"}


def test_a_job_that_fails_in_a_child_says_why(embedded_archive: RunningArchive) -> None:
    job = SearchJob(embedded_archive.profile, StudyQuery())
    with pytest.raises(JobFailedError, match="401") as failed:
        run_in_child(job, {"token": "wrong-token"}, Progress())
    assert failed.value.failure.kind == "LoginRefusedError"
    assert "wrong-token" not in str(vars(failed.value))


def _segmentation_of(study: PhantomStudy, folder: Path) -> SegmentJob:
    prepared = run_in_child(PrepareJob(folder, files=study.folder), {}, Progress())
    keys = {name: choice.key for name, choice in prepared.sequences.items()}
    return SegmentJob(folder, keys, "glioma-synthetic", "cpu", PreprocessingSteps())


def test_a_child_that_dies_is_a_failure_and_nothing_more(phantom_study: PhantomStudy, tmp_path: Path) -> None:
    job = _segmentation_of(phantom_study, tmp_path)

    def kill(event: ProgressEvent) -> None:
        if event.stage == "registration":
            for child in psutil.Process().children():
                if "BratsSegmenterLib.worker" in child.cmdline():
                    child.kill()

    with pytest.raises(JobFailedError, match="ended in the middle of its work") as failed:
        run_in_child(job, {}, Progress(kill))
    assert failed.value.cause.startswith("exit code -9")


def test_a_cancelled_child_stops_and_leaves_no_result(phantom_study: PhantomStudy, tmp_path: Path) -> None:
    job, cancelled = _segmentation_of(phantom_study, tmp_path), threading.Event()

    def cancel(event: ProgressEvent) -> None:
        if event.stage == "registration":
            cancelled.set()

    with pytest.raises(Cancelled):
        run_in_child(job, {}, Progress(cancel, cancelled.is_set))
    assert not any("BratsSegmenterLib.worker" in child.cmdline() for child in psutil.Process().children())
    assert not (tmp_path / "segmentation.nii.gz").exists()
