"""A study that is fetched where files of it lie already: what the archive holds now is what lies there afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from archives import RunningArchive, running_embedded, write_study
from faulty_proxy import Fault, Plan
from pydicom import dcmread

from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.dicom.mr_series import StudyIdentity


@pytest.fixture
def study() -> StudyIdentity:
    return StudyIdentity(patient_name="Real^Name", patient_id="REAL-77")


@pytest.fixture
def files(study: StudyIdentity, tmp_path: Path) -> list[Path]:
    return write_study(tmp_path / "study", study)


@pytest.fixture
def clinical(embedded_archive: RunningArchive, files: list[Path]) -> RunningArchive:
    embedded_archive.connect().store(files, compare=False)
    return embedded_archive


@pytest.fixture
def research(tmp_path: Path) -> Iterator[RunningArchive]:
    """Another archive, empty."""
    with serve(tmp_path / "research") as running:
        yield running_embedded(running)


def without_name(files: list[Path], folder: Path) -> list[Path]:
    """Copies under the same UIDs that name nobody."""
    folder.mkdir()
    copies = []
    for number, file in enumerate(files):
        dataset = dcmread(file)
        dataset.PatientName = dataset.PatientID = "ANON-3"
        copies.append(folder / f"{number}.dcm")
        dataset.save_as(copies[-1])
    return copies


def names_in(folder: Path) -> set[str]:
    return {str(dcmread(path).PatientName) for path in folder.rglob("*.dcm")}


def test_nothing_of_a_patient_stays_whom_the_archive_names_otherwise(
    clinical: RunningArchive, research: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    research.connect().store(without_name(files, tmp_path / "anonymous"), compare=False)
    clinical.connect().fetch(study.study_uid, tmp_path / "fetched")

    fetched = research.connect().fetch(study.study_uid, tmp_path / "fetched")

    assert len(fetched.files) == len(files)
    assert names_in(tmp_path / "fetched") == {"ANON-3"}


def test_files_of_two_patients_in_one_series_are_told_apart(
    clinical: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    before = clinical.connect().fetch(study.study_uid, tmp_path / "fetched")
    odd = before.series[0].files[2]
    odd.write_bytes(without_name([odd], tmp_path / "anonymous")[0].read_bytes())

    again = clinical.connect().fetch(study.study_uid, tmp_path / "fetched")

    assert names_in(tmp_path / "fetched") == {"Real^Name"}
    assert again.received_bytes == odd.stat().st_size, "only what differs is fetched anew"


def test_an_archive_that_gives_no_single_object_sends_all_anew(
    clinical: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    clinical.connect().fetch(study.study_uid, tmp_path / "fetched")
    with clinical.behind_faults() as proxy:
        proxy.plan(*[Plan(Fault.STATUS, path_end=f"/{dcmread(one).SOPInstanceUID}", status=405) for one in files])
        again = clinical.connect(proxy.url).fetch(study.study_uid, tmp_path / "fetched")

    assert again.received_bytes == sum(file.stat().st_size for file in files)


def test_what_the_archive_no_longer_lists_is_removed_and_nothing_else(
    clinical: RunningArchive, research: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    beside = StudyIdentity(patient_id="BESIDE")
    clinical.connect().store(write_study(tmp_path / "beside", beside, 1), compare=False)
    for uid in (study.study_uid, beside.study_uid):
        clinical.connect().fetch(uid, tmp_path / "fetched")
    notes = tmp_path / "fetched" / "my notes.txt"
    notes.write_text("kept")
    research.connect().store(files[:3], compare=False)  # of the first series, which has four

    fetched = research.connect().fetch(study.study_uid, tmp_path / "fetched")

    left = {path for path in (tmp_path / "fetched").rglob("*") if path.is_file()}
    assert len(fetched.files) == 3
    assert len(left - {notes, *fetched.files}) == 4, "the study beside it"
    assert {notes, *fetched.files} < left


def test_a_single_series_takes_no_other_one_away(
    clinical: RunningArchive, study: StudyIdentity, files: list[Path], tmp_path: Path
) -> None:
    archive = clinical.connect()
    archive.fetch(study.study_uid, tmp_path / "fetched")
    archive.fetch(study.study_uid, tmp_path / "fetched", [archive.series(study.study_uid)[0].series_uid])
    assert len([*(tmp_path / "fetched").rglob("*.dcm")]) == len(files)
