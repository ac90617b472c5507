"""The same scenarios against our embedded archive and Debian's Orthanc."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from archives import RunningArchive, write_study
from pydicom import Dataset, dcmread
from pydicom.dataset import FileMetaDataset
from pydicom.uid import UID, ImplicitVRLittleEndian, RTStructureSetStorage

from BratsSegmenterLib.archive import Archive, Authentication, Profile, StoreRefusedError, StudyQuery
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.dicom.values import new_uid
from BratsSegmenterLib.errors import ArchiveError, Cancelled
from BratsSegmenterLib.progress import Progress, ProgressEvent


def hashes(files: list[Path] | tuple[Path, ...]) -> list[str]:
    return sorted(hashlib.sha256(file.read_bytes()).hexdigest() for file in files)


def a_study(any_archive: RunningArchive, folder: Path, **identity: str) -> tuple[StudyIdentity, list[Path]]:
    study = StudyIdentity(**identity)
    files = write_study(folder / study.study_uid, study)
    any_archive.connect().store(files, study.study_uid)
    return study, files


def test_what_is_stored_comes_back_bit_for_bit(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, files = a_study(any_archive, tmp_path)

    fetched = any_archive.connect().fetch(study.study_uid, tmp_path / "fetched")

    assert hashes(fetched.files) == hashes(files)
    assert [len(series.files) for series in fetched.series] == [4, 4]
    assert fetched.received_bytes == sum(file.stat().st_size for file in files)


def test_single_series_can_be_fetched(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, files = a_study(any_archive, tmp_path)
    archive = any_archive.connect()
    second = archive.series(study.study_uid)[1]

    fetched = archive.fetch(study.study_uid, tmp_path / "fetched", [second.series_uid])

    assert hashes(fetched.files) == hashes(files[4:])


FINDS_MUELLER = {
    StudyQuery(patient_id="SE*7"): True,
    StudyQuery(patient_id="se-??7"): True,
    StudyQuery(patient_id="SE-018"): False,
    StudyQuery(patient_name="Müller^Änne"): True,
    StudyQuery(patient_name="müller änne*"): True,
    StudyQuery(patient_name="M*r^Ä*"): True,
    StudyQuery(patient_name="Meier*"): False,
    StudyQuery(accession_number="ACC 4711"): True,
    StudyQuery(accession_number="ACC 47"): False,
    StudyQuery(date_from="2025-03-01", date_to="2025-03-31"): True,
    StudyQuery(date_from="20250315", date_to="20250315"): True,
    StudyQuery(date_to="2025-03-14"): False,
    StudyQuery(date_from="2025-03-16", date_to="2025-12-31"): False,
    StudyQuery(modality="MR", patient_id="SE-017"): True,
    StudyQuery(modality="CT"): False,
}


def test_every_filter_finds_the_study_it_should(
    any_archive: RunningArchive, tmp_path: Path, subtests: pytest.Subtests
) -> None:
    study, _ = a_study(
        any_archive,
        tmp_path,
        patient_id="SE-017",
        patient_name="Müller^Änne",
        accession_number="ACC 4711",
        study_date="20250315",
    )
    archive = any_archive.connect()

    for query, is_found in FINDS_MUELLER.items():
        with subtests.test(patient=query.patient_id + query.patient_name, other=repr(query)):
            found = archive.search(query)
            assert (study.study_uid in [one.study_uid for one in found]) is is_found


def test_a_study_is_listed_with_what_the_user_needs_to_choose_it(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, _ = a_study(any_archive, tmp_path, patient_id="LISTED-1")
    archive = any_archive.connect()

    (found,) = archive.search(StudyQuery(patient_id="LISTED-1", patient_name="Phantom*"))
    series = archive.series(study.study_uid)

    assert found.study_uid == study.study_uid
    assert (found.patient_name, found.patient_id) == ("Phantom^Glioma", "LISTED-1")
    assert (found.study_date, found.description) == ("20260102", "MR BRAIN W/WO CONTRAST")
    assert (found.modalities, found.series_count, found.instance_count) == (("MR",), 2, 8)
    assert [(one.number, one.modality, one.instance_count) for one in series] == [(1, "MR", 4), (2, "MR", 4)]
    assert [one.description for one in series] == ["Ax T1 SE", "Ax T2 TSE"]


def test_a_long_list_is_paged_without_losing_or_doubling_a_study(any_archive: RunningArchive, tmp_path: Path) -> None:
    patient = f"PAGED-{new_uid()[-6:]}"
    expected = set()
    for day in range(1, 6):
        study = StudyIdentity(patient_id=patient, study_date=f"2025010{day}")
        any_archive.connect().store(write_study(tmp_path / str(day), study, 1, (1, 8, 8)), compare=False)
        expected.add(study.study_uid)
    archive = any_archive.connect()

    everything = archive.search(StudyQuery(patient_id=patient))
    pages = [archive.search(StudyQuery(patient_id=patient, limit=2, offset=offset)) for offset in (0, 2, 4)]
    with_one_more = [archive.search(StudyQuery(patient_id=patient, limit=3, offset=offset)) for offset in (0, 2, 4)]

    assert {one.study_uid for one in everything} == expected
    assert sorted(one.study_uid for page in pages for one in page) == sorted(expected)
    assert [page[:2] for page in with_one_more] == pages, "the study beyond a page is not one of that page"
    assert [len(page) for page in with_one_more] == [3, 3, 1]


def test_the_connection_test_says_what_works(any_archive: RunningArchive, tmp_path: Path) -> None:
    a_study(any_archive, tmp_path)

    checks = {check.name: check for check in any_archive.connect().test_connection()}

    assert [checks[name].ok for name in ("reachable", "authorised", "QIDO-RS", "WADO-RS", "STOW-RS")] == [True] * 5
    assert checks["TLS"].ok is None
    assert checks["TLS"].sentence == "The connection is not encrypted; the PACS runs on this machine."


def test_the_connection_test_stores_nothing(embedded_archive: RunningArchive) -> None:
    archive = embedded_archive.connect()

    archive.test_connection()

    assert archive.search(StudyQuery()) == []


def test_storing_twice_leaves_one_object(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, files = a_study(any_archive, tmp_path)
    archive = any_archive.connect()

    again = archive.store(files, study.study_uid)

    assert all(one.was_present for one in again)
    assert sum(one.instance_count or 0 for one in archive.series(study.study_uid)) == len(files)


def test_a_changed_object_under_an_old_uid_is_noticed(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, files = a_study(any_archive, tmp_path)
    changed = dcmread(files[0])
    changed.SeriesDescription = "Changed"
    changed.save_as(files[0])

    with pytest.raises(StoreRefusedError, match=r"other content than was sent \(SeriesDescription\)"):
        any_archive.connect().store(files[:1], study.study_uid)


def test_an_object_of_another_study_is_not_sent(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, other = StudyIdentity(), StudyIdentity()
    files = write_study(tmp_path, other)

    with pytest.raises(ArchiveError, match="belongs to study"):
        any_archive.connect().store(files, study.study_uid)

    assert any_archive.connect().series(other.study_uid) == []


def test_a_contour_of_more_than_64_kb_comes_back_equal(any_archive: RunningArchive, tmp_path: Path) -> None:
    path = tmp_path / "rtstruct.dcm"
    structure_set = Dataset()
    structure_set.file_meta = FileMetaDataset()
    structure_set.file_meta.TransferSyntaxUID = ImplicitVRLittleEndian
    structure_set.SOPClassUID = structure_set.file_meta.MediaStorageSOPClassUID = RTStructureSetStorage
    structure_set.SOPInstanceUID = structure_set.file_meta.MediaStorageSOPInstanceUID = UID(new_uid())
    structure_set.StudyInstanceUID, structure_set.SeriesInstanceUID = new_uid(), new_uid()
    structure_set.Modality, structure_set.PatientID, structure_set.PatientName = "RTSTRUCT", "CONTOUR-1", "Long^Contour"
    contour = Dataset()
    contour.ContourGeometricType, contour.NumberOfContourPoints = "CLOSED_PLANAR", 5000
    contour.ContourData = [f"{value / 8:.3f}" for value in range(15_000)]
    roi = Dataset()
    roi.ReferencedROINumber, roi.ContourSequence = 1, [contour]
    structure_set.ROIContourSequence = [roi]
    structure_set.save_as(path, enforce_file_format=True)

    (stored,) = any_archive.connect().store([path], structure_set.StudyInstanceUID)

    assert path.stat().st_size > 65_536
    assert not stored.was_present


def test_the_instances_of_a_series_are_listed(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, files = a_study(any_archive, tmp_path)
    archive = any_archive.connect()
    series = archive.series(study.study_uid)[0]

    instances = archive.find_instances(study.study_uid, series.series_uid)

    stored = [dcmread(file) for file in files]
    assert {one.uid for one in instances} == {
        one.SOPInstanceUID for one in stored if one.SeriesInstanceUID == series.series_uid
    }
    assert len(instances) == 4


def test_a_study_that_is_not_there_is_said(any_archive: RunningArchive, tmp_path: Path) -> None:
    unknown = new_uid()

    with pytest.raises(ArchiveError, match=f"lists no series of study {unknown}"):
        any_archive.connect().fetch(unknown, tmp_path)


def test_an_unknown_series_has_no_instances(any_archive: RunningArchive) -> None:
    assert any_archive.connect().find_instances(new_uid(), new_uid()) == []


def test_a_wrong_password_is_said_at_once(any_archive: RunningArchive) -> None:
    stranger = RunningArchive(any_archive.kind, any_archive.profile, type(any_archive.credentials)("brats", "no", "no"))

    with pytest.raises(ArchiveError, match="answered 401: user name, password or token is wrong"):
        stranger.connect().search(StudyQuery())
    checks = {check.name: check for check in stranger.connect().test_connection()}
    assert checks["reachable"].ok is True
    assert checks["authorised"].ok is False
    assert checks["STOW-RS"].ok is None


def test_an_archive_that_is_not_there_is_said() -> None:
    archive = Archive(Profile("Ward 3", "http://127.0.0.1:9/dicom-web", Authentication.NONE), retry_delays_s=())

    with pytest.raises(ArchiveError, match="The PACS 'Ward 3' is not running at this address"):
        archive.search(StudyQuery())


def test_a_second_fetch_takes_what_is_there(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, files = a_study(any_archive, tmp_path)
    archive = any_archive.connect()
    first = archive.fetch(study.study_uid, tmp_path / "fetched")
    damaged_bytes = first.files[0].stat().st_size + first.files[5].stat().st_size
    first.files[0].unlink()
    first.files[5].write_bytes(first.files[5].read_bytes()[:-100])

    second = archive.fetch(study.study_uid, tmp_path / "fetched")

    assert hashes(second.files) == hashes(files)
    assert second.received_bytes == damaged_bytes


def test_progress_counts_to_the_end(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, _ = a_study(any_archive, tmp_path)
    events: list[ProgressEvent] = []

    any_archive.connect().fetch(study.study_uid, tmp_path / "fetched", progress=Progress(events.append))

    assert events[-1].fraction == 1.0
    assert events[-1].message.startswith("8 of 8 images")


def test_a_cancelled_fetch_leaves_only_whole_files(any_archive: RunningArchive, tmp_path: Path) -> None:
    study, _ = a_study(any_archive, tmp_path)

    with pytest.raises(Cancelled):
        any_archive.connect().fetch(study.study_uid, tmp_path / "fetched", progress=Progress(is_cancelled=lambda: True))

    assert not [*(tmp_path / "fetched").rglob("*.part")]
