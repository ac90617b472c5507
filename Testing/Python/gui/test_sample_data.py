"""The synthetic patient as Slicer's module Sample Data offers it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
import slicer
from host.driver import wait_until
from host.fixtures import MODULE_FILE, replay_command
from host.replay_worker import Behaviour
from host.slicer_app import application, open_module

from BratsSegmenterLib.dicom import scan
from BratsSegmenterLib.errors import InferenceError
from BratsSegmenterLib.widgets.process import WorkerProcess, worker_command
from BratsSegmenterLib.widgets.sample_patient import SamplePatient


class _SampleDataLogic:
    """Keeps what is registered; the parameters are those of Slicer's SampleDataLogic."""

    registered: list[dict] = []  # noqa: RUF012 - one registry, as in Slicer

    @staticmethod
    def registerCustomSampleDataSource(  # noqa: N802 - Slicer names it so
        category="Custom",
        sampleName=None,  # noqa: N803
        uris=None,
        fileNames=None,  # noqa: N803
        nodeNames=None,  # noqa: N803
        customDownloader=None,  # noqa: N803
        thumbnailFileName="",  # noqa: N803
        loadFileType="VolumeFile",  # noqa: N803
        loadFiles=None,  # noqa: N803
        loadFileProperties=None,  # noqa: N803
        checksums=None,
    ):
        _SampleDataLogic.registered.append(dict(locals()))


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What message boxes said."""
    said: list[str] = []
    monkeypatch.setattr(slicer.util, "errorDisplay", lambda text, **_more: said.append(text))
    return said


def _made(patient: SamplePatient) -> list[str]:
    """Names of the volumes that are in the scene once the patient is there."""
    patient.make()
    patient.make()  # a second click while it is being made
    wait_until(lambda: not patient.is_being_made)
    return [node.GetName() for node in slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")]


def test_the_synthetic_patient_is_offered_when_slicer_has_started(scene, monkeypatch, told: list[str], tmp_path: Path):
    monkeypatch.setitem(sys.modules, "SampleData", SimpleNamespace(SampleDataLogic=_SampleDataLogic))
    application().cachePath = str(tmp_path)
    opened = open_module(MODULE_FILE)
    application().startupCompleted.emit()
    opened.close()
    source = _SampleDataLogic.registered[-1]
    assert (source["category"], source["sampleName"]) == ("BratsSegmenter", "BratsSegmenterSyntheticPatient")
    assert Path(source["thumbnailFileName"]).is_file()
    monkeypatch.setattr(slicer.packaging, "pip_check", lambda one: str(one).startswith("torch"))
    monkeypatch.setattr(slicer.util, "confirmOkCancelDisplay", lambda _text, **_more: False)
    source["customDownloader"](source)
    assert "without what was not installed" in told[0]


def test_the_synthetic_patient_is_made_beside_slicer_and_shown(scene, told: list[str], tmp_path: Path):
    worker = WorkerProcess(worker_command(sys.executable))
    patient = SamplePatient(worker, tmp_path, lambda: None, told.append, spacing_mm=4.0)
    assert _made(patient) == ["Synthetic T1", "Synthetic T1c", "Synthetic T2", "Synthetic FLAIR"]
    active = slicer.app.applicationLogic().GetSelectionNode().GetActiveVolumeID()
    assert slicer.mrmlScene.GetNodeByID(active).GetName() == "Synthetic T1c"
    assert str(tmp_path / "dicom") in told[0]
    assert len(scan(tmp_path / "dicom").series) >= 4


def test_what_may_not_be_installed_is_said_and_nothing_is_made(scene, told: list[str], tmp_path: Path):
    def decline() -> None:
        raise InferenceError("The network cannot run without what was not installed.")

    assert _made(SamplePatient(WorkerProcess(worker_command(sys.executable)), tmp_path, decline, told.append)) == []
    assert set(told) == {"The network cannot run without what was not installed."}


@pytest.mark.parametrize("behaviour", [Behaviour.FAILS, Behaviour.DIES])
def test_a_patient_that_cannot_be_made_is_said(scene, told: list[str], tmp_path: Path, behaviour: Behaviour):
    assert _made(SamplePatient(WorkerProcess(replay_command(behaviour)), tmp_path, lambda: None, told.append)) == []
    assert len(told) == 1
