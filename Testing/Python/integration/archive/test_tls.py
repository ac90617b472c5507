"""https with a private authority and client certificates: what works, and what is said when it does not."""

from __future__ import annotations

import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import Message
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile, StudyQuery
from BratsSegmenterLib.errors import ArchiveError


@dataclass(frozen=True)
class Certificates:
    """PEM files of an authority, of the server and of a client, and of an authority that signed nothing."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    other_authority: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    authority, authority_key = issue(folder, "authority")
    other, _ = issue(folder, "other")
    server, server_key = issue(folder, "server", authority, authority_key)
    client, client_key = issue(folder, "client", authority, authority_key)
    return Certificates(authority, server, server_key, client, client_key, other)


def issue(
    folder: Path, name: str, authority: Path | None = None, authority_key: Path | None = None
) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    if authority is None:
        command += ["-addext", "basicConstraints=critical,CA:TRUE"]
    else:
        command += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
        command += ["-CA", str(authority), "-CAkey", str(authority_key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


class EmptyArchive(http.server.BaseHTTPRequestHandler):
    """Answers every search with nothing and remembers who asked."""

    seen: list[Message] = []  # noqa: RUF012 - shared by all requests on purpose

    def do_GET(self) -> None:
        self.seen.append(self.headers)
        self.send_response(200)
        self.send_header("Content-Type", "application/dicom+json")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"[]")

    def log_message(self, format: str, *args: Any) -> None:
        pass


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A refused handshake is what some tests want."""


def serve_tls(certificates: Certificates, demands_client_certificate: bool) -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates.server, certificates.server_key)
    if demands_client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates.authority)
    server = QuietServer(("127.0.0.1", 0), EmptyArchive)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{server.server_port}/dicom-web"
    server.shutdown()
    server.server_close()


@pytest.fixture
def url(certificates: Certificates) -> Iterator[str]:
    yield from serve_tls(certificates, demands_client_certificate=False)


@pytest.fixture
def strict_url(certificates: Certificates) -> Iterator[str]:
    yield from serve_tls(certificates, demands_client_certificate=True)


def test_a_private_authority_is_trusted_when_the_profile_names_it(certificates: Certificates, url: str) -> None:
    archive = Archive(Profile("Ward 3", url, ca_file=str(certificates.authority)))

    assert archive.search(StudyQuery()) == []
    checks = {check.name: check for check in archive.test_connection()}
    assert checks["TLS"].ok is True


@pytest.mark.parametrize("authority", ["other_authority", ""])
def test_a_certificate_that_nobody_vouches_for_is_refused_at_once(
    certificates: Certificates, url: str, authority: str
) -> None:
    ca_file = str(getattr(certificates, authority)) if authority else ""
    archive = Archive(Profile("Ward 3", url, ca_file=ca_file), retry_delays_s=(60.0,))

    with pytest.raises(ArchiveError, match=r"The PACS 'Ward 3' shows a certificate that .* does not vouch for"):
        archive.search(StudyQuery())
    checks = {check.name: check for check in archive.test_connection()}
    assert checks["reachable"].ok is True
    assert checks["TLS"].ok is False
    assert checks["QIDO-RS"].ok is None


def test_a_ca_file_that_is_not_there_is_named(url: str, tmp_path: Path) -> None:
    archive = Archive(Profile("Ward 3", url, ca_file=str(tmp_path / "missing.pem")))

    with pytest.raises(ArchiveError, match=r"missing\.pem"):
        archive.search(StudyQuery())


@pytest.mark.parametrize("in_one_file", [True, False])
def test_a_client_certificate_lets_us_in(
    certificates: Certificates, strict_url: str, tmp_path: Path, in_one_file: bool
) -> None:
    both = tmp_path / "both.pem"
    both.write_bytes(certificates.client.read_bytes() + certificates.client_key.read_bytes())
    archive = Archive(
        Profile(
            "Ward 3",
            strict_url,
            Authentication.CERTIFICATE,
            ca_file=str(certificates.authority),
            certificate_file=str(both if in_one_file else certificates.client),
            key_file="" if in_one_file else str(certificates.client_key),
        )
    )

    assert archive.search(StudyQuery()) == []


def test_a_client_certificate_goes_with_a_login_too(certificates: Certificates, strict_url: str) -> None:
    profile = Profile(
        "Ward 3",
        strict_url,
        Authentication.BEARER,
        ca_file=str(certificates.authority),
        certificate_file=str(certificates.client),
        key_file=str(certificates.client_key),
    )

    assert Archive(profile, Credentials(token="secret")).search(StudyQuery()) == []


def test_a_missing_client_certificate_is_said(certificates: Certificates, strict_url: str) -> None:
    archive = Archive(Profile("Ward 3", strict_url, ca_file=str(certificates.authority)), retry_delays_s=())

    with pytest.raises(ArchiveError, match=r"TLS handshake|cut the connection"):
        archive.search(StudyQuery())


def test_plain_http_to_a_tls_port_is_said(certificates: Certificates, url: str) -> None:
    archive = Archive(Profile("Ward 3", url.replace("https", "http")), retry_delays_s=())

    with pytest.raises(ArchiveError, match="The PACS 'Ward 3'"):
        archive.search(StudyQuery())


def test_the_environment_replaces_neither_authority_nor_token_nor_proxy(
    certificates: Certificates, url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login evil password evil\n")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates.other_authority))
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    profile = Profile("Ward 3", url, Authentication.BEARER, ca_file=str(certificates.authority))
    EmptyArchive.seen.clear()

    Archive(profile, Credentials(token="ours")).search(StudyQuery())

    assert {headers["Authorization"] for headers in EmptyArchive.seen} == {"Bearer ours"}


def test_a_server_of_many_names_is_asked_by_its_full_name_with_the_port(certificates: Certificates, url: str) -> None:
    EmptyArchive.seen.clear()

    Archive(Profile("Ward 3", url, ca_file=str(certificates.authority))).search(StudyQuery())

    assert {headers["Host"] for headers in EmptyArchive.seen} == {urlsplit(url).netloc}
