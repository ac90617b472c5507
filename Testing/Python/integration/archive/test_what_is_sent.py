"""What leaves this computer beside the question: the login of the archive, that of a proxy, the name of the host."""

from __future__ import annotations

import http.server
import threading
from base64 import b64decode
from collections.abc import Iterator

import pytest
from archives import RunningArchive
from empty_archive import EmptyArchive
from faulty_proxy import Fault, Plan

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile, SettingNames, StudyQuery
from BratsSegmenterLib.errors import ArchiveError


@pytest.fixture
def proxy() -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), EmptyArchive)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    EmptyArchive.asked.clear()
    yield f"127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_a_token_with_a_line_end_lets_us_in(embedded_archive: RunningArchive) -> None:
    token = Credentials(token=f"{embedded_archive.credentials.token}\r\n")
    assert Archive(embedded_archive.profile, token).search(StudyQuery()) == []


@pytest.mark.parametrize(
    ("authentication", "credentials"),
    [
        (Authentication.BEARER, Credentials(token="hu\r\nsh")),
        (Authentication.BEARER, Credentials(token="hush…")),
        (Authentication.BASIC, Credentials(user="reader", password="hu\udcffsh")),
    ],
)
def test_a_secret_that_cannot_be_sent_is_said_with_its_setting_and_not_repeated(
    proxy: str, authentication: Authentication, credentials: Credentials
) -> None:
    profile = Profile(
        "Ward 3", f"http://{proxy}/dicom-web", authentication, names=SettingNames(credentials="THE_VARIABLE")
    )
    archive = Archive(profile, credentials)
    with pytest.raises(ArchiveError, match=r"holds characters that cannot be sent\. Correct THE_VARIABLE") as caught:
        archive.search(StudyQuery())
    assert "hu" not in f"{caught.value} {caught.value.cause}"
    assert archive.test_connection()[0].ok is False
    assert not EmptyArchive.asked


def test_a_login_that_is_accepted_no_more_is_told_from_a_wrong_one(embedded_archive: RunningArchive) -> None:
    refusal = Plan(Fault.STATUS, "GET", status=401)
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url)
        proxy.plan(refusal)
        with pytest.raises(ArchiveError, match="401: user name, password or token is wrong"):
            archive.search(StudyQuery())
        archive.search(StudyQuery())
        proxy.plan(refusal)
        with pytest.raises(ArchiveError, match="401: the login is not accepted any more; it may have expired"):
            archive.search(StudyQuery())


def test_a_cut_of_what_had_answered_over_http_is_no_wish_for_https(embedded_archive: RunningArchive) -> None:
    cut = Plan(Fault.RESET_BEFORE, "GET")
    with embedded_archive.behind_faults() as proxy:
        archive = embedded_archive.connect(proxy.url, ())
        archive.search(StudyQuery())
        proxy.plan(cut)
        with pytest.raises(ArchiveError, match="cut the connection") as caught:
            archive.search(StudyQuery())
    assert "https" not in caught.value.advice


def test_a_host_with_letters_beyond_ascii_is_asked_through_the_proxy_with_its_login(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BRATS_SEGMENTER_PROXY_USER", "reader")
    monkeypatch.setenv("BRATS_SEGMENTER_PROXY_PASSWORD", "h@ł:sh")

    profile = Profile("Ward 3", "http://münchen.example/dicom-web", proxy=proxy)
    assert Archive(profile).search(StudyQuery()) == []

    ((path, headers),) = EmptyArchive.asked
    assert path.startswith("http://xn--mnchen-3ya.example/dicom-web/studies")
    assert b64decode(headers["Proxy-Authorization"].removeprefix("Basic ")).decode() == "reader:h@ł:sh"
