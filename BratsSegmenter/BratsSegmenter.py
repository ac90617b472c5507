"""BratsSegmenter: from the PACS to editable glioma segments and back. The four classes that Slicer looks for."""

import tempfile
import time
from pathlib import Path

import qt
import slicer
from slicer.i18n import tr as _
from slicer.i18n import translate
from slicer.ScriptedLoadableModule import (
    ScriptedLoadableModule,
    ScriptedLoadableModuleLogic,
    ScriptedLoadableModuleTest,
    ScriptedLoadableModuleWidget,
)
from slicer.util import VTKObservationMixin

from BratsSegmenterLib import paths


def offerSampleData() -> None:
    """Register the synthetic patient once Slicer's module Sample Data is loaded."""
    from BratsSegmenterLib.widgets.sample_offer import SampleOffer

    BratsSegmenter.sampleOffer = SampleOffer()
    BratsSegmenter.sampleOffer.register()


def prepareViews() -> None:
    """Let a saved scene show its views, with labels that are true, before the panel is opened."""
    from BratsSegmenterLib.scene.layout import register_layouts
    from BratsSegmenterLib.scene.shown_images import follow_in_loaded_scenes

    register_layouts()
    follow_in_loaded_scenes()


class BratsSegmenter(ScriptedLoadableModule):
    """What Slicer shows about the module before it is opened."""

    def __init__(self, parent) -> None:
        super().__init__(parent)
        parent.title = _("BratsSegmenter")
        parent.categories = [translate("qSlicerAbstractCoreModule", "Segmentation")]
        parent.dependencies = [
            "Markups",
            "Plots",
            "Segmentations",
            "SubjectHierarchy",
            "Tables",
            "Terminologies",
            "Volumes",
        ]
        parent.contributors = ["The BratsSegmenter developers"]
        parent.icon = qt.QIcon(str(paths.resource("Icons/BratsSegmenter.png")))
        parent.helpText = _(
            "Fetches a brain MR study from the PACS, segments the glioma's regions, lets you correct them and stores"
            " the result in the same study. For research; every result needs a radiologist's review."
        )
        parent.acknowledgementText = _("Built on 3D Slicer, MONAI, pydicom, highdicom, dicomweb-client and SimpleITK.")
        slicer.app.startupCompleted.connect(offerSampleData)
        slicer.app.startupCompleted.connect(prepareViews)

    def resourcePath(self, filename: str) -> str:
        """A file of Resources/, which lies beside the module or one folder above it."""
        return str(paths.resource(filename))


class BratsSegmenterWidget(ScriptedLoadableModuleWidget, VTKObservationMixin):
    """The module's panel; the parts of it live in BratsSegmenterLib.widgets."""

    def __init__(self, parent=None) -> None:
        ScriptedLoadableModuleWidget.__init__(self, parent)
        VTKObservationMixin.__init__(self)

    def setup(self) -> None:
        """Build the panel."""
        from BratsSegmenterLib.widgets.assembly import build_panel  # here, so that Slicer starts without it

        super().setup()
        self.logic = BratsSegmenterLogic()
        self.panel = build_panel(self.layout, self.logic.getParameterNode)
        self._afterImport = qt.QTimer()
        self._afterImport.setSingleShot(True)
        self._afterImport.timeout.connect(self.panel.restore)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartImportEvent, self.onSceneStartImport)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndBatchProcessEvent, self.onSceneEndBatchProcess)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.NodeRemovedEvent, self.onNodeRemoved)
        slicer.app.aboutToQuit.connect(self.onAboutToQuit)
        slicer.app.paletteChanged.connect(self.onPaletteChanged)
        self.panel.restore()  # the scene may be older than this panel: loaded before, or the module was reloaded

    def resourcePath(self, filename: str) -> str:
        """A file of Resources/, which lies beside the module or one folder above it."""
        return str(paths.resource(filename))

    def enter(self) -> None:
        """The user opens the module."""
        self.panel.enter()

    def exit(self) -> None:
        """The user goes to another module."""
        self.panel.leave()

    def onSceneStartClose(self, _caller, _event) -> None:
        """The nodes go away: let go of them and stop what works on them."""
        self._afterImport.stop()
        self.panel.close_scene()

    def onSceneStartImport(self, _caller, _event) -> None:
        """A scene is about to be loaded into this one."""
        self.panel.begin_import()

    def onSceneEndBatchProcess(self, _caller, _event) -> None:
        """If a scene was loaded: take up the study that was reviewed in it.

        Slicer makes the views of a scene at this event, later than the import ends; the timer lets it do so first.
        """
        if self.panel.is_importing:
            self._afterImport.start(0)

    def onNodeRemoved(self, _caller, _event) -> None:
        """Somebody took a node out of the scene; it may be the one that is reviewed."""
        self.panel.look_whether_the_result_is_there()

    def onAboutToQuit(self) -> None:
        """Slicer closes: no worker may outlive it."""
        self.panel.shut_down()

    def onPaletteChanged(self) -> None:
        """The user chose another style in Slicer's settings, or the desktop turned dark."""
        self.panel.follow_style()

    def cleanup(self) -> None:
        """The module is reloaded or Slicer closes."""
        self._afterImport.stop()
        self.panel.shut_down()
        self.removeObservers()
        slicer.app.aboutToQuit.disconnect(self.onAboutToQuit)
        slicer.app.paletteChanged.disconnect(self.onPaletteChanged)


class BratsSegmenterLogic(ScriptedLoadableModuleLogic):
    """Holds the parameter node; the work itself is done in BratsSegmenterLib."""


class BratsSegmenterTest(ScriptedLoadableModuleTest):
    """A self-test for a real Slicer; the full suite runs outside of it."""

    def setUp(self) -> None:
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear(0)

    def runTest(self) -> None:
        """Run the tests of this class."""
        for test in (
            self.test_the_panel_opens_and_finds_its_files,
            self.test_the_worker_runs_in_slicers_python_and_reports,
            self.test_the_synthetic_patient_is_made_and_shown,
        ):
            self.setUp()
            test()

    def test_the_panel_opens_and_finds_its_files(self) -> None:
        """The panel rests, and what the module needs lies where it looks."""
        assert self._panel().workflow.study is None
        for resource in ("Icons/BratsSegmenter.png", "Terminology/BratsSegmenter.term.json", "requirements.txt"):
            assert paths.resource(resource).is_file(), resource
        assert any(paths.models_folder().iterdir())

    def test_the_worker_runs_in_slicers_python_and_reports(self) -> None:
        """The doctor examines this machine in a process of its own; what it misses, it says."""
        ui = self._panel().doctor.ui
        ui.examineButton.click()
        self._wait(lambda: ui.examineButton.enabled)
        assert "GB are free" in ui.findingsLabel.text, ui.verdictLabel.text

    def test_the_synthetic_patient_is_made_and_shown(self) -> None:
        """Four volumes come into the scene, their DICOM files lie where the sample says; asks what it may install."""
        from BratsSegmenterLib.widgets.sample_patient import sample_patient

        with tempfile.TemporaryDirectory() as folder:
            patient = sample_patient(Path(folder), print, spacing_mm=4.0)
            patient.make()
            self._wait(lambda: not patient.is_being_made)
            nodes = slicer.util.getNodesByClass("vtkMRMLScalarVolumeNode")
            assert [node.GetName() for node in nodes] == [f"Synthetic {name}" for name in ("T1", "T1c", "T2", "FLAIR")]
            assert any(Path(folder, "dicom").rglob("*.dcm"))

    @staticmethod
    def _wait(condition) -> None:
        deadline = time.monotonic() + 180
        while not condition() and time.monotonic() < deadline:
            slicer.app.processEvents()

    @staticmethod
    def _panel():
        return slicer.modules.bratssegmenter.widgetRepresentation().self().panel
