"""Memory that runs out, a reader that goes away, a disk that is full: a sentence, or silence, but no traceback."""

from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from BratsSegmenterLib.archive import Profile
from BratsSegmenterLib.errors import unwritable
from BratsSegmenterLib.jobs import SendJob
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.worker import write_job

_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(module_folder())}


def _label_map(path: Path, size: int) -> Path:
    labels = np.zeros((size, size, size), np.uint8)
    labels[0, 0, 0] = 2
    sitk.WriteImage(sitk.GetImageFromArray(labels), str(path), useCompression=True, compressionLevel=1)
    return path


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="the limit on memory is Linux's")
def test_memory_that_runs_out_is_said_in_a_sentence(tmp_path: Path) -> None:
    """A process of its own may use 100 MB more than it has; the large label map needs more than twice that.

    So does the registration, whose failure must not pass for one of images that do not overlap.
    """
    small, large = _label_map(tmp_path / "small.nii.gz", 10), _label_map(tmp_path / "large.nii.gz", 600)
    code = f"""
        import resource, sys
        import SimpleITK as sitk
        from BratsSegmenterLib.cli import main
        from BratsSegmenterLib.errors import BratsSegmenterError
        from BratsSegmenterLib.preprocessing.mutual_information import Level, improve
        from BratsSegmenterLib.progress import Progress
        image = sitk.GaussianSource(sitk.sitkFloat32, [300] * 3, [60] * 3, [150] * 3)
        assert main(["measure", {str(small)!r}]) == 0
        used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (used + 100_000_000, used + 100_000_000))
        try:
            improve(image, image, sitk.Euler3DTransform(), Level(1.0, 1000, 1.0, 1), Progress())
        except BratsSegmenterError as error:
            print(error)
        sys.exit(main(["measure", {str(large)!r}]))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, capture_output=True, text=True, env=_ENVIRONMENT)
    assert done.returncode == 1, done.stderr
    assert "The memory of this computer, or of its GPU, was not enough. Close other programs" in done.stdout
    assert "The memory of this computer, or of its GPU, was not enough.\nClose other programs" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_sending_that_runs_out_of_memory_is_to_be_looked_for_in_the_pacs(tmp_path: Path) -> None:
    """How far it came is not known; a child process, because the worker watches its own input."""
    job = SendJob(tmp_path, tmp_path / "a.nii.gz", edited=False, profile=Profile("PACS", "https://pacs.example"))
    write_job(job, tmp_path / "job.json")
    code = f"""
        import sys
        from BratsSegmenterLib import performing, worker
        def perform(*_arguments): raise MemoryError
        performing.perform = perform
        sys.exit(worker.main(["worker", {str(tmp_path / "job.json")!r}]))
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(command, input="{}\n", capture_output=True, text=True, env=_ENVIRONMENT)
    assert json.loads(done.stdout)["advice"] == "Close other programs. Look into the PACS before you send again."


@pytest.mark.parametrize(("name", "said"), [("a.nii.gz", b""), ("b.nii.gz", b"There is no file")])
def test_a_reader_that_goes_away_is_no_error_to_tell_of(tmp_path: Path, name: str, said: bytes) -> None:
    _label_map(tmp_path / "a.nii.gz", 10)
    command = [sys.executable, "-m", "BratsSegmenterLib.cli", "measure", str(tmp_path / name)]
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "wb") as nowhere:
        done = subprocess.run([*command, "--json"], stdout=nowhere, stderr=subprocess.PIPE, env=_ENVIRONMENT)
    assert done.returncode == 1
    assert done.stderr.startswith(said)
    assert b"Traceback" not in done.stderr
    assert bool(done.stderr) is bool(said)


def test_why_a_file_was_not_written_holds_no_python(tmp_path: Path) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path))
    assert unwritable(tmp_path / "a.dcm", full).cause == "No space left on device"
    of_pydicom = OSError("With tag (3006,0039) got exception: [Errno 27] File too large\nTraceback (most recent")
    assert unwritable(tmp_path / "a.dcm", of_pydicom).cause.endswith("File too large")
    of_simpleitk = RuntimeError(
        "Exception thrown in SimpleITK:\nitkMetaImageIO.cxx:1110:\nITK ERROR: cannot be written.\n"
    )
    assert unwritable(tmp_path / "a.mha", of_simpleitk).cause == "ITK ERROR: cannot be written."
