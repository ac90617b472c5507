"""https with a private authority and client certificates: what works, and what is said when it does not."""

from __future__ import annotations

import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from empty_archive import EmptyArchive

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile, StudyQuery
from BratsSegmenterLib.errors import ArchiveError


@dataclass(frozen=True)
class Certificates:
    """PEM files of an authority, of the server and of a client, of an authority that signed nothing, of a server with
    another address and of one whose time is over."""

    authority: Path
    server: Path
    server_key: Path
    client: Path
    client_key: Path
    other_authority: Path
    elsewhere: Path
    elsewhere_key: Path
    expired: Path
    expired_key: Path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    folder = tmp_path_factory.mktemp("certificates")
    authority, authority_key = issue(folder, "authority")
    other, _ = issue(folder, "other")
    server, server_key = issue(folder, "server", authority, authority_key)
    client, client_key = issue(folder, "client", authority, authority_key)
    elsewhere = issue(folder, "elsewhere", authority, authority_key, address="127.0.0.2")
    expired = issue_expired(folder, authority, authority_key)
    return Certificates(authority, server, server_key, client, client_key, other, *elsewhere, *expired)


def issue(
    folder: Path,
    name: str,
    authority: Path | None = None,
    authority_key: Path | None = None,
    address: str = "127.0.0.1",
    key_bits: int = 2048,
) -> tuple[Path, Path]:
    certificate, key = folder / f"{name}.pem", folder / f"{name}-key.pem"
    command = ["openssl", "req", "-x509", "-newkey", f"rsa:{key_bits}", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
    command += ["-keyout", str(key), "-out", str(certificate)]
    if authority is None:
        command += ["-addext", "basicConstraints=critical,CA:TRUE"]
    else:
        command += ["-addext", f"subjectAltName=IP:{address}", "-addext", "basicConstraints=critical,CA:FALSE"]
        command += ["-CA", str(authority), "-CAkey", str(authority_key)]
    subprocess.run(command, check=True, capture_output=True)
    return certificate, key


def issue_expired(folder: Path, authority: Path, authority_key: Path) -> tuple[Path, Path]:
    certificate, key, request = folder / "expired.pem", folder / "expired-key.pem", folder / "expired.csr"
    asking = ["openssl", "req", "-new", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=expired", "-keyout", str(key)]
    subprocess.run([*asking, "-out", str(request)], check=True, capture_output=True)
    names = folder / "expired.cnf"
    names.write_text("subjectAltName=IP:127.0.0.1\n")
    signing = ["openssl", "x509", "-req", "-in", str(request), "-days", "-1", "-out", str(certificate)]
    signing += ["-CA", str(authority), "-CAkey", str(authority_key), "-set_serial", "7", "-extfile", str(names)]
    subprocess.run(signing, check=True, capture_output=True)
    return certificate, key


class QuietServer(http.server.ThreadingHTTPServer):
    def handle_error(self, request: Any, client_address: Any) -> None:
        """A refused handshake is what some tests want."""


def serve_tls(certificates: Certificates, demands_client_certificate: bool, server: str = "server") -> Iterator[str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(getattr(certificates, server), getattr(certificates, f"{server}_key"))
    if demands_client_certificate:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(certificates.authority)
    listening = QuietServer(("127.0.0.1", 0), EmptyArchive)
    listening.socket = context.wrap_socket(listening.socket, server_side=True)
    threading.Thread(target=listening.serve_forever, args=(0.05,), daemon=True).start()
    yield f"https://127.0.0.1:{listening.server_port}/dicom-web"
    listening.shutdown()
    listening.server_close()


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


@pytest.mark.parametrize(
    ("server", "sentence"), [("elsewhere", "made out to another host name"), ("expired", "has expired")]
)
def test_what_is_wrong_with_the_certificate_of_the_server_is_said(
    certificates: Certificates, server: str, sentence: str
) -> None:
    with contextmanager(serve_tls)(certificates, demands_client_certificate=False, server=server) as url:
        archive = Archive(Profile("Ward 3", url, ca_file=str(certificates.authority)), retry_delays_s=(60.0,))
        with pytest.raises(ArchiveError, match=f"The PACS 'Ward 3' shows a certificate that .*{sentence}"):
            archive.search(StudyQuery())


@pytest.mark.parametrize("form", ["der", "empty"])
def test_a_ca_file_without_a_pem_certificate_is_named(
    certificates: Certificates, url: str, tmp_path: Path, form: str
) -> None:
    file = tmp_path / f"{form}.pem"
    content = ssl.PEM_cert_to_DER_cert(certificates.authority.read_text()) if form == "der" else b""
    file.write_bytes(content)
    archive = Archive(Profile("Ward 3", url, ca_file=str(file)))

    with pytest.raises(ArchiveError, match=rf"{form}\.pem of the PACS 'Ward 3' holds no certificate in PEM form"):
        archive.search(StudyQuery())
    checks = {check.name: check for check in archive.test_connection()}
    assert (checks["reachable"].ok, checks["TLS"].ok) == (None, False)
    assert f"{form}.pem" in checks["TLS"].sentence


def test_why_a_client_certificate_cannot_be_used_is_said_and_nobody_asked(
    certificates: Certificates, strict_url: str, tmp_path: Path
) -> None:
    locked, der = tmp_path / "locked.pem", tmp_path / "der.pem"
    weak, weak_key = issue(tmp_path, "weak", key_bits=1024)
    command = ["openssl", "pkey", "-in", str(certificates.client_key), "-aes128", "-passout", "pass:hush"]
    subprocess.run([*command, "-out", str(locked)], check=True, capture_output=True)
    locked.write_bytes(certificates.client.read_bytes() + locked.read_bytes())
    der.write_bytes(ssl.PEM_cert_to_DER_cert(certificates.client.read_text()))
    for file, key, sentence in (
        (certificates.client, "", r"client\.pem holds no private key"),
        (certificates.client, str(certificates.server_key), r"server-key\.pem is not the one of the certificate"),
        (der, str(certificates.client_key), r"der\.pem holds no certificate in PEM form"),
        (locked, "", r"locked\.pem is locked by a passphrase"),
        (weak, str(weak_key), r"the certificate in .*weak\.pem is too weak .*2048 bits"),
    ):
        profile = Profile(
            "Ward 3", strict_url, ca_file=str(certificates.authority), certificate_file=str(file), key_file=key
        )
        with pytest.raises(ArchiveError, match=sentence):
            Archive(profile, retry_delays_s=(60.0,)).search(StudyQuery())


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

    with pytest.raises(ArchiveError, match=r"The PACS 'Ward 3' cut the connection\..*it may want https"):
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
    EmptyArchive.asked.clear()

    Archive(profile, Credentials(token="ours")).search(StudyQuery())

    assert {headers["Authorization"] for _path, headers in EmptyArchive.asked} == {"Bearer ours"}


def test_a_server_of_many_names_is_asked_by_its_full_name_with_the_port(certificates: Certificates, url: str) -> None:
    EmptyArchive.asked.clear()

    Archive(Profile("Ward 3", url, ca_file=str(certificates.authority))).search(StudyQuery())

    assert {headers["Host"] for _path, headers in EmptyArchive.asked} == {urlsplit(url).netloc}
