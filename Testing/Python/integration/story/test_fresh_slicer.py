"""What works in a Slicer right after the extension was installed, before any package was."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from archives import RunningArchive
from phantoms import PhantomStudy

from BratsSegmenterLib.archive import StudyQuery
from BratsSegmenterLib.jobs import ConnectionJob, DoctorJob, Job, ListFolderJob, SearchJob, StorageJob
from BratsSegmenterLib.paths import module_folder
from BratsSegmenterLib.worker import DONE, write_job

_TESTING = Path(__file__).resolve().parents[3]
_IMPORTS = """
from contextlib import suppress
from importlib import import_module

brought = "numpy", "highdicom", "vtk", "pydicom"
others = "filelock", "jinja2", "keyring", "monai", "nibabel", "psutil", "rich", "safetensors", "torch", "yaml"
for name in brought + others:
    with suppress(ModuleNotFoundError):
        print(import_module(name).__name__)
"""
_PANEL = """
from pathlib import Path
from host.driver import finish, wait_until
from host.slicer_app import open_module

opened = open_module(Path({module!r}))
panel = opened.widget.panel
panel.archive.use_folder(Path({study!r}))
finish(panel)
assert panel.studies.ui.studyTable.rowCount == 1, panel.message_bar.ui.textLabel.text
panel.doctor.ui.examineButton.click()
wait_until(lambda: panel.doctor.ui.examineButton.enabled)
assert "once torch is installed" in panel.doctor.ui.findingsLabel.text, panel.doctor.ui.findingsLabel.text
opened.close()
"""


def _in_a_fresh_slicer(*arguments: str, first_line: str = "") -> tuple[int, str]:
    """Exit code and output of a Python that has what Slicer has; its standard input stays open until it ends."""
    hidden = str(_TESTING / "Python" / "fresh_slicer")
    path = os.pathsep.join((hidden, str(module_folder()), str(_TESTING)))
    with subprocess.Popen(
        [sys.executable, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONPATH": path, "QT_QPA_PLATFORM": "offscreen"},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{first_line}\n")
        process.stdin.flush()
        said = process.stdout.read()
        return process.wait(), said


def test_what_slicer_does_not_bring_is_hidden_and_nothing_else() -> None:
    code, said = _in_a_fresh_slicer("-c", _IMPORTS)
    assert (code, said.split()) == (0, ["numpy", "highdicom", "vtk", "pydicom"])


@pytest.mark.parametrize("kind", [ConnectionJob, SearchJob, ListFolderJob, StorageJob, DoctorJob])
def test_studies_can_be_found_and_the_machine_examined_before_anything_was_installed(
    kind: type[Job], embedded_archive: RunningArchive, phantom_study: PhantomStudy, tmp_path: Path
) -> None:
    profile = embedded_archive.profile
    jobs: dict[type[Job], Job] = {
        ConnectionJob: ConnectionJob(profile),
        SearchJob: SearchJob(profile, StudyQuery()),
        ListFolderJob: ListFolderJob(phantom_study.folder),
        StorageJob: StorageJob(tmp_path / "studies", None, ()),
        DoctorJob: DoctorJob(tmp_path / "studies", profile, with_phantom=True),
    }
    write_job(jobs[kind], tmp_path / "job.json")
    secrets = json.dumps(embedded_archive.credentials.to_json())
    worker = "-m", "BratsSegmenterLib.worker", str(tmp_path / "job.json")
    code, said = _in_a_fresh_slicer(*worker, first_line=secrets)
    assert code == DONE, said
    assert kind is not DoctorJob or "The synthetic patient needs the package" in said


def test_the_panel_lists_studies_and_the_doctor_says_what_is_missing(phantom_study: PhantomStudy) -> None:
    script = _PANEL.format(module=str(module_folder() / "BratsSegmenter.py"), study=str(phantom_study.folder))
    code, said = _in_a_fresh_slicer("-c", script)
    assert code == 0, said
