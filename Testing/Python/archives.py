"""Archives for tests: our embedded one, Debian's Orthanc, and either behind a proxy that misbehaves."""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import requests
from faulty_proxy import FaultyProxy

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile
from BratsSegmenterLib.archive.embedded import EmbeddedArchive, serve
from BratsSegmenterLib.dicom.mr_series import PROTOCOLS, StudyIdentity, write_mr_series
from BratsSegmenterLib.geometry import Geometry

_ORTHANC_PLUGINS = Path("/usr/share/orthanc/plugins")
_ORTHANC_USER = Credentials(user="brats", password="s3cret")
_START_S = 30
QUICK_RETRIES_S = (0.05, 0.1, 0.2)


@dataclass(frozen=True)
class RunningArchive:
    """An archive that answers, and how to get in.

    Attributes
    ----------
    kind : str
        ``embedded`` or ``orthanc``.
    """

    kind: str
    profile: Profile
    credentials: Credentials

    def connect(self, url: str = "", retry_delays_s: tuple[float, ...] = QUICK_RETRIES_S) -> Archive:
        """A client; `url` in place of the archive's own to go through a proxy."""
        profile = Profile(**{**self.profile.__dict__, "url": url or self.profile.url})
        return Archive(profile, self.credentials, retry_delays_s)

    @contextmanager
    def behind_faults(self) -> Iterator[FaultyProxy]:
        """A proxy in front of it that does what it is told to do wrong."""
        proxy = FaultyProxy(self.profile.url)
        try:
            yield proxy
        finally:
            proxy.close()


@pytest.fixture
def embedded_archive(tmp_path: Path) -> Iterator[RunningArchive]:
    """An empty archive of our own."""
    with serve(tmp_path / "embedded archive") as running:
        yield running_embedded(running)


def running_embedded(archive: EmbeddedArchive) -> RunningArchive:
    """How to get into an archive of our own."""
    profile = Profile("embedded", archive.url, Authentication.BEARER)
    return RunningArchive("embedded", profile, Credentials(token=archive.token))


@pytest.fixture(scope="session")
def orthanc(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningArchive]:
    """Debian's Orthanc with its DICOMweb plugin on a free loopback port; shared, so tests use studies of their own."""
    if shutil.which("Orthanc") is None or not _ORTHANC_PLUGINS.is_dir():
        pytest.skip("Orthanc is not installed: apt-get install orthanc orthanc-dicomweb")
    with running_orthanc(tmp_path_factory.mktemp("orthanc"), free_port()) as archive:
        yield archive


@pytest.fixture(params=["embedded", "orthanc"])
def any_archive(request: pytest.FixtureRequest) -> RunningArchive:
    """The same test against both archives."""
    return request.getfixturevalue({"embedded": "embedded_archive", "orthanc": "orthanc"}[request.param])


@contextmanager
def running_orthanc(folder: Path, port: int) -> Iterator[RunningArchive]:
    """Orthanc with its data in `folder`."""
    process = start_orthanc(folder, port)
    try:
        yield orthanc_on(port)
    finally:
        process.terminate()
        process.wait()


def start_orthanc(folder: Path, port: int) -> subprocess.Popen:
    """Start Orthanc and wait until it answers."""
    configuration = folder / "orthanc.json"
    configuration.write_text(json.dumps(_orthanc_configuration(folder / "database", port)))
    with (folder / "orthanc.log").open("ab") as log:
        process = subprocess.Popen(["Orthanc", str(configuration)], stdout=log, stderr=subprocess.STDOUT, cwd=folder)
    _wait_until_it_answers(orthanc_on(port).profile.url, process)
    return process


def orthanc_on(port: int) -> RunningArchive:
    """How to get into an Orthanc of :func:`start_orthanc`."""
    profile = Profile("orthanc", f"http://127.0.0.1:{port}/dicom-web", Authentication.BASIC)
    return RunningArchive("orthanc", profile, _ORTHANC_USER)


def free_port() -> int:
    """A TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def write_study(
    folder: Path, identity: StudyIdentity, series: int = 2, shape: tuple[int, int, int] = (4, 32, 24)
) -> list[Path]:
    """A synthetic MR study of `series` series, each of (slices, rows, columns)."""
    random = np.random.default_rng(7)
    protocols = [*PROTOCOLS.items()]
    files = []
    for number in range(series):
        sequence, protocol = protocols[number % len(protocols)]
        array = random.integers(0, 4000, shape)
        series_folder = folder / f"{number}-{sequence.value}"
        files += write_mr_series(array, Geometry(shape, np.eye(4)), series_folder, identity, protocol, number + 1)
    return files


def _orthanc_configuration(database: Path, port: int) -> dict:
    return {
        "Name": "BratsTest",
        "StorageDirectory": str(database),
        "IndexDirectory": str(database),
        "HttpServerEnabled": True,
        "HttpPort": port,
        "HttpDescribeErrors": True,
        "HttpThreadsCount": 8,
        "DicomServerEnabled": False,
        "RemoteAccessAllowed": False,
        "AuthenticationEnabled": True,
        "RegisteredUsers": {_ORTHANC_USER.user: _ORTHANC_USER.password},
        "OverwriteInstances": False,
        "Plugins": [str(_ORTHANC_PLUGINS)],
        "DicomWeb": {"Enable": True, "Root": "/dicom-web/", "StudiesMetadata": "Full", "SeriesMetadata": "Full"},
    }


def _wait_until_it_answers(url: str, process: subprocess.Popen) -> None:
    deadline = time.monotonic() + _START_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            requests.get(f"{url}/studies?limit=1", timeout=1)
        except requests.ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("Orthanc did not start; see orthanc.log")
