"""The command line: every verb on a real archive and a whole synthetic study."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import requests
import SimpleITK as sitk
from archives import RunningArchive, write_study
from model_samples import threshold_bundle
from phantoms import PhantomStudy
from pydicom import Dataset, dcmread
from series_samples import change
from small_studies import small_study

from BratsSegmenterLib import dicom
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.commands.exit_codes import EXIT_CODES
from BratsSegmenterLib.demo.page import compare
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.domain import REGIONS, Sequence
from BratsSegmenterLib.errors import ExportError
from BratsSegmenterLib.image_files import read_mask
from BratsSegmenterLib.labelmap import read_labelmap
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.study import JobFolder

_QUICK = ["--no-registration", "--no-bias-correction"]
_SHOWN_STAGES = (
    "fetch",
    "recognise",
    "bias correction",
    "segment",
    "bias correction beside the tumour",
    "segment again",
    "export",
    "check",
    "push",
)


@dataclass(frozen=True)
class FinishedRun:
    """What one ``run`` printed, and where it worked."""

    folder: Path
    archive: RunningArchive
    printed: dict[str, Any]


@pytest.fixture
def signed_in(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A clean set of credentials in the environment."""
    for name in ("USER", "PASSWORD", "TOKEN"):
        monkeypatch.delenv(f"BRATS_SEGMENTER_{name}", raising=False)
    return monkeypatch


@pytest.fixture(scope="module")
def finished_run(
    phantom_study: PhantomStudy, orthanc: RunningArchive, tmp_path_factory: pytest.TempPathFactory
) -> FinishedRun:
    """``run --push`` on the synthetic study in Orthanc, once for the tests of this file."""
    orthanc.connect().store(phantom_study.files, compare=False)
    folder = tmp_path_factory.mktemp("run")
    environment = {
        "BRATS_SEGMENTER_USER": orthanc.credentials.user,
        "BRATS_SEGMENTER_PASSWORD": orthanc.credentials.password,
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        command = ["run", "--archive", orthanc.profile.url, "--study", phantom_study.identity.study_uid]
        process = subprocess.run(
            [sys.executable, "-m", "BratsSegmenterLib.cli", *command, "--out", str(folder), "--push", "--json"],
            capture_output=True,
            text=True,
        )
    assert process.returncode == 0, process.stderr
    return FinishedRun(folder, orthanc, json.loads(process.stdout))


def test_the_whole_way_takes_the_right_series(finished_run: FinishedRun, phantom_study: PhantomStudy) -> None:
    series = {row.series_uid: row.description for row in dicom.scan(phantom_study.folder).series}
    taken = {role: series[choice["series_uid"]] for role, choice in finished_run.printed["sequences"].items()}
    assert taken == {"T1": "Ax T1 SE", "T1c": "T1 MPRAGE +C", "T2": "Ax T2 TSE", "FLAIR": "Ax T2 FLAIR"}
    assert all(choice["reason"] for choice in finished_run.printed["sequences"].values())


def test_the_whole_way_finds_the_tumour(finished_run: FinishedRun, phantom_study: PhantomStudy) -> None:
    segmentation = read_labelmap(Path(finished_run.printed["segmentation"]))
    truth = phantom_study.head.truth_on(segmentation.geometry)
    whole_tumour = next(row for row in compare(segmentation, truth) if row.region.key == "WT")
    assert whole_tumour.dice > 0.6
    assert finished_run.printed["volumes_ml"]["WT"] == pytest.approx(whole_tumour.volume_ml)


def test_the_whole_way_keeps_the_brain_for_the_editor(finished_run: FinishedRun) -> None:
    segmentation = read_labelmap(Path(finished_run.printed["segmentation"]))
    brain = read_mask(finished_run.folder / "brain.mha")
    assert 900 < np.count_nonzero(brain) * segmentation.geometry.voxel_volume_ml < 2500
    assert brain[segmentation.labels > 0].mean() > 0.9


def test_the_whole_way_says_its_stages_memory_and_objects(finished_run: FinishedRun) -> None:
    printed = finished_run.printed
    stages = [stage["name"] for stage in printed["stages"]]
    assert [name for name in stages if name in _SHOWN_STAGES] == list(_SHOWN_STAGES)
    assert printed["peak_memory_mb"] > 100
    assert [thing["kind"] for thing in printed["objects"]] == ["RTSTRUCT"]
    assert Path(printed["quality_page"]).exists()
    table = (finished_run.folder / "volumes.csv").read_text(encoding="utf-8")
    assert all(key in table for key in printed["volumes_ml"])


def test_measured_again_the_tables_are_the_same(finished_run: FinishedRun, tmp_path: Path) -> None:
    again = tmp_path / "volumes.csv"
    assert main(["measure", str(finished_run.folder / "segmentation.nii.gz"), "--csv", str(again)]) == 0
    for name in ("volumes.csv", "lesions.csv"):
        table = (tmp_path / name).read_text(encoding="utf-8")
        assert table == (finished_run.folder / name).read_text(encoding="utf-8")
    assert "image " in table


def test_the_structure_set_comes_back_from_the_archive_voxel_for_voxel(
    finished_run: FinishedRun, phantom_study: PhantomStudy, tmp_path: Path
) -> None:
    archive = finished_run.archive.connect()
    fetched = archive.fetch(phantom_study.identity.study_uid, tmp_path)
    (uid,) = finished_run.printed["pushed"]
    study = dicom.scan(tmp_path)
    reference_uid = finished_run.printed["sequences"]["T1c"]["series_uid"]
    reference = dicom.load_volume(next(s for s in study.series if s.series_uid == reference_uid))
    structure_set = next(path for path in fetched.files if _sop_instance_uid(path) == uid)
    read = dicom.read_rtstruct(structure_set, reference)
    segmentation = read_labelmap(Path(finished_run.printed["segmentation"]))
    assert set(read.masks)
    for key, mask in read.masks.items():
        assert np.array_equal(mask, segmentation.mask(REGIONS[key])), key


def test_a_corrected_label_map_is_exported_and_pushed_as_every_kind_of_object(
    finished_run: FinishedRun, signed_in: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = str(finished_run.folder / "segmentation.nii.gz")
    kinds = ["RTSTRUCT", "SEG", "SR", "KEY_IMAGE"]
    arguments = ["export", str(finished_run.folder), "--labels", labels, "--reviewer", "Test^Radiologist"]
    assert main([*arguments, "--json", "--formats", *kinds]) == 0
    written = json.loads(capsys.readouterr().out)["objects"]
    assert {thing["kind"] for thing in written} == set(kinds)

    archive = finished_run.archive
    signed_in.setenv("BRATS_SEGMENTER_USER", archive.credentials.user)
    signed_in.setenv("BRATS_SEGMENTER_PASSWORD", archive.credentials.password)
    study_uid = dicom.scan(finished_run.folder / "dicom").require_one_study()
    target = ["--archive", archive.profile.url, "--study", study_uid, "--outbox", str(tmp_path)]
    assert main(["push", *target, "--json", *(thing["path"] for thing in written)]) == 0
    receipt = json.loads(capsys.readouterr().out)
    assert {stored["sop_instance_uid"] for stored in receipt["objects"]} == {
        thing["sop_instance_uid"] for thing in written
    }
    assert receipt["author"] == "Test^Radiologist"


def test_a_folder_of_files_takes_the_place_of_an_archive(
    phantom_study: PhantomStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bundle = threshold_bundle(tmp_path / "bundle").folder
    how = ["--bundle", str(bundle), "--no-brain-mask", *_QUICK]
    of_another_run = tmp_path / "job" / "objects" / "seg.dcm"
    of_another_run.parent.mkdir(parents=True)
    of_another_run.touch()
    assert main(["run", "--files", str(phantom_study.folder), "--out", str(tmp_path / "job"), "--json", *how]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["pushed"] == []
    assert Path(printed["objects"][0]["path"]).exists()
    assert any("was deleted: seg.dcm." in text for text in printed["remarks"])


def test_a_study_in_which_the_model_finds_nothing_is_said_whole_and_can_be_signed(
    phantom_study: PhantomStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    objects = JobFolder(tmp_path / "my job").objects
    objects.mkdir(parents=True)
    (objects / "seg.dcm").touch()
    job = str(tmp_path / "my job")
    how = ["--bundle", str(threshold_bundle(tmp_path / "bundle", above=99).folder), "--no-brain-mask", *_QUICK]
    assert main(["run", "--files", str(phantom_study.folder), "--out", job, "--json", *how]) == EXIT_CODES[ExportError]
    printed = json.loads(capsys.readouterr().out)
    assert set(printed["volumes_ml"].values()) == {0}
    assert printed["objects"] == []
    assert Path(printed["quality_page"]).exists()
    assert any(f"left in {objects} was deleted: seg.dcm." in text for text in printed["remarks"])
    assert not objects.exists()
    (advice,) = [text for text in printed["remarks"] if "only a person can say that nothing is there" in text]
    program, *command = shlex.split(advice.partition("there: ")[2].replace("NAME", "Curie^Marie"))
    assert program == "brats-segmenter"
    assert main([*command, "--json"]) == 0
    assert [thing["kind"] for thing in json.loads(capsys.readouterr().out)["objects"]] == ["SR"]


def test_doubts_are_said_before_the_volumes_and_remarks_after_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_study(tmp_path / "in", "20260301", Sequence.T1C)
    how = ["--bundle", str(threshold_bundle(tmp_path / "bundle", above=99).folder), "--no-brain-mask", *_QUICK]
    segment = ["segment", str(tmp_path / "in"), "--out", str(tmp_path / "out"), *how]
    assert main(segment) == 0
    before, _, after = capsys.readouterr().out.partition("Volumes")
    assert main([*segment, "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["doubts"] == [line[2:] for line in before.splitlines() if line.startswith("! ")] != []
    assert printed["remarks"] == [line[2:] for line in after.splitlines() if line.startswith("- ")] != []


def test_the_user_overrules_the_recognition(
    phantom_study: PhantomStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    study = shutil.copytree(phantom_study.folder, tmp_path / "study")
    for file in study.rglob("*.dcm"):
        change(file, _call_t2_perfusion)
    assert main(["recognise", str(study), "--json"]) == 0
    series = {row["description"]: row for row in json.loads(capsys.readouterr().out)["series"]}
    assert series["T2 PERFUSION"]["excluded"] == "its name says perfusion imaging"
    t2 = series["T2 PERFUSION"]["key"]
    taken = ["--take", "T1c=", "--take", f"T2={t2}"]
    assert main(["segment", str(study), "--out", str(tmp_path / "out"), *taken, "--json", *_QUICK]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert "T1c" not in printed["volumes"]
    assert "ET" in printed["not_measured"]
    kept = json.loads((tmp_path / "out" / "segmentation.json").read_text())["sequences"]
    assert set(kept) == {"T1", "T2", "FLAIR"}
    assert kept["T2"] == t2


def test_every_series_that_may_be_taken_is_printed_with_its_key(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_study(tmp_path, "20260301", Sequence.T1C, Sequence.T2, Sequence.T2, Sequence.FLAIR)
    for file in (tmp_path / "20260301-4").iterdir():
        change(file, _call_perfusion)
    assert main(["recognise", str(tmp_path)]) == 0
    taken, _, rest = capsys.readouterr().out.partition("Could be taken, with --take ROLE=KEY")
    could_be_taken, _, left_aside = rest.partition("Left aside")
    first, second, perfusion = (
        next(series.key for series in dicom.scan(tmp_path).series if series.number == number) for number in (2, 3, 4)
    )
    assert (first in taken) != (second in taken), "one of two that are equally good"
    assert (first in could_be_taken) != (second in could_be_taken)
    assert perfusion in could_be_taken
    assert perfusion not in left_aside


def test_a_refused_series_is_said_with_the_options_that_take_it_all_the_same_or_another_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    small_study(tmp_path / "in", "20260301", Sequence.T1C)
    slices = sorted((tmp_path / "in").rglob("*.dcm"))
    slices[15].unlink()
    options = [str(tmp_path / "in"), "--out", str(tmp_path / "out"), "--no-brain-mask", *_QUICK]
    assert main(["segment", *options]) == 4
    said = capsys.readouterr().err
    assert "--resample-gaps" in said
    assert "--take ROLE=KEY" in said
    assert main(["preprocess", *options]) == 4
    said = capsys.readouterr().err
    assert "--resample-gaps" in said
    assert "--take" not in said, "it has no such option"


def _call_perfusion(dataset: Dataset) -> None:
    dataset.SeriesDescription = "PERFUSION"


def _call_t2_perfusion(dataset: Dataset) -> None:
    if dataset.SeriesDescription == "Ax T2 TSE":
        dataset.SeriesDescription = "T2 PERFUSION"


def test_a_study_is_found_and_fetched_by_its_patient(
    phantom_study: PhantomStudy,
    finished_run: FinishedRun,
    signed_in: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    archive = finished_run.archive
    signed_in.setenv("BRATS_SEGMENTER_USER", archive.credentials.user)
    signed_in.setenv("BRATS_SEGMENTER_PASSWORD", archive.credentials.password)
    target = ["--archive", archive.profile.url, "--json"]
    assert main(["search", *target, "--patient-name", "phantom*", "--from", "20260101", "--limit", "500"]) == 0
    found = [study["study_uid"] for study in json.loads(capsys.readouterr().out)["studies"]]
    assert phantom_study.identity.study_uid in found
    assert main(["search", *target, "--patient-name", "phantom*", "--to", "20251231"]) == 0
    earlier = [study["study_uid"] for study in json.loads(capsys.readouterr().out)["studies"]]
    assert phantom_study.identity.study_uid not in earlier

    arguments = ["fetch", *target, "--study", phantom_study.identity.study_uid, "--out", str(tmp_path)]
    assert main(arguments) == 0
    fetched = json.loads(capsys.readouterr().out)
    assert sum(len(series["files"]) for series in fetched["series"]) >= len(phantom_study.files)
    assert main(["doctor", *target]) == 0
    checks = {check["name"]: check["ok"] for check in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["glioma-synthetic"]
    assert checks["STOW-RS"]


def test_a_search_says_that_there_is_more_and_how_to_go_on(
    embedded_archive: RunningArchive,
    signed_in: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for day in (1, 2, 3):
        study = StudyIdentity(patient_id="MANY", study_date=f"2026010{day}")
        embedded_archive.connect().store(write_study(tmp_path / str(day), study, 1, (1, 8, 8)), compare=False)
    signed_in.setenv("BRATS_SEGMENTER_TOKEN", embedded_archive.credentials.token)
    search = ["search", "--archive", embedded_archive.profile.url, "--patient-id", "MANY", "--limit", "2", "--json"]
    assert main(search) == 0
    first = capsys.readouterr()
    assert "--offset 2" in first.err
    assert main([*search, "--offset", "2"]) == 0
    rest = capsys.readouterr()
    assert "--offset" not in rest.err
    pages = [json.loads(said.out) for said in (first, rest)]
    assert [page["more"] for page in pages] == [True, False]
    assert sorted(study["study_date"] for page in pages for study in page["studies"]) == [
        "20260101",
        "20260102",
        "20260103",
    ]


def test_the_preprocessed_images_share_one_grid_with_the_mask(
    phantom_study: PhantomStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["preprocess", str(phantom_study.folder), "--out", str(tmp_path), "--json", *_QUICK]) == 0
    printed = json.loads(capsys.readouterr().out)
    images = [sitk.ReadImage(path) for path in (*printed["images"].values(), printed["mask"])]
    assert set(printed["images"]) == {"T1", "T1c", "T2", "FLAIR"}
    assert len({image.GetSize() for image in images}) == 1
    assert images[0].GetSpacing() == pytest.approx((1.0, 1.0, 1.0))


def test_no_image_of_an_earlier_patient_stays_beside_the_preprocessed_ones(tmp_path: Path) -> None:
    out, stale = tmp_path / "out", tmp_path / "out" / "T1.nii.gz"
    small_study(tmp_path / "in", "20260301", Sequence.T1C, Sequence.T2)
    command = ["preprocess", str(tmp_path / "in"), "--out", str(out), "--no-brain-mask", *_QUICK]
    assert main(command) == 0
    stale.write_bytes(b"of another patient")
    assert main(command) == 0
    assert {path.name for path in out.glob("*.nii.gz")} == {"T1c.nii.gz", "T2.nii.gz", "mask.nii.gz"}


@pytest.mark.parametrize("name", ["FLAIR.nii.gz", "mask.nii.gz"])
def test_no_image_of_somebody_else_is_written_over_or_deleted(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / name).write_bytes(b"registered by hand")
    assert main(["preprocess", str(tmp_path / "in"), "--out", str(tmp_path)]) == 9
    assert f"{name} would be written over" in capsys.readouterr().err.replace("\n", "")
    assert (tmp_path / name).read_bytes() == b"registered by hand"


def test_after_an_operation_the_brain_is_found_by_the_model_for_it(
    phantom_study: PhantomStudy, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = ["preprocess", str(phantom_study.folder), "--out", str(tmp_path), "--json", "--postoperative", *_QUICK]
    assert main(command) == 0
    assert any("brain-synthetic-postoperative" in text for text in json.loads(capsys.readouterr().out)["findings"])


def test_research_images_become_a_study_that_is_recognised(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    image = sitk.GetImageFromArray(np.random.default_rng(1).normal(100, 20, (24, 64, 64)).astype(np.float32))
    image.SetSpacing((3.0, 3.0, 5.0))
    file = str(tmp_path / "image.nii.gz")
    sitk.WriteImage(image, file)
    files = ["--t1", file, "--t1c", file, "--t2", file, "--flair", file]
    assert main(["nifti-to-dicom", *files, "--out", str(tmp_path / "other")]) == 0
    capsys.readouterr()
    assert main(["nifti-to-dicom", *files, "--out", str(tmp_path / "study"), "--json"]) == 0
    patients = {dcmread(next((tmp_path / name).rglob("*.dcm"))).PatientID for name in ("other", "study")}
    assert len(patients) == 2, "what is made without an ID is not taken for one patient"
    written = json.loads(capsys.readouterr().out)
    assert main(["recognise", str(tmp_path / "study"), "--json"]) == 0
    recognised = json.loads(capsys.readouterr().out)
    assert set(recognised["sequences"]) == {"T1", "T1c", "T2", "FLAIR"}
    assert dicom.scan(tmp_path / "study").require_one_study() == written["study_uid"]


def test_a_label_map_is_measured(finished_run: FinishedRun, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    labels = finished_run.printed["segmentation"]
    assert main(["measure", labels, "--csv", str(tmp_path / "volumes.csv"), "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert printed["volumes_ml"]["WT"] == pytest.approx(finished_run.printed["volumes_ml"]["WT"])
    assert printed["lesions"][0]["diameters"]["longest_mm"] > 10
    assert "ET" in (tmp_path / "volumes.csv").read_text(encoding="utf-8")


def test_the_demo_archive_announces_itself_in_one_line_and_wants_its_token(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "archive", "serve", "--dir", str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        studies = f"{ready['url']}/studies"
        answer = requests.get(studies, headers={"Authorization": f"Bearer {ready['token']}"}, timeout=10)
        refused = requests.get(studies, timeout=10)
        server.terminate()
        assert server.wait(timeout=10) == 0
    assert answer.status_code == 200
    assert refused.status_code == 401


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["recognise", "no-such-folder"], 4, "no-such-folder"),
        (["segment", "PHANTOM", "--bundle", "no-such-model", "--out", "OUT"], 7, "no-such-model"),
        (["search", "--archive", "http://127.0.0.1:9/dicom-web"], 3, "host and port in --archive"),
        (["search", "--archive", "ftp://pacs"], 3, "http"),
        (["export", "OUT"], 9, "segmentation"),
        (["measure", "no-such/file.nii.gz"], 9, "There is no file no-such/file.nii.gz"),
        (["nifti-to-dicom", "--t1", "no-such/file.nii.gz", "--out", "OUT"], 4, "There is no file no-such/file.nii.gz"),
        (["segment", "PHANTOM", "--take", "T1c=no-such-key", "--out", "OUT"], 4, "recognise prints the keys"),
    ],
)
def test_what_goes_wrong_has_an_exit_code_and_a_sentence_that_names_it(
    phantom_study: PhantomStudy,
    signed_in: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    places = {"PHANTOM": str(phantom_study.folder), "OUT": str(tmp_path)}
    assert main([places.get(argument, argument) for argument in arguments]) == code
    assert words in capsys.readouterr().err.replace("\n", " ")


def test_unknown_arguments_are_a_usage_error() -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["run", "--no-such-option"])
    assert stopped.value.code == 2


def _sop_instance_uid(path: Path) -> str:
    import pydicom

    return str(pydicom.dcmread(path, specific_tags=["SOPInstanceUID"]).SOPInstanceUID)


def test_names_beyond_the_output_s_encoding_stop_no_command(embedded_archive: RunningArchive, tmp_path: Path) -> None:
    identity = StudyIdentity(patient_name="Łoś^Żaneta", patient_id="ENCODING-1")
    embedded_archive.connect().store(write_study(tmp_path, identity, 1, (1, 8, 8)), compare=False)
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "search", "--archive", embedded_archive.profile.url]
    environment = {
        **os.environ,
        "COLUMNS": "200",
        "PYTHONIOENCODING": "cp1252",
        "PYTHONPATH": str(module_folder()),
        "BRATS_SEGMENTER_TOKEN": embedded_archive.credentials.token,
    }
    for options in ([], ["--json"]):
        done = subprocess.run([*command, *options], capture_output=True, env=environment, timeout=60, check=True)
        assert b"aneta" in done.stdout
