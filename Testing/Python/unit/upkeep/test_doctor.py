"""The doctor's findings, in colours for the user and without identities for a support desk."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import psutil
import pytest
from refusing_disks import read_only

from BratsSegmenterLib.archive import Archive, Authentication, Check, Credentials, Profile
from BratsSegmenterLib.errors import Cancelled
from BratsSegmenterLib.health import check_machine, examine
from BratsSegmenterLib.progress import Progress
from BratsSegmenterLib.widgets.doctor_model import as_html, for_support, verdict
from BratsSegmenterLib.widgets.tones import Tone

WARD = Profile(
    "Ward 3 of St. Example",
    "https://pacs.hospital.example:8443/dicom-web",
    Authentication.CERTIFICATE,
    ca_file="/home/curie/ca.pem",
    certificate_file="/home/curie/marie.pem",
)
CHECKS = (
    Check("disk", True, "64.0 GB are free in /home/curie/cache."),
    Check("keyring", None, "There is no keyring here."),
    Check("reachable", False, "The PACS 'Ward 3 of St. Example' at pacs.hospital.example does not <answer>."),
    Check("TLS", False, "The file /home/curie/ca.pem cannot be read."),
)


def test_the_verdict_counts_what_failed():
    assert verdict(CHECKS) == "2 of 4 checks failed; each says what to do."
    assert verdict(CHECKS[:2]) == "All 2 checks are fine, or worth a note at most."


def test_each_finding_has_a_mark_in_its_colour_and_its_sentence_escaped():
    html = as_html(CHECKS, on_dark=False)
    for mark, tone in (("✓", Tone.GOOD), ("!", Tone.CARE), ("✗", Tone.BAD)):
        assert f'color:{tone.colour(on_dark=False)}"><b>{mark}</b>' in html
    assert "&lt;answer&gt;" in html


def test_what_is_copied_for_support_does_not_say_where_the_archive_redirects_to():
    """A real session with a server that sends to the login page of its hospital."""
    server = HTTPServer(("127.0.0.1", 0), _Redirecting)
    Thread(target=server.serve_forever, daemon=True).start()
    profile = Profile("Ward 3", f"http://127.0.0.1:{server.server_port}/dicom-web")
    try:
        text = for_support(Archive(profile, Credentials()).test_connection(), profile, Path("/home/curie"))
    finally:
        server.shutdown()
        server.server_close()
    assert "redirects to another address" in text
    assert "hospital.example" not in text


class _Redirecting(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(302)
        self.send_header("Location", "https://login.hospital.example/")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: object) -> None:
        """Stay silent."""


def test_what_is_copied_for_support_names_nobody_and_no_address():
    text = for_support(CHECKS, WARD, Path("/home/curie"))
    for told in ("Ward 3", "hospital.example", "curie", "marie.pem", "ca.pem", "8443"):
        assert told not in text, told
    assert "WRONG  reachable: The PACS <archive> at <host> does not <answer>." in text
    assert text.startswith("BratsSegmenter ")


def test_the_machine_s_examination_names_the_hash_of_the_weights_and_the_free_disk(tmp_path: Path):
    found = {check.name: check for check in check_machine(tmp_path)}
    assert "GB are free in" in found["disk"].sentence
    assert "SHA-256" in found["glioma-synthetic"].sentence
    assert found["glioma-synthetic"].ok


def test_a_folder_that_nothing_can_be_written_to_is_no_place_for_studies(tmp_path: Path):
    with read_only(tmp_path):
        checks = [check_machine(folder) for folder in (tmp_path, tmp_path / "to be made")]
    for (disk,) in ([check for check in machine if check.name == "disk"] for machine in checks):
        assert disk.ok is False
        assert "cannot be written to" in disk.sentence


@pytest.mark.parametrize(("free_gb", "ok", "advises"), [(8.0, True, False), (2.0, None, True)])
def test_little_memory_is_worth_a_note(tmp_path: Path, monkeypatch, free_gb: float, ok: bool | None, advises: bool):
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=free_gb * 1e9))
    (check,) = (check for check in check_machine(tmp_path) if check.name == "memory")
    assert check.ok is ok
    assert check.sentence.startswith(f"{free_gb} GB of memory are free.")
    assert ("close other programs" in check.sentence) is advises


def test_an_examination_of_a_silent_archive_ends_when_it_is_cancelled(tmp_path: Path) -> None:
    asked = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def accept() -> None:
            connection, _address = silent.accept()
            with connection:
                while connection.recv(65536):
                    asked.set()

        Thread(target=accept, daemon=True).start()
        profile = Profile("Ward 3", f"http://127.0.0.1:{silent.getsockname()[1]}/dicom-web")
        started_s = time.monotonic()
        with pytest.raises(Cancelled):
            examine(tmp_path, profile, Credentials(), False, Progress(is_cancelled=asked.is_set))
    assert time.monotonic() - started_s < profile.read_timeout_s / 2
