"""How fast a study arrives over a slow line: our fetch beside the same client taking series after series.

A synthetic study of 4 series with 180 instances of 256x256x16 bit is served by the embedded archive, through a proxy
with 20 ms round trip time and 200 Mbit/s a connection. Archive, proxy and each fetch run in processes of their own.
"""

from __future__ import annotations

import argparse
import multiprocessing
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

from archives import write_study
from lag_proxy import LagProxy, Line
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.archive import Archive, Authentication, Credentials, Profile
from BratsSegmenterLib.archive.embedded import serve
from BratsSegmenterLib.dicom.mr_series import StudyIdentity

LINE = Line(round_trip_s=0.020, megabits_per_s=200)
SERIES = 4
SHAPE = (180, 256, 256)
_PROCESSES = multiprocessing.get_context("spawn")


@dataclass(frozen=True)
class Measured:
    """One fetch."""

    elapsed_s: float
    instances: int
    peak_memory_mb: float


def main() -> None:
    """Print the table; exit with 1 when the goals are missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds = parser.parse_args().rounds
    with tempfile.TemporaryDirectory() as folder:
        one_by_one, ours = measure(Path(folder), rounds)
    ratio = statistics.median(a.elapsed_s / b.elapsed_s for a, b in zip(one_by_one, ours, strict=True))
    table = Table("way", "time, s: median (all)", "instances", "peak memory, MB", title=f"{SERIES} x {SHAPE}, {LINE}")
    for name, results in (("series after series", one_by_one), ("our fetch", ours)):
        times = ", ".join(f"{one.elapsed_s:.2f}" for one in results)
        median = statistics.median(one.elapsed_s for one in results)
        memory = max(one.peak_memory_mb for one in results)
        table.add_row(name, f"{median:.2f} ({times})", str(results[0].instances), f"{memory:.0f}")
    Console().print(table)
    print(f"our fetch is {ratio:.2f} times as fast (goal 2.5); peak memory goal 300 MB")
    sys.exit(ratio < 2.5 or max(one.peak_memory_mb for one in ours) >= 300)


def measure(folder: Path, rounds: int) -> tuple[list[Measured], list[Measured]]:
    """Fetch the study in turns: with one worker, and as the product does."""
    identity = StudyIdentity()
    files = write_study(folder / "study", identity, SERIES, SHAPE)
    with _served(_serve_archive, folder / "archive") as (url, token):
        profile = Profile("benchmark", url, Authentication.BEARER)
        Archive(profile, Credentials(token=token)).store(files, identity.study_uid, compare=False)
        with _served(_serve_line, urlsplit(url).port) as port:
            slow_url = url.replace(str(urlsplit(url).port), str(port))
            one_by_one: list[Measured] = []
            ours: list[Measured] = []
            for number in range(rounds):
                for workers, results in ((1, one_by_one), (4, ours)):
                    target = folder / f"fetched-{number}-{workers}"
                    results.append(_in_own_process(_fetch, slow_url, token, identity.study_uid, target, workers))
    return one_by_one, ours


@contextmanager
def _served(target: Callable[..., None], *arguments: Any) -> Iterator[Any]:
    """A server in a process of its own for the length of a block; gives what the server sent first."""
    ours, theirs = _PROCESSES.Pipe()
    process = _PROCESSES.Process(target=target, args=(theirs, *arguments), daemon=True)
    process.start()
    try:
        yield ours.recv()
    finally:
        process.terminate()
        process.join()


def _serve_archive(pipe: Connection, folder: Path) -> None:
    archive = serve(folder)
    pipe.send((archive.url, archive.token))
    archive.wait()


def _serve_line(pipe: Connection, upstream_port: int) -> None:
    pipe.send(LagProxy(upstream_port, LINE).port)
    pipe.poll(None)


def _in_own_process(target: Callable[..., None], *arguments: Any) -> Any:
    with _served(target, *arguments) as result:
        return result


def _fetch(pipe: Connection, url: str, token: str, study_uid: str, folder: Path, workers: int) -> None:
    archive = Archive(Profile("benchmark", url, Authentication.BEARER), Credentials(token=token))
    fetched = archive.fetch(study_uid, folder, workers=workers)
    pipe.send(Measured(fetched.elapsed_s, len(fetched.files), _peak_memory_mb()))


def _peak_memory_mb() -> float:
    """Peak resident memory of this process; Linux keeps it by address space, so a parent's does not count."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError("peak memory is only known on Linux")


if __name__ == "__main__":
    main()
