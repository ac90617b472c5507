"""The module file as Slicer opens, closes and quits it."""

import subprocess
import sys
from pathlib import Path

import pytest
import slicer
from child_processes import started_processes
from host.fixtures import MODULE_FILE
from host.slicer_app import OpenedModule, application, open_module

from BratsSegmenterLib.archive import Credentials, Profile, StudyQuery
from BratsSegmenterLib.widgets.choices import Connection
from BratsSegmenterLib.widgets.state import PanelState

NOWHERE = Connection(Profile("nowhere", "http://127.0.0.1:9/dicom-web"), Credentials())


@pytest.fixture
def opened(scene, tmp_path: Path):
    application().settle_in(tmp_path)
    opened = open_module(MODULE_FILE)
    yield opened
    opened.close()


def test_the_module_introduces_itself(opened: OpenedModule):
    description = opened.module.parent
    assert description.title == "BratsSegmenter"
    assert description.categories == ["Segmentation"]
    assert not description.icon.isNull()
    assert description.contributors
    assert description.helpText
    assert description.acknowledgementText


def test_the_module_file_imports_nothing_heavy_when_slicer_starts():
    heavy = {"torch", "monai", "pydicom", "highdicom", "dicomweb_client", "requests", "scipy"}
    import_it = (
        "import sys; import host.slicer_app; before = set(sys.modules); import BratsSegmenter\n"
        f"print(sorted((set(sys.modules) - before) & {heavy!r}))"
    )
    path = [str(MODULE_FILE.parent), str(MODULE_FILE.parents[1] / "Testing")]
    environment = {"PYTHONPATH": ":".join(path), "PATH": "/usr/bin", "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run([sys.executable, "-c", import_it], env=environment, capture_output=True, text=True)
    assert done.stdout.strip() == "[]", done.stderr


def test_the_self_test_of_the_module_passes(opened: OpenedModule):
    sys.modules["BratsSegmenter"].BratsSegmenterTest().runTest()


@pytest.mark.parametrize("event", ["scene closes", "module closes", "Slicer quits"])
def test_whatever_closes_no_worker_outlives_it(opened: OpenedModule, event: str):
    workflow = opened.widget.panel.workflow
    workflow.search(NOWHERE, StudyQuery())
    assert workflow.state is PanelState.SEARCHING
    assert started_processes()
    match event:
        case "scene closes":
            slicer.mrmlScene.Clear(0)
        case "module closes":
            opened.close()
        case "Slicer quits":
            application().aboutToQuit.emit()
    assert started_processes() == []


def test_a_closed_module_no_longer_hears_the_scene(opened: OpenedModule):
    opened.close()
    opened.widget.panel.close_scene = None
    slicer.mrmlScene.Clear(0)
