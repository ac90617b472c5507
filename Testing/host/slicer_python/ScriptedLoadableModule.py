"""The base classes of scripted modules, as far as a panel needs them."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import slicer

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


class ScriptedLoadableModule:
    """What the application asks about a module; `parent` carries title, categories, icon and help."""

    def __init__(self, parent: Any) -> None:
        self.parent = parent
        self.moduleName = type(self).__name__

    def resourcePath(self, filename: str) -> str:
        """A file of the folder Resources beside the module."""
        return str(Path(self.parent.path).parent / "Resources" / filename)


class ScriptedLoadableModuleWidget:
    """The module's panel; `parent` is a qMRMLWidget with a vertical layout."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.layout = parent.layout()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = False

    def setup(self) -> None:
        """Slicer adds its developer section here."""

    def resourcePath(self, filename: str) -> str:
        """A file of the folder Resources beside the module."""
        return str(Path(inspect.getfile(type(self))).parent / "Resources" / filename)


class ScriptedLoadableModuleLogic:
    """The module's logic with its one parameter node."""

    def __init__(self, parent: Any = None) -> None:
        self.moduleName = type(self).__name__.removesuffix("Logic")

    def getParameterNode(self) -> Any:
        """The scene's one vtkMRMLScriptedModuleNode of this module; made when there is none."""
        node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
        if node is None:
            node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
            node.UnRegister(None)
            node.SetSingletonTag(self.moduleName)
            node.SetModuleName(self.moduleName)
            node.SetAttribute("ModuleName", self.moduleName)
            node = slicer.mrmlScene.AddNode(node)
        return node


class ScriptedLoadableModuleTest:
    """Runs every method whose name contains "test"."""

    def runTest(self) -> None:
        """Run them in the order of their names."""
        for name in sorted(dir(self)):
            if "test" in name and name != "runTest":
                getattr(self, name)()
