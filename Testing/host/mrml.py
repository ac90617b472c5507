"""A MRML application without a desktop: scene, module logics and input/output of the wheel ``slicer-core``."""

from __future__ import annotations

import os
import sys
import tempfile
from types import ModuleType
from typing import Any

# Off-screen rendering needs no X server then, and does not ask for one.
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

import slicer
import vtk

_LOGICS = {
    "Colors": slicer.vtkMRMLColorLogic,
    "Volumes": slicer.vtkSlicerVolumesLogic,
    "Terminologies": slicer.vtkSlicerTerminologiesModuleLogic,
    "Markups": slicer.vtkSlicerMarkupsLogic,
    "Plots": slicer.vtkSlicerPlotsLogic,
    "Segmentations": slicer.vtkSlicerSegmentationsModuleLogic,
    "SubjectHierarchy": slicer.vtkSlicerSubjectHierarchyModuleLogic,
    "Data": slicer.vtkSlicerDataModuleLogic,
    "Tables": slicer.vtkSlicerTablesLogic,
    "Units": slicer.vtkSlicerUnitsLogic,
}


class CoreModule:
    """What ``slicer.modules.volumes`` is in Slicer, as far as its logic."""

    def __init__(self, logic: Any) -> None:
        self._logic = logic

    def logic(self) -> Any:
        """The module's logic."""
        return self._logic


class MrmlApplication:
    """Scene and logics, wired as Slicer's application does it; ``slicer.mrmlScene`` and ``slicer.modules`` after it."""

    def __init__(self) -> None:
        self.scene = slicer.vtkMRMLScene()
        slicer.mrmlScene = self.scene
        self.logic = slicer.vtkSlicerApplicationLogic()
        self.logic.SetMRMLScene(self.scene)
        self._add_crosshair()
        self.logic.GetColorLogic().SetMRMLScene(self.scene)
        self.logic.GetColorLogic().AddDefaultColorNodes()
        self.logic.SetSliceLogics(vtk.vtkCollection())
        self.logic.SetViewLogics(vtk.vtkCollection())
        for factory in (
            slicer.vtkMRMLThreeDViewDisplayableManagerFactory,
            slicer.vtkMRMLSliceViewDisplayableManagerFactory,
        ):
            factory.GetInstance().SetMRMLApplicationLogic(self.logic)
        self._add_module_logics()
        slicer.vtkMRMLSliceNode.AddDefaultSliceOrientationPresets(self.scene, True)
        self._add_input_output()

    def _add_crosshair(self) -> None:
        crosshair = slicer.vtkMRMLCrosshairNode()
        crosshair.SetCrosshairName("default")
        self.scene.AddNode(crosshair)

    def _add_module_logics(self) -> None:
        modules = ModuleType("slicer.modules")
        sys.modules["slicer.modules"] = slicer.modules = modules
        # The wheel has no terminology files; the logic's complaints about them say nothing about the module.
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_OFF)
        for name, cls in _LOGICS.items():
            logic = cls()
            logic.SetMRMLScene(self.scene)
            if hasattr(logic, "SetMRMLApplicationLogic"):
                logic.SetMRMLApplicationLogic(self.logic)
            self.logic.SetModuleLogic(name, logic)
            setattr(modules, name.lower(), CoreModule(logic))
        vtk.vtkLogger.SetStderrVerbosity(vtk.vtkLogger.VERBOSITY_WARNING)

    def _add_input_output(self) -> None:
        """Storage of scenes (.mrb) asks for a data manager with a cache folder."""
        self._cache = tempfile.TemporaryDirectory(prefix="slicer-host-")
        self._remote = slicer.vtkMRMLRemoteIOLogic()
        self._remote.SetMRMLScene(self.scene)
        self._remote.SetMRMLApplicationLogic(self.logic)
        self._remote.GetCacheManager().SetRemoteCacheDirectory(self._cache.name)
        self._data = slicer.vtkDataIOManagerLogic()
        self._data.SetMRMLScene(self.scene)
        self._data.SetMRMLApplicationLogic(self.logic)
        self._data.SetAndObserveDataIOManager(self._remote.GetDataIOManager())
        self._remote.AddDataIOToScene()
