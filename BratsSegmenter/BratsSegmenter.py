"""BratsSegmenter: from the PACS to editable glioma segments and back. The four classes that Slicer looks for."""

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
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.StartCloseEvent, self.onSceneStartClose)
        self.addObserver(slicer.mrmlScene, slicer.mrmlScene.EndImportEvent, self.onSceneEndImport)
        slicer.app.aboutToQuit.connect(self.onAboutToQuit)

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
        self.panel.close_scene()

    def onSceneEndImport(self, _caller, _event) -> None:
        """A scene was loaded: take up the study that was reviewed in it."""
        self.panel.restore()

    def onAboutToQuit(self) -> None:
        """Slicer closes: no worker may outlive it."""
        self.panel.shut_down()

    def cleanup(self) -> None:
        """The module is reloaded or Slicer closes."""
        self.panel.shut_down()
        self.removeObservers()
        slicer.app.aboutToQuit.disconnect(self.onAboutToQuit)


class BratsSegmenterLogic(ScriptedLoadableModuleLogic):
    """Holds the parameter node; the work itself is done in BratsSegmenterLib."""


class BratsSegmenterTest(ScriptedLoadableModuleTest):
    """A self-test for a real Slicer; the full suite runs outside of it."""

    def setUp(self) -> None:
        """Begin with an empty scene."""
        slicer.mrmlScene.Clear(0)

    def runTest(self) -> None:
        """Run the tests of this class."""
        self.setUp()
        self.test_the_panel_opens_and_finds_its_files()

    def test_the_panel_opens_and_finds_its_files(self) -> None:
        """The panel rests, and what the module needs lies where it looks."""
        panel = slicer.modules.bratssegmenter.widgetRepresentation().self().panel
        assert panel.workflow.study is None
        for resource in ("Icons/BratsSegmenter.png", "Terminology/BratsSegmenter.term.json", "requirements.txt"):
            assert paths.resource(resource).is_file(), resource
        assert any(paths.models_folder().iterdir())
