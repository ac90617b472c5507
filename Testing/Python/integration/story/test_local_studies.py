"""Studies of this computer: listed from a folder, pictured, and worked on by their files alone."""

import json
from pathlib import Path

import pytest
from phantoms import PhantomStudy
from PIL import Image
from series_samples import change
from small_studies import small_study

from BratsSegmenterLib.archive import Credentials
from BratsSegmenterLib.cli import main
from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.jobs import ListFolderJob, PrepareJob
from BratsSegmenterLib.local_studies import files_of_study
from BratsSegmenterLib.performing import perform
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.workbench import Workbench


def test_a_folder_lists_its_study_and_passes_over_what_is_no_dicom(phantom_study: PhantomStudy, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no image")
    for number, file in enumerate(phantom_study.files):
        (tmp_path / f"{number}.dcm").symlink_to(file)
    listed = perform(ListFolderJob(tmp_path), Credentials(), Progress())
    (local,) = listed.studies
    assert local.study.study_uid == phantom_study.identity.study_uid
    assert (local.study.patient_id, local.study.series_count) == (phantom_study.identity.patient_id, 5)
    assert len(local.files) == len(phantom_study.files)
    assert listed.passed_over == 1


def test_a_study_is_prepared_from_its_files_with_a_picture_of_every_series_on_offer(
    phantom_study: PhantomStudy, tmp_path: Path
) -> None:
    prepared = perform(PrepareJob(tmp_path, listed=phantom_study.files), Credentials(), Progress())
    assert set(prepared.sequences) == {sequence.value for sequence in Sequence}
    for row in prepared.series:
        assert (row.thumbnail is None) == bool(row.excluded and not row.overrulable)
    pictures = [Image.open(row.thumbnail) for row in prepared.series if row.thumbnail]
    assert {picture.size for picture in pictures} == {(384, 384)}
    assert all(picture.getextrema()[1] > 200 for picture in pictures), "a picture shows the head, not the air"


def test_a_study_of_which_files_were_cut_off_is_listed_with_them_and_says_so_before_it_is_segmented(
    tmp_path: Path,
) -> None:
    small_study(tmp_path / "in", "20260301", Sequence.T1C, Sequence.FLAIR)
    for file in sorted((tmp_path / "in" / "20260301-2").iterdir())[-10:]:
        file.write_bytes(file.read_bytes()[:3000])
    listed = perform(ListFolderJob(tmp_path / "in"), Credentials(), Progress())
    (local,) = listed.studies
    assert (len(local.files), local.study.instance_count, listed.passed_over) == (68, 58, 0)
    prepared = perform(PrepareJob(tmp_path / "job", listed=local.files), Credentials(), Progress())
    assert [*prepared.sequences] == ["T1c"]
    assert prepared.warnings == (
        "Series 2: 0025.dcm is truncated: its pixel data ends too early. So it is with 10 of the files. It would have "
        "been taken as FLAIR.",
    )


def test_of_a_folder_with_studies_of_several_patients_the_one_that_is_named_is_taken(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    share, job = tmp_path / "share", tmp_path / "job"
    wanted = small_study(share, "20260301", Sequence.FLAIR)
    small_study(share, "20260302", Sequence.T2)
    change(next((share / "20260302-1").iterdir()), lambda dataset: setattr(dataset, "PatientID", "SECRET-2"))
    assert main(["recognise", str(share), "--json"]) == 4
    refused = json.loads(capsys.readouterr().out)["error"]
    assert wanted.study_uid in refused["cause"]
    assert "--study UID" in refused["advice"]
    assert main(["recognise", str(share), "--study", wanted.study_uid, "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["sequences"]) == ["FLAIR"]

    prepared = Workbench(job, Credentials(), Progress()).prepare(
        PrepareJob(job, study_uid=wanted.study_uid, files=share)
    )
    assert list(prepared.sequences) == ["FLAIR"]
    assert {series.study_uid for series in Workbench(job, Credentials(), Progress()).study.series} == {wanted.study_uid}


def test_with_a_study_that_is_picked_goes_what_beside_it_cannot_be_read(tmp_path: Path) -> None:
    share = tmp_path / "share"
    wanted = small_study(share / "P1", "20260301", Sequence.FLAIR)
    small_study(share / "P2", "20260302", Sequence.T2)
    for place in ("P1/20260301-1", "P2/20260302-1", "."):
        (share / place / "damaged.dcm").write_bytes(b"no DICOM")
    files = files_of_study(share, wanted.study_uid, Progress())
    assert isinstance(files, tuple)
    assert [file for file in files if file.name == "damaged.dcm"] == [share / "P1" / "20260301-1" / "damaged.dcm"]
    assert files_of_study(share / "P1", wanted.study_uid, Progress()) == share / "P1", "what is added there counts too"


def test_a_study_of_which_every_file_is_cut_off_can_be_picked_and_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cut = small_study(tmp_path / "P1", "20260301", Sequence.FLAIR)
    small_study(tmp_path / "P2", "20260302", Sequence.T2)
    for file in (tmp_path / "P1").rglob("*.dcm"):
        file.write_bytes(file.read_bytes()[:2000])
    assert main(["recognise", str(tmp_path), "--study", cut.study_uid, "--json"]) == 4
    assert "ends too early" in json.loads(capsys.readouterr().out)["error"]["what"]


def test_the_directory_of_a_medium_stands_for_the_medium(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    small_study(tmp_path, "20260301", Sequence.FLAIR)
    (tmp_path / "DICOMDIR").touch()
    assert main(["recognise", str(tmp_path / "DICOMDIR"), "--json"]) == 0
    assert list(json.loads(capsys.readouterr().out)["sequences"]) == ["FLAIR"]
