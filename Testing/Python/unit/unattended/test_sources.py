"""What an archive lists for a router or a cohort, when it does not list everything."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from urllib.parse import parse_qs, urlsplit

import pytest

from BratsSegmenterLib.archive import Credentials, LoginRefusedError, Profile, TemporaryArchiveError
from BratsSegmenterLib.errors import ArchiveError
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.study import study_folder
from BratsSegmenterLib.unattended import ArchiveSource


class _Server(ThreadingHTTPServer):
    """An archive of two studies that tells no number of instances; what it answers for the series of each is given."""

    series: dict[str, int | list[dict]]


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        answer: int | list[dict] = [
            {"0020000D": {"vr": "UI", "Value": [uid]}, "00080061": {"vr": "CS", "Value": ["MR"]}}
            for uid in self.server.series
        ]
        if url.path.endswith("/series"):
            answer = self.server.series[url.path.split("/")[-2]]
        elif parse_qs(url.query)["offset"] != ["0"]:
            answer = []
        status, body = (answer, b"") if isinstance(answer, int) else (200, json.dumps(answer).encode())
        self.send_response(status)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


@pytest.fixture
def server() -> Iterator[_Server]:
    with _Server(("127.0.0.1", 0), _Handler) as server:
        Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


GOOD = [{"0020000E": {"vr": "UI", "Value": ["1.2.3.1"]}, "00201209": {"vr": "IS", "Value": [3]}}]
WITHOUT_UID = [{"0020000E": {"vr": "UI", "Value": ["../x"]}}]


@pytest.mark.parametrize(("answer", "reason"), [(403, "answered 403"), (WITHOUT_UID, "without a valid UID")])
def test_a_study_whose_series_are_not_listed_is_left_out_and_said_once(
    server: _Server, answer: int | list[dict], reason: str
) -> None:
    server.series = {"1.2.3": GOOD, "1.2.4": answer}
    said: list[str] = []
    source = _source(server, said)
    for _look in range(2):
        (found,) = source.studies(Progress())
        assert (found.study.study_uid, found.study.instance_count) == ("1.2.3", 3)
    (sentence,) = said
    assert sentence.startswith(f"{study_folder(Path(), '1.2.4').name} is left out: ")
    assert reason in sentence


def test_where_no_study_can_be_listed_the_archive_is_at_fault(server: _Server) -> None:
    server.series = {"1.2.3": 403, "1.2.4": 403}
    said: list[str] = []
    with pytest.raises(ArchiveError, match="answered 403"):
        _source(server, said).studies(Progress())
    assert not said


def test_an_archive_that_is_busy_is_asked_again_for_all(server: _Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("BratsSegmenterLib.archive.threads.Stop.sleep", lambda _stop, _seconds: None)
    server.series = {"1.2.3": GOOD, "1.2.4": 503}
    with pytest.raises(TemporaryArchiveError, match="answered 503"):
        _source(server, []).studies(Progress())


def test_a_login_that_is_refused_meanwhile_is_no_fault_of_a_study(server: _Server) -> None:
    server.series = {"1.2.3": GOOD, "1.2.4": 401}
    with pytest.raises(LoginRefusedError, match="answered 401"):
        _source(server, []).studies(Progress())


def _source(server: _Server, said: list[str]) -> ArchiveSource:
    profile = Profile("Ward 3", f"http://127.0.0.1:{server.server_port}/dicom-web")
    return ArchiveSource(profile, Credentials(), say=said.append)
