"""Pushes through faults: random 503s, resets, cuts, time-outs, 202s, kill -9 of the client and of the archive.

Every push is one transaction of the outbox with two objects. The client is a process of its own that may be killed at
any moment; the user then presses send again. At the end every object must be in the archive once, with the bytes that
were sent.
"""

from __future__ import annotations

import argparse
import hashlib
import multiprocessing
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Protocol

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

from archives import QUICK_RETRIES_S, RunningArchive, free_port, orthanc_on, start_orthanc, write_study
from faulty_proxy import Fault, FaultyProxy, Plan
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Outbox, Profile
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.dicom.mr_series import StudyIdentity
from BratsSegmenterLib.errors import ArchiveError

_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload(["BratsSegmenterLib.archive.outbox", "BratsSegmenterLib.archive.embedded"])
_TOKEN = "a token for this run"
_READ_TIMEOUT_S = 1.0
_LONGEST_PUSH_S = 60.0
_KILL_WITHIN_S = 0.4
_OBJECT_SHAPE = (2, 24, 24)
_FAULTS = (
    Plan(Fault.STATUS, status=503),
    Plan(Fault.STATUS, "POST", status=503),
    Plan(Fault.STATUS_AFTER, "POST", status=504),
    Plan(Fault.RESET_BEFORE),
    Plan(Fault.RESET_AFTER, "POST"),
    Plan(Fault.CUT, "GET"),
    Plan(Fault.CUT_WITHOUT_LENGTH, "GET"),
    Plan(Fault.HANG, "POST", seconds=2 * _READ_TIMEOUT_S),
    Plan(Fault.PARTIAL, "POST"),
    Plan(Fault.CLAIM, "POST"),
)


class KillableArchive(Protocol):
    """An archive whose process can be killed and started again on the same port and data."""

    running: RunningArchive

    def start(self) -> None:
        """Start it; returns when it answers."""

    def kill(self) -> None:
        """kill -9."""


class KillableEmbedded:
    """Our own archive in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        profile = Profile("pacs", f"http://127.0.0.1:{self._port}/dicom-web", Authentication.BEARER)
        self.running = RunningArchive("embedded", profile, Credentials(token=_TOKEN))

    def start(self) -> None:
        """Start it; returns when it answers."""
        ours, theirs = _PROCESSES.Pipe()
        self._process: ForkServerProcess = _PROCESSES.Process(
            target=_serve, args=(theirs, self._folder, self._port), daemon=True
        )
        self._process.start()
        ours.recv()

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.join()


class KillableOrthanc:
    """Debian's Orthanc."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._folder = folder
        self._port = free_port()
        self.running = orthanc_on(self._port)

    def start(self) -> None:
        """Start it; returns when it answers."""
        self._process: subprocess.Popen = start_orthanc(self._folder, self._port)

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.wait()


class Client:
    """The sending process: adds to the outbox and delivers, on command, until it is killed."""

    def __init__(self, outbox: Path, profile: Profile, credentials: Credentials) -> None:
        self._arguments = (outbox, profile, credentials)
        self.start()

    def start(self) -> None:
        """Start the process, or start it again."""
        self._pipe, theirs = _PROCESSES.Pipe()
        self._process = _PROCESSES.Process(target=_send_on_command, args=(theirs, *self._arguments), daemon=True)
        self._process.start()
        theirs.close()

    def begin(self, files: list[Path], study_uid: str) -> None:
        """Press send."""
        self._pipe.send((files, study_uid))

    def succeeds_within(self, seconds: float) -> bool | None:
        """Whether the push was acknowledged with a receipt; None when no answer came."""
        try:
            return self._pipe.recv() if self._pipe.poll(seconds) else None
        except EOFError:
            return None

    def kill(self) -> None:
        """kill -9."""
        self._process.kill()
        self._process.join()


@dataclass
class Score:
    """What happened in one run, and what the archive holds afterwards."""

    pushes: int = 0
    sends: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    stored: int = 0
    lost: int = 0
    doubled: int = 0
    differing: int = 0
    elapsed_s: float = 0.0

    @property
    def is_perfect(self) -> bool:
        """Everything arrived once, unchanged."""
        return self.stored == self.pushes * _OBJECT_SHAPE[0] and not (self.lost or self.doubled or self.differing)


def main() -> None:
    """Print the table; exit with 1 when anything was lost, doubled or changed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pushes", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    scores = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, kind in (("embedded", KillableEmbedded), ("Orthanc", KillableOrthanc)):
            archive = kind(Path(folder) / name)
            scores[name] = run(archive, Path(folder) / f"{name}-client", arguments.pushes, arguments.seed)
    Console().print(_table(scores))
    sys.exit(not all(score.is_perfect for score in scores.values()))


def run(archive: KillableArchive, folder: Path, pushes: int, seed: int) -> Score:
    """Push through faults, then compare what the archive holds with what was sent."""
    dice = random.Random(seed)
    score = Score(pushes)
    started = time.monotonic()
    sent: dict[str, list[Path]] = {}
    with _started(archive), archive.running.behind_faults() as proxy:
        profile = Profile(
            **{**archive.running.profile.__dict__, "url": proxy.url, "read_timeout_s": _READ_TIMEOUT_S, "name": "pacs"}
        )
        client = Client(folder / "outbox", profile, archive.running.credentials)
        for number in range(pushes):
            identity = StudyIdentity()
            files = write_study(folder / str(number), identity, 1, _OBJECT_SHAPE)
            sent[identity.study_uid] = files
            _push(archive, client, proxy, dice, score, files, identity.study_uid)
        client.kill()
        score.elapsed_s = time.monotonic() - started
        for study_uid, files in sent.items():
            _compare(archive.running.connect(), study_uid, files, folder / "fetched" / study_uid, score)
    return score


def _push(
    archive: KillableArchive,
    client: Client,
    proxy: FaultyProxy,
    dice: random.Random,
    score: Score,
    files: list[Path],
    study_uid: str,
) -> None:
    """One push with up to three faults and perhaps a death; send is pressed again until there is a receipt."""
    faults = dice.choices(_FAULTS, k=dice.choice((0, 1, 1, 2, 3)))
    proxy.plan(*faults)
    score.faults.update(plan.fault.name.lower() for plan in faults)
    death = dice.choices(("", "client", "server"), (0.80, 0.15, 0.05))[0]
    deadline = time.monotonic() + _LONGEST_PUSH_S
    acknowledged: bool | None = False
    while not acknowledged:
        if time.monotonic() > deadline:
            raise RuntimeError("a push did not end")
        score.sends += 1
        client.begin(files, study_uid)
        if death:
            time.sleep(dice.uniform(0, _KILL_WITHIN_S))
            victim = client if death == "client" else archive
            victim.kill()
            victim.start()
            score.faults[f"kill -9 of the {death}"] += 1
            if death == "client":
                death = ""
                continue
            death = ""
        acknowledged = client.succeeds_within(_LONGEST_PUSH_S)


def _compare(archive: Archive, study_uid: str, files: list[Path], folder: Path, score: Score) -> None:
    listed = [
        instance.sop_instance_uid
        for series in archive.series(study_uid)
        for instance in archive.find_instances(study_uid, series.series_uid)
    ]
    score.stored += len(listed)
    score.doubled += len(listed) - len(set(listed))
    score.lost += max(len(files) - len(set(listed)), 0)
    if listed:
        held = Counter(map(_digest, archive.fetch(study_uid, folder).files))
        score.differing += (held - Counter(map(_digest, files))).total()


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def _started(archive: KillableArchive) -> Iterator[None]:
    archive.start()
    try:
        yield
    finally:
        archive.kill()


def _serve(pipe: Connection, folder: Path, port: int) -> None:
    archive = serve(folder, port, _TOKEN)
    pipe.send("ready")
    archive.wait()


def _send_on_command(pipe: Connection, outbox_folder: Path, profile: Profile, credentials: Credentials) -> None:
    outbox = Outbox(outbox_folder)
    archive = Archive(profile, credentials, QUICK_RETRIES_S)
    while True:
        files, study_uid = pipe.recv()
        try:
            outbox.deliver_one(outbox.add(files, study_uid, profile), archive)
        except ArchiveError:
            pipe.send(False)
        else:
            pipe.send(True)


def _table(scores: dict[str, Score]) -> Table:
    table = Table("", *scores, title="Pushes through faults, two objects each")
    rows = {
        "pushes": "pushes",
        "times send was pressed": "sends",
        "objects in the archive": "stored",
        "lost": "lost",
        "doubled": "doubled",
        "with other bytes": "differing",
    }
    for title, name in rows.items():
        table.add_row(title, *(str(getattr(score, name)) for score in scores.values()))
    for fault in sorted(set().union(*(score.faults for score in scores.values()))):
        table.add_row(f"fault: {fault}", *(str(score.faults[fault]) for score in scores.values()))
    table.add_row("time, s", *(f"{score.elapsed_s:.0f}" for score in scores.values()))
    return table


if __name__ == "__main__":
    main()
