"""The synthetic patient as Slicer's module Sample Data offers it."""

import sys
from pathlib import Path
from types import SimpleNamespace

import slicer
from host.fixtures import MODULE_FILE
from host.slicer_app import application, open_module

from BratsSegmenterLib.dicom import scan
from BratsSegmenterLib.scene import sample_data


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


def test_the_synthetic_patient_is_offered_when_slicer_has_started_and_is_made_here(scene, monkeypatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "SampleData", SimpleNamespace(SampleDataLogic=_SampleDataLogic))
    application().cachePath = str(tmp_path)
    opened = open_module(MODULE_FILE)
    application().startupCompleted.emit()
    opened.widget.cleanup()
    source = _SampleDataLogic.registered[-1]
    assert (source["category"], source["sampleName"]) == ("BratsSegmenter", "BratsSegmenterSyntheticPatient")
    assert Path(source["thumbnailFileName"]).is_file()
    told = []
    monkeypatch.setattr(slicer.util, "infoDisplay", told.append)
    coarse = sample_data.make_synthetic_patient
    monkeypatch.setattr(sample_data, "make_synthetic_patient", lambda folder: coarse(folder, spacing_mm=4.0))
    nodes = source["customDownloader"](source)
    assert [node.GetName() for node in nodes] == ["Synthetic T1", "Synthetic T1c", "Synthetic T2", "Synthetic FLAIR"]
    folder = tmp_path / "BratsSegmenterSyntheticPatient" / "dicom"
    assert str(folder) in told[0]
    assert len(scan(folder).series) >= 4
