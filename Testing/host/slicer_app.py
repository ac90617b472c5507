"""``slicer.app`` and the opening of scripted modules; after importing this module, the rest of ``slicer`` is there."""

from __future__ import annotations

import importlib
import os
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import qt
import slicer

from host import pythonqt
from host.ctk_widgets import CTK_CLASSES
from host.dicom_database import DicomDatabase
from host.mrml import MrmlApplication
from host.mrml_widgets import MRML_CLASSES

slicer.__path__.append(str(Path(__file__).parent / "slicer_python"))
sys.modules["ctk"] = ModuleType("ctk")
for _cls in CTK_CLASSES:
    setattr(sys.modules["ctk"], _cls.__name__, _cls)
for _cls in MRML_CLASSES:
    setattr(slicer, _cls.__name__, _cls)
pythonqt.UiLoader.custom_classes.update({cls.__name__: cls for cls in (*CTK_CLASSES, *MRML_CLASSES)})


class SlicerApplication(qt.QApplication):
    """The QApplication that ``slicer.app`` is, over a MRML application."""

    startupCompleted = qt.Signal()

    def __init__(self) -> None:
        super().__init__(["Slicer"])
        self.setStyle("Fusion")
        self.setFont(qt.QFont("DejaVu Sans", 9))
        self.mrml = MrmlApplication()
        self.slicerHome = ""
        self._layout_manager: Any = None
        self._user_folder = tempfile.TemporaryDirectory(prefix="slicer-user-")
        self.settle_in(Path(self._user_folder.name))
        self._settings_dialog: Any = None
        self._settings = qt.QSettings(self.slicerUserSettingsFilePath, qt.QSettings.Format.IniFormat)

    def settle_in(self, home: Path) -> None:
        """Keep settings, cache and data of the user in a folder from now on."""
        self.cachePath = str(home / "cache")
        self.slicerUserSettingsFilePath = str(home / "Slicer.ini")
        os.environ["XDG_DATA_HOME"] = str(home / "data")

    def applicationLogic(self) -> Any:
        """The vtkSlicerApplicationLogic."""
        return self.mrml.logic

    def layoutManager(self) -> Any:
        """The layout manager; None while there is no main window, as in Slicer."""
        return self._layout_manager

    def setLayoutManager(self, layout_manager: Any) -> None:
        """Hand over the main window's layout manager."""
        self._layout_manager = layout_manager

    def settingsDialog(self) -> Any:
        """The dialog with a page for each part of the application."""
        if self._settings_dialog is None:
            self._settings_dialog = sys.modules["ctk"].ctkSettingsDialog()
            self._settings_dialog.hostUse(self._settings)
        return self._settings_dialog

    def openSettingsDialog(self, panel: str) -> None:
        """Show the dialog at a page, with what the settings hold by now; returns when it is closed."""
        self.settingsDialog().reloadSettings()
        self.settingsDialog().setCurrentPanel(panel)
        self.settingsDialog().exec_()

    def userSettings(self) -> qt.QSettings:
        """Settings that live as long as the process."""
        return self._settings


@dataclass
class ModuleDescription:
    """What a scripted module tells the application about itself: the attributes of qSlicerScriptedLoadableModule."""

    path: str
    title: str = ""
    categories: list[str] = field(default_factory=list)
    dependencies: list[str] = field(default_factory=list)
    contributors: list[str] = field(default_factory=list)
    helpText: str = ""
    acknowledgementText: str = ""
    icon: Any = None


@dataclass
class WidgetRepresentation:
    """What Slicer wraps around a scripted module's widget; :meth:`self` gives the Python object."""

    widget: Any

    def self(self) -> Any:
        """The module's widget."""
        return self.widget


@dataclass
class OpenedModule:
    """A module as Slicer holds it after the user selected it."""

    module: Any
    widget: Any
    panel: Any

    def widgetRepresentation(self) -> WidgetRepresentation:
        """The module's panel, as ``slicer.modules.<name>`` gives it."""
        return WidgetRepresentation(self.widget)

    def close(self) -> None:
        """Let its widget go, as Slicer does when it reloads the module or quits; nothing once that is done."""
        name = type(self.module).__name__.lower()
        if getattr(slicer.modules, name, None) is self:
            self.widget.cleanup()
            delattr(slicer.modules, name)


def application() -> SlicerApplication:
    """``slicer.app``; made on the first call."""
    if not hasattr(slicer, "app"):
        slicer.app = SlicerApplication()
        slicer.dicomDatabase = DicomDatabase()
    return slicer.app


def open_module(file: Path) -> OpenedModule:
    """Load a scripted module by its file, make its panel and set it up, as Slicer's module factory does."""
    application()
    name = file.stem
    if str(file.parent) not in sys.path:
        sys.path.append(str(file.parent))
    loaded = importlib.import_module(name)
    module = getattr(loaded, name)(ModuleDescription(path=str(file)))
    panel = slicer.qMRMLWidget()
    qt.QVBoxLayout(panel)
    panel.setMRMLScene(slicer.mrmlScene)
    widget = getattr(loaded, f"{name}Widget")(panel)
    widget.setup()
    widget.enter()
    opened = OpenedModule(module, widget, panel)
    setattr(slicer.modules, name.lower(), opened)
    return opened
