"""What the command line refuses before it works, and how it says what went wrong: never with a traceback."""

from __future__ import annotations

import json
import os
import pty
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from archives import RunningArchive, free_port, write_study
from faulty_proxy import Fault, Plan
from model_samples import threshold_bundle
from numpy.typing import NDArray
from pydicom import dcmread
from small_studies import small_study

from BratsSegmenterLib import dicom
from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands.exit_codes import exit_codes_in_words
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import Algorithm, Segmentation, Sequence
from BratsSegmenterLib.geometry import Geometry
from BratsSegmenterLib.jobs import PrepareJob
from BratsSegmenterLib.labelmap import read_labelmap, write_labelmap
from BratsSegmenterLib.ledger import Ledger
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import JobFolder, ResultRecord
from BratsSegmenterLib.workbench import Workbench

_SHAPE = (12, 96, 96)
_ALGORITHM = Algorithm("glioma-synthetic", "0.1", "cd" * 32)


@pytest.fixture
def signed_in(embedded_archive: RunningArchive, monkeypatch: pytest.MonkeyPatch) -> RunningArchive:
    """An archive whose token is in the environment."""
    monkeypatch.setenv("BRATS_SEGMENTER_TOKEN", embedded_archive.credentials.token)
    return embedded_archive


@pytest.fixture
def segmented(tmp_path: Path) -> JobFolder:
    """A job folder as ``run`` leaves it on files of this computer: ET alone, before any operation."""
    write_study(tmp_path / "scanner", StudyIdentity(), 4, _SHAPE)
    folder = JobFolder(tmp_path / "job")
    bench = Workbench(folder.path, Credentials(), Progress())
    bench.prepare(PrepareJob(folder.path, files=tmp_path / "scanner"))
    volume = dicom.load_volume(bench.study.series[-1])
    write_labelmap(Segmentation(_drawn(3), volume.geometry, _ALGORITHM), folder.segmentation)
    folder.write_record(ResultRecord("T1c", {"T1c": volume.series.key}, _ALGORITHM, {}))
    return folder


def _drawn(label: int) -> NDArray[np.uint8]:
    labels = np.zeros(_SHAPE, np.uint8)
    labels[3:8, 20:40, 20:40] = label
    return labels


def _corrected(folder: JobFolder, label: int) -> str:
    path = folder.path.parent / "corrected.nii.gz"
    geometry = read_labelmap(folder.segmentation).geometry
    write_labelmap(Segmentation(_drawn(label), geometry, _ALGORITHM), path)
    return str(path)


def _stored(archive: RunningArchive, folder: Path) -> str:
    identity = StudyIdentity()
    archive.connect().store(write_study(folder, identity, 4, (4, 32, 24)), compare=False)
    return identity.study_uid


def _exit_code(arguments: list[str]) -> int:
    try:
        return main(arguments)
    except SystemExit as stopped:
        return int(stopped.code or 0)


def test_a_study_of_the_archive_is_never_taken_from_files_of_another_patient_that_the_folder_knew(
    signed_in: RunningArchive, segmented: JobFolder, tmp_path: Path
) -> None:
    wanted = _stored(signed_in, tmp_path / "other scanner")
    bench = Workbench(segmented.path, signed_in.credentials, Progress())
    bench.prepare(PrepareJob(segmented.path, signed_in.profile, wanted))
    assert {series.study_uid for series in bench.study.series} == {wanted}


def test_a_folder_with_a_fetched_study_takes_no_other_one(signed_in: RunningArchive, tmp_path: Path) -> None:
    first, second = (_stored(signed_in, tmp_path / name) for name in ("a", "b"))
    archive = ["--archive", signed_in.profile.url, "--out", str(tmp_path / "job")]
    bench = Workbench(tmp_path / "job", signed_in.credentials, Progress())
    bench.prepare(PrepareJob(tmp_path / "job", signed_in.profile, first))
    assert main(["resume", *archive, "--study", second]) == 4
    assert {series.study_uid for series in dicom.scan(tmp_path / "job" / "dicom").series} == {first}


def test_a_folder_with_the_result_of_a_study_takes_no_other_one(
    signed_in: RunningArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    own, other = (small_study(tmp_path / day, day, Sequence.FLAIR) for day in ("20260301", "20260302"))
    quick = ("--device", "cpu", "--no-brain-mask", "--no-registration", "--no-bias-correction")
    options = ["--out", str(tmp_path / "job"), *quick, "--bundle", str(threshold_bundle(tmp_path / "bundle").folder)]
    assert main(["segment", str(tmp_path / "20260301"), *options]) == 0
    held = {path: path.read_bytes() for path in (tmp_path / "job").rglob("*") if path.is_file()}
    for source in (
        ["--files", str(tmp_path / "20260302")],
        ["--archive", signed_in.profile.url, "--study", other.study_uid],
    ):
        assert main(["run", *source, *options]) == 4
        assert f"holds the result of another study, {own.study_uid}" in capsys.readouterr().err
    assert {path: path.read_bytes() for path in held} == held
    assert main(["segment", str(tmp_path / "20260301"), *options]) == 0


def test_a_study_that_is_fetched_beside_another_one_is_said_to_be(
    signed_in: RunningArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first, second = (_stored(signed_in, tmp_path / name) for name in ("a", "b"))
    fetch = ["fetch", "--archive", signed_in.profile.url, "--out", str(tmp_path / "out"), "--json", "--study"]
    for study, beside in ((first, ()), (second, (first,)), (second, (first,))):
        assert main([*fetch, study]) == 0
        warnings = json.loads(capsys.readouterr().out)["warnings"]
        assert [text.partition(". ")[0] for text in warnings] == [
            f"{tmp_path / 'out'} also holds study {uid}" for uid in beside
        ]


def test_research_images_are_not_written_among_other_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "T1" / "0001.dcm"
    kept.parent.mkdir()
    kept.write_bytes(b"of another patient")
    assert main(["nifti-to-dicom", "--t1", str(tmp_path / "t1.nii.gz"), "--out", str(tmp_path)]) == 9
    assert "is not empty" in capsys.readouterr().err
    assert kept.read_bytes() == b"of another patient"


def test_an_export_says_which_objects_of_the_one_before_it_deleted(
    segmented: JobFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    export = ["export", str(segmented.path), "--formats"]
    assert main([*export, "RTSTRUCT", "SEG", "SR"]) == 0
    assert "was deleted" not in capsys.readouterr().out
    assert main([*export, "RTSTRUCT"]) == 0
    assert f"left in {segmented.objects} was deleted: seg.dcm, sr.dcm." in capsys.readouterr().out
    assert [path.name for path in segmented.objects.iterdir()] == ["rtstruct.dcm"]


@pytest.mark.parametrize("command", ["run", "resume"])
def test_files_must_be_of_the_study_that_is_named_beside_them(
    command: str, segmented: JobFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path / "other", StudyIdentity(), 4, (4, 32, 24))
    source, uid = segmented.source(), "2.25.4711"
    arguments = [command, "--files", str(tmp_path / "other"), "--archive", "http://127.0.0.1:9", "--study", uid]
    assert main([*arguments, "--out", str(segmented.path)]) == 4
    assert f"None of the files is of the study that was asked for, {uid}." in capsys.readouterr().err
    assert segmented.source() == source, "what lies in the folder stays usable"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["run", "--files", "SCANNER", "--push"], 3, "There is no archive to store the results in."),
        (["run"], 2, "give --archive URL with --study UID, or --files DIR"),
        (["resume", "--archive", "http://127.0.0.1:9"], 2, "give --archive URL with --study UID, or --files DIR"),
        (["cohort"], 2, "give --archive URL or --files DIR"),
        (["run", "--files", "SCANNER", "--bundle", "no-such-model"], 7, "no-such-model"),
        (["segment", "SCANNER", "--bundle", "no-such-model"], 7, "no-such-model"),
        (["cohort", "--files", "SCANNER", "--bundle", "no-such-model"], 7, "no-such-model"),
        (["segment", "SCANNER", "--device", "mps"], 8, "mps"),
        (["nifti-to-dicom"], 2, "give at least one volume"),
        (["cohort", "--files", "SCANNER", "--from", "20261301"], 2, "YYYYMMDD"),
        (["run", "--files", "SCANNER", "--borrow-within", "-1"], 2, "-1 is too small"),
        (["route", "--files", "SCANNER", "--every", "0"], 2, "0 is too small"),
        (["route", "--files", "SCANNER", "--settle", "soon"], 2, "'soon' is no number"),
    ],
)
def test_what_cannot_work_is_said_at_once_and_leaves_no_folder(
    arguments: list[str], code: int, words: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path / "scanner", StudyIdentity(), 1, (2, 8, 8))
    command = [str(tmp_path / "scanner") if one == "SCANNER" else one for one in arguments]
    assert _exit_code([*command, "--out", str(tmp_path / "out")]) == code
    assert words in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ["search", "--archive", "http://127.0.0.1:9", "--limit", "-1"],
        ["search", "--archive", "http://127.0.0.1:9", "--from", "20261301"],
        ["search", "--archive", "http://127.0.0.1:9", "--offset", "-1"],
        ["archive", "serve", "--dir", "served", "--port", "99999"],
        ["synthesise", "out", "--count", "0"],
        ["clean", ".", "--older-than", "-1"],
        ["export", "job", "--minutes", "nan"],
        ["export", "job", "--approve"],
        ["run", "--files", "study", "--out", "study"],
        ["segment", "study", "--out", "study/../study"],
        ["preprocess", "study", "--out", "study"],
        ["resume", "--files", "study", "--out", "study"],
        ["run", "--files", "study", "--out", "study/job"],
        ["cohort", "--files", "studies", "--out", "studies/out"],
        ["route", "--files", "studies", "--out", "studies/out"],
        ["cohort", "--files", "studies", "--archive", "http://127.0.0.1:9", "--out", "out"],
        ["cohort", "--files", "studies", "--out", "out", "--from", "20260101", "--to", "20250101"],
        ["search", "--archive", "http://127.0.0.1:9", "--from", "2026-01-01", "--to", "2025-01-01"],
    ],
)
def test_what_no_command_can_mean_is_a_usage_error_and_said_to_scripts_too(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert _exit_code([*arguments, "--json"]) == 2
    said = capsys.readouterr()
    assert json.loads(said.out)["error"]["what"] in said.err


def test_the_help_names_models_and_kinds_of_objects_and_what_is_taken_without_a_choice(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert _exit_code(["run", "--help"]) == 0
    said = " ".join(capsys.readouterr().out.split()).replace("- ", "-")
    assert "glioma-synthetic, glioma-synthetic-postoperative, or the path" in said
    assert "(default: glioma-synthetic)" in said
    assert "RTSTRUCT, SEG, SR, KEY_IMAGE (default: RTSTRUCT)" in said


@pytest.mark.parametrize(("kind", "code"), [("seg", 9), ("Key Image", 9), ("key-image", 9), ("CT", 2)])
def test_a_kind_of_objects_may_be_written_as_people_do(kind: str, code: int, tmp_path: Path) -> None:
    assert _exit_code(["export", str(tmp_path), "--formats", kind]) == code  # 9: the folder holds no segmentation


def test_borrowing_from_other_studies_needs_an_archive_to_look_in(capsys: pytest.CaptureFixture[str]) -> None:
    assert _exit_code(["run", "--files", "study", "--out", "job", "--borrow-within", "30"]) == 2
    assert "--borrow-within looks for other studies in an archive" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["run", "--files", "SCANNER", "--out", "FILE"], 9),
        (["segment", "SCANNER", "--out", "FILE/below"], 9),
        (["preprocess", "SCANNER", "--out", "FILE"], 9),
        (["resume", "--files", "SCANNER", "--out", "FILE"], 9),
        (["fetch", "--archive", "http://127.0.0.1:9/dicom-web", "--study", "1.2.3", "--out", "FILE"], 9),
        (["cohort", "--files", "SCANNER", "--out", "FILE"], 9),
        (["route", "--files", "SCANNER", "--out", "FILE"], 9),
        (["demo", "--out", "FILE"], 9),
        (["evaluate", "SCANNER", "--out", "FILE"], 9),
        (["archive", "serve", "--dir", "FILE"], 9),
        (["nifti-to-dicom", "--t1", "VOLUME", "--out", "FILE"], 9),
        (["clean", "FILE"], 4),
        (["measure", "VOLUME", "--csv", "SCANNER"], 9),
        (["measure", "VOLUME", "--csv", "nowhere/volumes.csv"], 9),
    ],
)
def test_a_path_that_cannot_be_used_is_a_sentence_that_names_it(
    arguments: list[str], code: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_study(tmp_path / "scanner", StudyIdentity(), 4, (4, 32, 24))
    (tmp_path / "file").touch()
    volume = tmp_path / "volume.nii.gz"
    write_labelmap(Segmentation(_drawn(3), Geometry(_SHAPE, np.eye(4)), _ALGORITHM), volume)
    places = {"SCANNER": tmp_path / "scanner", "FILE": tmp_path / "file", "VOLUME": volume}
    places["FILE/below"] = tmp_path / "file" / "below"
    command = [str(places.get(one, one)) for one in arguments]
    assert main([*command, "--json"]) == code
    said = capsys.readouterr()
    named = Path(command[-1]).name if arguments[-1] != "FILE/below" else "file"
    assert named in json.loads(said.out.splitlines()[-1])["error"]["what"]
    assert named in said.err


def test_the_readme_lists_the_exit_codes_as_the_help_does() -> None:
    readme = (Path(__file__).resolve().parents[4] / "README.md").read_text(encoding="utf-8")
    assert f"Exit codes: {exit_codes_in_words()}." in " ".join(readme.split())


def test_a_port_in_use_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        assert main(["archive", "serve", "--dir", str(tmp_path), "--port", port, "--json"]) == 3
    assert f"Port {port} cannot be used" in json.loads(capsys.readouterr().out)["error"]["what"]


def test_the_doctor_looks_at_the_disk_of_a_folder_that_is_still_to_be_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    for place, fine in (("to/be/made", True), ("file", False)):
        main(["doctor", "--folder", str(tmp_path / place), "--json"])
        checks = {check["name"]: check for check in json.loads(capsys.readouterr().out)["checks"]}
        assert checks["disk"]["ok"] is fine, checks["disk"]["sentence"]


def test_nobody_is_asked_where_nobody_can_answer() -> None:
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "download", "--json"]
    environment = {**os.environ, "PYTHONPATH": str(module_folder())}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, env=environment)
    assert done.returncode == 7
    assert "--yes" in json.loads(done.stdout)["error"]["advice"]


def test_a_study_folder_that_is_not_there_is_not_made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", str(tmp_path / "nix")]) == 9
    assert main(["clean", str(tmp_path / "nix")]) == 4
    assert "There is no folder" in capsys.readouterr().err
    assert not (tmp_path / "nix").exists()


def test_a_label_4_that_nobody_called_a_cavity_is_not_exported_as_one(
    segmented: JobFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    export = ["export", str(segmented.path), "--labels", _corrected(segmented, 4), "--json"]
    assert main(export) == 9
    assert "--postoperative" in capsys.readouterr().err
    assert not segmented.objects.exists()
    assert main([*export, "--postoperative"]) == 0
    assert set(json.loads(capsys.readouterr().out)["volumes_ml"]) >= {"RC"}


def test_a_label_map_that_shares_nothing_with_what_was_drawn_is_named_before_anybody_signs_another_patient_s(
    segmented: JobFolder, capsys: pytest.CaptureFixture[str]
) -> None:
    path = segmented.path.parent / "other.nii.gz"
    drawn = read_labelmap(segmented.segmentation)
    for shift, is_elsewhere in ((10, False), (20, True)):
        write_labelmap(replace(drawn, labels=np.roll(drawn.labels, shift, axis=2)), path)
        assert main(["export", str(segmented.path), "--labels", str(path), "--json"]) == 0
        said = capsys.readouterr()
        assert ("Make sure that the file is this patient's" in said.err) is is_elsewhere
        assert bool(json.loads(said.out)["doubts"]) is is_elsewhere


def test_a_cavity_is_exported_when_an_operation_was_confirmed_before_it_was_segmented(segmented: JobFolder) -> None:
    record = segmented.record()
    segmented.write_record(ResultRecord(record.reference, record.sequences, _ALGORITHM, {}, is_postoperative=True))
    assert main(["export", str(segmented.path), "--labels", _corrected(segmented, 4)]) == 0


@pytest.mark.parametrize(("label", "is_warned"), [(4, True), (3, False)])
def test_measuring_a_label_4_without_a_3_warns_of_the_older_coding(
    label: int, is_warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "labels.nii.gz"
    write_labelmap(Segmentation(_drawn(label), Geometry(_SHAPE, np.eye(4)), _ALGORITHM), path)
    assert main(["measure", str(path), "--json"]) == 0
    said = capsys.readouterr()
    assert bool(json.loads(said.out)["warnings"]) is is_warned
    assert ("2018 to 2021" in said.err) is is_warned


def test_an_export_says_that_nothing_was_entered_and_fails_when_it_could_not_be(
    segmented: JobFolder, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ledger = tmp_path / "ledger"
    export = ["export", str(segmented.path), "--ledger", str(ledger)]
    assert main(export) == 0
    assert "Nothing was entered into the ledger" in capsys.readouterr().out
    assert main([*export, "--reviewer", "Test^Radiologist", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["is_in_ledger"] is None, "what the model drew is no correction"
    signed = [*export, "--labels", _corrected(segmented, 1), "--reviewer", " Curie^Marie "]
    assert main(signed) == 0
    assert len(Ledger(ledger).entries()) == 1
    assert "ledger" not in capsys.readouterr().out
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "entries.jsonl").write_text("{damaged\n{damaged\n")
    assert main([*signed[:3], str(broken), *signed[4:]]) == 10
    assert "was not entered into the ledger" in capsys.readouterr().out


def test_advice_names_the_options_and_variables_of_the_command_line(
    signed_in: RunningArchive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    search = ["search", "--archive", signed_in.profile.url]
    monkeypatch.setenv("BRATS_SEGMENTER_TOKEN", "wrong")
    assert main(search) == 3
    assert main(["search", "--archive", f"http://127.0.0.1:{free_port()}/dicom-web"]) == 3
    assert main([*search, "--proxy", f"http://127.0.0.1:{free_port()}"]) == 3
    assert main([*search, "--ca", "no-such.pem"]) == 3
    assert main(["search", "--archive", "http://[broken"]) == 3
    assert main(["search", "--archive", "http://me:s3cret@pacs"]) == 3
    said = capsys.readouterr().err
    assert "profile" not in said
    assert "s3cret" not in said
    for name in ("BRATS_SEGMENTER_TOKEN", "host and port in --archive", "--proxy", "Correct --ca"):
        assert name in said
    assert "127.0.0.1" in said


def test_a_push_that_fails_says_where_the_objects_wait(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    identity = StudyIdentity()
    (file,) = write_study(tmp_path / "scanner", identity, 1, (1, 8, 8))
    monkeypatch.setenv("BRATS_SEGMENTER_TOKEN", "any")
    target = ["--archive", f"http://127.0.0.1:{free_port()}", "--study", identity.study_uid]
    assert main(["push", *target, "--outbox", str(tmp_path / "outbox"), str(file)]) == 3
    assert f"The objects wait in {tmp_path / 'outbox'}; the same command goes on" in capsys.readouterr().out


def test_a_push_that_is_interrupted_says_what_came_of_it(
    signed_in: RunningArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity = StudyIdentity()
    (file,) = write_study(tmp_path / "scanner", identity, 1, (1, 8, 8))
    with signed_in.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.STATUS, "POST", status=503)] * 9)

        def interrupt() -> None:
            while not any(method == "POST" for method, _path in proxy.requests):
                time.sleep(0.01)
            os.kill(os.getpid(), signal.SIGINT)

        threading.Thread(target=interrupt, daemon=True).start()
        target = ["--archive", proxy.url, "--study", identity.study_uid, "--outbox", str(tmp_path / "outbox")]
        assert main(["push", *target, str(file), "--json"]) == 130
    said = capsys.readouterr()
    assert "nothing of it is in the PACS, and nothing of it goes there later" in said.err
    assert json.loads(said.out)["error"]["cause"] == "cancelled"


def test_objects_of_another_patient_are_not_pushed_into_a_study(
    signed_in: RunningArchive, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    identity = StudyIdentity(patient_name="Old^Name", patient_id="OLD-1")
    *images, kept_back = write_study(tmp_path / "scanner", identity)
    archive = signed_in.connect()
    vendors = _rewritten(
        images[0], tmp_path / "report.dcm", Modality="OT", SeriesInstanceUID="2.25.1", SOPInstanceUID="2.25.2"
    )
    renamed = [
        _rewritten(file, tmp_path / f"{number}.dcm", PatientID="NEW-9", PatientName="New^Name")
        for number, file in enumerate(images)
    ]
    archive.store([vendors, *renamed], compare=False)
    target = ["--archive", signed_in.profile.url, "--study", identity.study_uid, "--outbox", str(tmp_path / "outbox")]
    assert main(["push", *target, str(kept_back)]) == 3
    said = capsys.readouterr()
    assert "The objects in the outbox name another patient than the study in the PACS does" in said.err
    assert "The objects wait" not in said.out
    assert not any(name in said.out + said.err for name in ("OLD-1", "NEW-9", "^Name"))
    series_uid = str(dcmread(kept_back).SeriesInstanceUID)
    held = len(archive.find_instances(identity.study_uid, series_uid))
    ours = _rewritten(
        kept_back, tmp_path / "ours.dcm", PatientID="NEW-9", PatientName="NEW^NAME", SOPInstanceUID="2.25.3"
    )
    assert main(["push", *target, str(ours)]) == 0
    assert len(archive.find_instances(identity.study_uid, series_uid)) == held + 1


def _rewritten(file: Path, to: Path, **values: str) -> Path:
    """A copy with other values of some attributes."""
    dataset = dcmread(file)
    for keyword, value in values.items():
        setattr(dataset, keyword, value)
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    dataset.save_as(to)
    return to


def test_a_served_archive_says_its_folder_too_and_takes_the_option_that_every_command_has(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "archive", "serve", "--dir", str(tmp_path), "--json"]
    environment = {**os.environ, "PYTHONPATH": str(module_folder())}
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        server.terminate()
    assert ready.keys() == {"url", "token", "folder", "added"}
    assert ready["folder"] == str(tmp_path)


@pytest.mark.parametrize("columns", ["", "80", "120"])
def test_nothing_that_is_to_be_copied_is_cut(
    columns: str, signed_in: RunningArchive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study_uid = _stored(signed_in, tmp_path / "scanner")
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "search", "--archive", signed_in.profile.url]
    environment = {**os.environ, "PYTHONPATH": str(module_folder())}
    if not columns:
        environment.pop("COLUMNS", None)
        printed = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    else:
        printed = _on_a_terminal(command, environment | {"COLUMNS": columns})
    assert study_uid.encode() in printed
    assert "…".encode() not in printed


def _on_a_terminal(command: list[str], environment: dict[str, str]) -> bytes:
    """What a command prints when it believes that a person looks on."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command, stdout=theirs, stderr=subprocess.DEVNULL, env=environment) as process:
        os.close(theirs)
        printed = b""
        try:
            while piece := os.read(ours, 4096):
                printed += piece
        except OSError:  # so a pseudo-terminal says that its other end is closed
            pass
    os.close(ours)
    assert process.returncode == 0
    return printed
