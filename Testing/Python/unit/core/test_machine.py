"""What a run took of the machine."""

import subprocess
import sys

import numpy as np

from BratsSegmenterLib.machine import peak_memory_mb

_ASK = "from BratsSegmenterLib.machine import peak_memory_mb; print(peak_memory_mb())"


def test_the_peak_grows_with_what_was_used_and_stays_when_it_is_given_back() -> None:
    before = peak_memory_mb()
    block = np.ones(int((before + 50) * 1e6 / 8))
    assert block[-1] == 1
    grown = peak_memory_mb()
    del block
    assert grown > before
    assert peak_memory_mb() > 0.99 * grown


def test_a_process_does_not_count_the_memory_of_the_one_that_started_it() -> None:
    large = np.ones(40_000_000)
    child = subprocess.run([sys.executable, "-c", _ASK], capture_output=True, text=True, check=True)
    assert float(child.stdout) < 300 < large.nbytes / 1e6
