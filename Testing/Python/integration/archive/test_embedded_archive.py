"""The embedded archive as an ordinary DICOMweb client sees it (DICOM PS3.18)."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import requests
from archives import RunningArchive, write_study
from dicomweb_client import DICOMwebClient
from host.served_archive import served_archive
from pydicom import dcmread

from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.archive.multipart import encode
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.errors import ArchiveError


@pytest.fixture
def study() -> StudyIdentity:
    return StudyIdentity()


@pytest.fixture
def files(study: StudyIdentity, tmp_path: Path) -> list[Path]:
    return write_study(tmp_path / "study", study)


@pytest.fixture
def session(embedded_archive: RunningArchive) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Authorization"] = f"Bearer {embedded_archive.credentials.token}"
    return session


@pytest.fixture
def url(embedded_archive: RunningArchive) -> str:
    return embedded_archive.profile.url


def post(session: requests.Session, url: str, parts: list[bytes]) -> requests.Response:
    body, content_type = encode(parts)
    return session.post(url, data=body, headers={"Content-Type": content_type})


def failure_reasons(response: requests.Response) -> list[int]:
    return [item["00081197"]["Value"][0] for item in response.json().get("00081198", {}).get("Value", [])]


def test_an_archive_in_a_process_of_its_own_answers_where_it_says_with_its_token(
    session: requests.Session, tmp_path: Path
) -> None:
    with served_archive(tmp_path / "served") as archive:
        session.headers["Authorization"] = f"Bearer {archive.token}"
        assert session.get(f"{archive.url}/studies").ok


def test_dicomweb_client_works_with_it(
    session: requests.Session, url: str, study: StudyIdentity, files: list[Path]
) -> None:
    client = DICOMwebClient(url, session=session)
    datasets = [dcmread(file) for file in files]

    answer = client.store_instances(datasets, study.study_uid)
    series = {item["0020000E"]["Value"][0] for item in client.search_for_series(study.study_uid)}
    metadata = client.retrieve_study_metadata(study.study_uid)

    assert len(answer.ReferencedSOPSequence) == len(files)
    assert series == {dataset.SeriesInstanceUID for dataset in datasets}
    assert sorted(item["00080018"]["Value"][0] for item in metadata) == sorted(d.SOPInstanceUID for d in datasets)
    assert all("7FE00010" not in item for item in metadata)
    retrieved = [one for uid in series for one in client.iter_series(study.study_uid, uid)]
    assert sorted(d.SOPInstanceUID for d in retrieved) == sorted(d.SOPInstanceUID for d in datasets)


@pytest.mark.parametrize("authorisation", ["", "Bearer wrong", "Basic YnJhdHM6"])
def test_nobody_gets_in_without_the_token(url: str, files: list[Path], authorisation: str) -> None:
    stranger = requests.Session()
    stranger.trust_env = False
    stranger.headers["Authorization"] = authorisation

    assert stranger.get(f"{url}/studies").status_code == 401
    assert post(stranger, f"{url}/studies", [files[0].read_bytes()]).status_code == 401


def test_it_listens_on_this_machine_only(embedded_archive: RunningArchive) -> None:
    assert embedded_archive.profile.url.startswith("http://127.0.0.1:")


def test_good_and_bad_objects_in_one_message_are_told_apart(
    session: requests.Session, url: str, files: list[Path]
) -> None:
    response = post(session, f"{url}/studies", [files[0].read_bytes(), b"not DICOM"])

    assert response.status_code == 202
    assert failure_reasons(response) == [0xC000]
    assert len(response.json()["00081199"]["Value"]) == 1


def test_objects_of_another_study_than_the_address_are_refused(
    session: requests.Session, url: str, files: list[Path]
) -> None:
    response = post(session, f"{url}/studies/1.2.3", [files[0].read_bytes()])

    assert response.status_code == 409
    assert failure_reasons(response) == [0xA900]


def test_another_content_under_a_stored_uid_is_refused_and_the_first_kept(
    session: requests.Session, url: str, study: StudyIdentity, files: list[Path]
) -> None:
    first = files[0].read_bytes()
    post(session, f"{url}/studies", [first])
    changed = first.replace(b"BRAIN ", b"FOOT  ")

    again = post(session, f"{url}/studies", [first])
    conflict = post(session, f"{url}/studies", [changed])

    assert (again.status_code, conflict.status_code) == (200, 409)
    assert failure_reasons(conflict) == [0x0111]
    assert first in session.get(f"{url}/studies/{study.study_uid}").content


def test_the_same_object_twice_in_one_message_is_stored_once(
    session: requests.Session, url: str, files: list[Path]
) -> None:
    response = post(session, f"{url}/studies", [files[0].read_bytes()] * 2)

    assert response.status_code == 200
    assert len(session.get(f"{url}/instances").json()) == 1


@pytest.mark.parametrize("parts", [[], [b""], [b"not DICOM"], [b"\0" * 128 + b"DICM"]])
def test_nothing_useful_is_never_a_success(session: requests.Session, url: str, parts: list[bytes]) -> None:
    assert post(session, f"{url}/studies", parts).status_code in (400, 409)


def test_a_message_that_was_cut_stores_nothing(session: requests.Session, url: str, files: list[Path]) -> None:
    body, content_type = encode([file.read_bytes() for file in files])

    response = session.post(f"{url}/studies", data=body[:-500], headers={"Content-Type": content_type})

    assert response.status_code == 400
    assert session.get(f"{url}/instances").json() == []


def test_a_uid_that_is_a_path_stays_outside(
    session: requests.Session, url: str, files: list[Path], tmp_path: Path
) -> None:
    content = files[0].read_bytes()
    uid = dcmread(files[0]).SOPInstanceUID.encode()
    evil = content.replace(uid, b"../../evil".ljust(len(uid), b"l"))
    before = {path for path in tmp_path.rglob("*") if path.is_file() and "embedded" not in str(path)}

    response = post(session, f"{url}/studies", [evil])

    assert response.status_code == 409
    assert {path for path in tmp_path.rglob("*") if path.is_file() and "embedded" not in str(path)} == before
    assert session.get(f"{url}/studies/..%2F..%2Fetc").status_code == 404


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("limit=1", 200),
        ("limit=abc", 400),
        ("PatientNmae=X", 400),
        ("Modality=MR", 400),
        ("00100020=P*", 200),
        ("includefield=all&fuzzymatching=true", 200),
    ],
)
def test_a_filter_it_cannot_apply_is_said_and_not_ignored(
    session: requests.Session, url: str, query: str, status: int
) -> None:
    assert session.get(f"{url}/studies?{query}").status_code == status


def test_what_is_not_stored_is_not_found(session: requests.Session, url: str) -> None:
    assert session.get(f"{url}/studies/1.2.3").status_code == 404
    assert session.get(f"{url}/studies/1.2.3/metadata").status_code == 404
    assert session.get(f"{url}/studies/1.2.3/series").json() == []


def test_what_was_stored_is_there_after_a_restart(tmp_path: Path, study: StudyIdentity, files: list[Path]) -> None:
    with serve(tmp_path / "pacs", token="t") as first:
        post(requests.Session(), f"{first.url}/studies", [])
        session = requests.Session()
        session.headers["Authorization"] = "Bearer t"
        assert post(session, f"{first.url}/studies", [file.read_bytes() for file in files]).status_code == 200
    (tmp_path / "pacs" / "incoming" / "receiving-1").write_bytes(b"half")

    with serve(tmp_path / "pacs", token="t") as second:
        assert len(session.get(f"{second.url}/studies/{study.study_uid}/instances").json()) == len(files)
    assert not [*(tmp_path / "pacs" / "incoming").iterdir()]


def test_a_folder_of_other_files_is_refused_and_left_as_it_is(tmp_path: Path) -> None:
    image = tmp_path / "study" / "incoming" / "IM1.dcm"
    image.parent.mkdir(parents=True)
    image.write_bytes(b"an image")
    with pytest.raises(ArchiveError, match="holds other files"):
        serve(tmp_path / "study")
    assert [*(tmp_path / "study").rglob("*")] == [image.parent, image]


def test_what_somebody_else_put_into_the_folder_stays(tmp_path: Path) -> None:
    with serve(tmp_path / "pacs"):
        (tmp_path / "pacs" / "incoming" / "IM1.dcm").write_bytes(b"an image")
    with serve(tmp_path / "pacs"):
        assert [file.name for file in (tmp_path / "pacs" / "incoming").iterdir()] == ["IM1.dcm"]


def test_an_index_of_another_program_is_said(tmp_path: Path) -> None:
    (tmp_path / "index.sqlite").write_bytes(b"something else, and long enough to be taken for a header" * 100)
    with pytest.raises(ArchiveError, match=r"index of the archive in .* cannot be opened"):
        serve(tmp_path)


def test_many_clients_at_once_lose_nothing(
    embedded_archive: RunningArchive, tmp_path: Path, study: StudyIdentity
) -> None:
    files = write_study(tmp_path / "many", study, 2, (12, 16, 16))
    threads = [
        threading.Thread(target=embedded_archive.connect().store, args=(files[start::3],)) for start in (0, 1, 2, 0)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    (first, second) = embedded_archive.connect().series(study.study_uid)
    assert (first.instance_count, second.instance_count) == (12, 12)
