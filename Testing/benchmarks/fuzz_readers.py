"""Damaged RTSTRUCT and SEG files into the readers: each gives a sentence or a result, quickly and in little memory.

    python Testing/benchmarks/fuzz_readers.py [--count 2000] [--seed 0]

The files are read by a child process with a memory limit; a crash or a hang ends the child, is counted, and the rest
goes to a new one. Exit code 1 when anything else than a sentence or a result came out.
"""

from __future__ import annotations

import argparse
import json
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

LONGEST_S = 5
LARGEST_MB = 1024
_PATIENCE_S = 120  # by the wall, for readers that wait; LONGEST_S is processor time, which a busy machine leaves alone
_ADDRESS_SPACE_BYTES = 6 << 30  # libraries reserve far more than they use; what is used is held against LARGEST_MB
_PREFIX_BYTES = 132  # preamble and "DICM"


@dataclass(frozen=True)
class Outcome:
    """What became of one damaged file: "read", "sentence", or what else happened."""

    file: str
    what: str
    seconds: float
    peak_mb: float


def _flip_bits(content: bytearray, generator: np.random.Generator) -> None:
    for place in generator.integers(_PREFIX_BYTES, len(content), generator.integers(1, 40)):
        content[place] ^= 1 << int(generator.integers(8))


def _overwrite(content: bytearray, generator: np.random.Generator) -> None:
    place, length = int(generator.integers(_PREFIX_BYTES, len(content))), int(generator.integers(1, 64))
    content[place : place + length] = generator.bytes(len(content[place : place + length]))


def _forge_length(content: bytearray, generator: np.random.Generator) -> None:
    place = int(generator.integers(_PREFIX_BYTES, len(content) - 4))
    content[place : place + 4] = generator.choice([b"\xff\xff\xff\xff", b"\xfe\xff\xff\x7f", b"\0\0\0\0", b"\1\0\0\0"])


def _truncate(content: bytearray, generator: np.random.Generator) -> None:
    del content[int(generator.integers(0, len(content))) :]


def _cut_out(content: bytearray, generator: np.random.Generator) -> None:
    place = int(generator.integers(_PREFIX_BYTES, len(content)))
    del content[place : place + int(generator.integers(1, 2000))]


def _repeat(content: bytearray, generator: np.random.Generator) -> None:
    place = int(generator.integers(_PREFIX_BYTES, len(content)))
    content[place:place] = content[place : place + int(generator.integers(1, 2000))] * int(generator.integers(1, 20))


def _huge_number(content: bytearray, generator: np.random.Generator) -> None:
    digits = [place for place in range(_PREFIX_BYTES, len(content)) if content[place : place + 1].isdigit()]
    place = int(generator.choice(digits))
    content[place : place + 4] = generator.choice([b"9e99", b"-1e9", b"nan ", b"inf ", b"\\\\\\\\", b"1e-9"])


DAMAGES: tuple[Callable[[bytearray, np.random.Generator], None], ...] = (
    _flip_bits,
    _overwrite,
    _forge_length,
    _truncate,
    _cut_out,
    _repeat,
    _huge_number,
)


def run(count: int, seed: int, folder: Path) -> list[Outcome]:
    """Damage a small RTSTRUCT and a small SEG `count` times in all and read each in a child process."""
    import result_samples as samples

    from BratsSegmenterLib.dicom import write_rtstruct, write_seg

    volume = samples.volume_on(samples.series_samples.oblique(), folder / "series")
    segmentation = samples.segmentation_on(volume)
    originals = [
        write(folder / name, volume, segmentation, samples.provenance()).path.read_bytes()
        for write, name in ((write_rtstruct, "rtstruct.dcm"), (write_seg, "seg.dcm"))
    ]
    generator = np.random.default_rng(seed)
    files = []
    for number in range(count):
        content = bytearray(originals[number % 2])
        damage = DAMAGES[int(generator.integers(len(DAMAGES)))]
        damage(content, generator)
        kind = "rtstruct" if number % 2 == 0 else "seg"
        files.append(folder / f"{number:05d}-{kind}-{damage.__name__.strip('_')}.dcm")
        files[-1].write_bytes(content)
    return _read_in_children(files, folder / "series")


def _read_in_children(files: list[Path], series: Path) -> list[Outcome]:
    outcomes: list[Outcome] = []
    while len(outcomes) < len(files):
        rest = files[len(outcomes) :]
        child = subprocess.run(
            [sys.executable, __file__, "--child", str(series)],
            input="\n".join(map(str, rest)),
            capture_output=True,
            text=True,
            check=False,
        )
        outcomes += [Outcome(**json.loads(line)) for line in child.stdout.splitlines()]
        if child.returncode:
            outcomes.append(Outcome(files[len(outcomes)].name, f"child ended with {child.returncode}", 0, 0))
    return outcomes


def _child(series_folder: Path) -> None:
    import result_samples as samples

    from BratsSegmenterLib.dicom import read_rtstruct, read_seg
    from BratsSegmenterLib.errors import BratsSegmenterError
    from BratsSegmenterLib.machine import peak_memory_mb

    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE_BYTES, _ADDRESS_SPACE_BYTES))
    volume = samples.load(series_folder)
    for line in sys.stdin:
        file = Path(line.strip())
        read = read_rtstruct if "-rtstruct-" in file.name else read_seg
        signal.setitimer(signal.ITIMER_PROF, LONGEST_S)
        signal.alarm(_PATIENCE_S)
        started = time.process_time()
        try:
            read(file, volume)
            what = "read"
        except BratsSegmenterError as error:
            what = "sentence" if error.what.endswith(".") else f"no sentence: {error.what}"
        except Exception as error:  # noqa: BLE001 - this is what is looked for
            what = f"{type(error).__name__}: {error}"
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        print(json.dumps(vars(Outcome(file.name, what, time.process_time() - started, peak_memory_mb()))), flush=True)


def failures(outcomes: list[Outcome]) -> list[Outcome]:
    """Those that were neither a sentence nor a result, too slow, or too large."""
    return [
        outcome
        for outcome in outcomes
        if outcome.what not in ("read", "sentence") or outcome.seconds > LONGEST_S or outcome.peak_mb > LARGEST_MB
    ]


def _main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--child", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        _child(arguments.child)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        outcomes = run(arguments.count, arguments.seed, Path(folder))
    bad = failures(outcomes)
    table = Counter((*outcome.file.split(".")[0].split("-")[1:], outcome.what[:60]) for outcome in outcomes)
    for (kind, damage, what), number in sorted(table.items()):
        print(f"{kind:10s}{damage:16s}{what:62s}{number:6d}")
    slowest, largest = max(o.seconds for o in outcomes), max(o.peak_mb for o in outcomes)
    print(f"{len(outcomes)} files, {len(bad)} failures, slowest {slowest:.2f} s of processor time, {largest:.0f} MB")
    return 1 if bad else 0


if __name__ == "__main__":
    raise SystemExit(_main())
