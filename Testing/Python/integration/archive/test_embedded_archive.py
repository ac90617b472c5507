"""The embedded archive as an ordinary DICOMweb client sees it (DICOM PS3.18)."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import threading
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from archives import RunningArchive, write_study
from dicomweb_client import DICOMwebClient
from host.served_archive import served_archive
from pydicom import dcmread
from series_samples import change, put

from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.archive.multipart import encode
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress


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

    refused = stranger.get(f"{url}/studies")
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith("Bearer ")
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


def test_a_message_that_was_cut_stores_nothing(
    session: requests.Session, url: str, files: list[Path], tmp_path: Path
) -> None:
    body, content_type = encode([file.read_bytes() for file in files])

    response = session.post(f"{url}/studies", data=body[:-500], headers={"Content-Type": content_type})

    assert response.status_code == 400
    assert session.get(f"{url}/instances").json() == []
    assert not [*(tmp_path / "embedded archive" / "incoming").iterdir()]


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
        ("limit=-3", 400),
        ("offset=-1", 400),
        (f"limit={10**30}", 400),
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


@pytest.mark.parametrize(
    ("keyword", "value"),
    [
        ("SeriesNumber", b"abc "),
        ("SeriesNumber", b"1\\2 "),
        ("InstanceNumber", b"abc "),
        ("Rows", b"\x20\x00\x21\x00"),
    ],
)
def test_an_object_with_a_number_that_is_none_hides_neither_itself_nor_another(
    embedded_archive: RunningArchive,
    study: StudyIdentity,
    files: list[Path],
    tmp_path: Path,
    keyword: str,
    value: bytes,
) -> None:
    change(files[0], lambda dataset: put(dataset, keyword, value))
    archive = embedded_archive.connect()
    archive.store(files, study.study_uid)

    fetched = archive.fetch(study.study_uid, tmp_path / "fetched")

    assert {file.read_bytes() for file in fetched.files} == {file.read_bytes() for file in files}


def test_an_object_whose_number_has_no_end_is_not_understood(
    session: requests.Session, url: str, files: list[Path]
) -> None:
    change(files[0], lambda dataset: put(dataset, "InstanceNumber", b"1e999 "))
    assert failure_reasons(post(session, f"{url}/studies", [files[0].read_bytes()])) == [0xC000]


def test_several_values_are_listed_as_several(session: requests.Session, url: str, files: list[Path]) -> None:
    change(files[0], lambda dataset: put(dataset, "StudyDescription", b"MRI\\brain "))
    post(session, f"{url}/studies", [files[0].read_bytes()])

    (listed,) = session.get(f"{url}/studies").json()

    assert listed["00081030"]["Value"] == ["MRI", "brain"]


def test_every_listing_says_where_to_retrieve_it(session: requests.Session, url: str, files: list[Path]) -> None:
    post(session, f"{url}/studies", [file.read_bytes() for file in files])

    for level, count in (("studies", len(files)), ("series", len(files) // 2), ("instances", 1)):
        address = session.get(f"{url}/{level}").json()[0]["00081190"]["Value"][0]
        assert session.get(address).content.count(b"Content-Type: application/dicom\r\n") == count


@pytest.mark.parametrize(
    ("resource", "accept", "status"),
    [
        ("studies", "application/dicom+json", 200),
        ("studies", "text/html, application/json;q=0.9", 200),
        ("studies", "text/html,application/xml;q=0.9,*/*;q=0.8", 200),
        ("studies", 'multipart/related; type="application/dicom+xml"', 406),
        ("studies/{study}/metadata", "application/*", 200),
        ("studies/{study}/metadata", "application/dicom+xml", 406),
        ("studies/{study}", 'multipart/related; type="application/dicom"; transfer-syntax=*', 200),
        ("studies/{study}", "Multipart/Related; Type=Application/DICOM", 200),
        ("studies/{study}", "multipart/related", 200),
        ("studies/{study}", 'multipart/related; type="image/jpeg"', 406),
        ("studies/{study}", "application/zip", 406),
    ],
)
def test_what_a_client_does_not_take_is_not_sent(
    session: requests.Session,
    url: str,
    study: StudyIdentity,
    files: list[Path],
    resource: str,
    accept: str,
    status: int,
) -> None:
    post(session, f"{url}/studies", [files[0].read_bytes()])
    address = f"{url}/{resource.format(study=study.study_uid)}"
    assert session.get(address, headers={"Accept": accept}).status_code == status


@pytest.mark.parametrize(
    ("header", "body"),
    [
        ("Content-Length: abc", b""),
        ("Content-Length: -5", b""),
        ("Transfer-Encoding: chunked", b"zz\r\n"),
        ("Transfer-Encoding: chunked", b"fffffffff\r\n"),
    ],
)
@pytest.mark.parametrize("has_token", [True, False])
def test_a_body_without_a_known_end_is_refused_and_nothing_behind_it_is_read(
    embedded_archive: RunningArchive, header: str, body: bytes, has_token: bool
) -> None:
    token = f"Authorization: Bearer {embedded_archive.credentials.token}\r\n"
    kind = "Content-Type: multipart/related; boundary=b\r\n"
    request = f"POST /dicom-web/studies HTTP/1.1\r\nHost: here\r\n{token if has_token else ''}{kind}{header}\r\n\r\n"
    behind = f"GET /dicom-web/studies HTTP/1.1\r\nHost: here\r\n{token}\r\n"
    place = urlsplit(embedded_archive.profile.url)
    with socket.create_connection((place.hostname, place.port), timeout=10) as connection:
        connection.sendall(request.encode() + body + behind.encode())
        with connection.makefile("rb") as answer:
            assert answer.readline() == b"HTTP/1.1 400 Bad Request\r\n"
            assert b"200 OK" not in answer.read()


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


def test_a_folder_of_files_is_taken_in_and_what_is_no_whole_object_is_named(
    tmp_path: Path, study: StudyIdentity, files: list[Path]
) -> None:
    folder = tmp_path / "study"
    note, missing, cut, other = (folder / name for name in ("notes.txt", "missing.dcm", "cut.dcm", "other.dcm"))
    note.write_text("no object")
    missing.symlink_to(tmp_path / "moved")
    cut.write_bytes(files[0].read_bytes()[:-100])
    shutil.copy(files[1], other)
    change(other, lambda dataset: setattr(dataset, "StationName", "elsewhere"))
    kept = {file: file.read_bytes() for file in files}
    with serve(tmp_path / "served") as archive:
        for _time in range(2):
            not_taken = archive.add([*files, note, missing, cut, other], Progress())
            assert {one.file: one.reason for one in not_taken} == {
                note: "holds no whole DICOM object",
                missing: "cannot be opened",
                cut: "holds no whole DICOM object",
                other: "names itself as another object that is there already",
            }
        client = DICOMwebClient(archive.url, headers={"Authorization": f"Bearer {archive.token}"})
        assert len(client.search_for_instances(study.study_uid)) == len(files)
    assert {file: file.read_bytes() for file in files} == kept
    assert not any((tmp_path / "served" / "incoming").iterdir())


def test_a_folder_is_served_by_one_command_which_names_what_it_did_not_take(
    tmp_path: Path, study: StudyIdentity, files: list[Path]
) -> None:
    note = tmp_path / "study" / "notes.txt"
    note.write_text("no object")
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "archive", "serve", "--add", str(tmp_path / "study")]
    within = [*command, "--dir", str(tmp_path / "study" / "served")]
    assert subprocess.run(within, stderr=subprocess.PIPE, check=False).returncode == 2
    with subprocess.Popen(
        [*command, "--dir", str(tmp_path / "served")], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        ready = json.loads(server.stdout.readline())
        client = DICOMwebClient(ready["url"], headers={"Authorization": f"Bearer {ready['token']}"})
        assert len(client.search_for_instances(study.study_uid)) == ready["added"] == len(files)
        server.terminate()
        _, said = server.communicate(timeout=10)
    assert said == f"Not taken: {note} holds no whole DICOM object.\n"


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
