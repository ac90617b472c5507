"""Gives PySide6 the manners of PythonQt, the Qt binding of 3D Slicer.

PythonQt reads Qt properties as attributes (``button.text`` is a str, ``button.text()`` fails) while the setters stay,
calls ``objectName`` also ``name``, runs dialogs with ``exec_()`` and answers file dialogs with the path alone; see
MeVisLab/pythonqt, PythonQtClassInfo.cpp and PythonQtInstanceWrapper.cpp. After :func:`install`, every PySide6 class of
this process behaves so, and the modules ``qt`` and ``ctk`` can be imported.

PythonQt also deletes an object without a parent as soon as Python drops its last name, even one that was told
``deleteLater``, while PySide6 leaves such a one to Qt. Where this ends Slicer, an error is raised here.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import shiboken6
from PySide6 import QtCore, QtGui, QtUiTools, QtWidgets

_MODULES = (QtCore, QtGui, QtWidgets)
# PythonQt keeps these as methods: overridable virtuals, and QTimer's static function of the same name.
_STAY_METHODS = {"sizeHint", "minimumSizeHint", "parent", "layout", "singleShot"}


def install() -> None:
    """Patch PySide6 once and offer its classes as the module ``qt``."""
    if "qt" in sys.modules:
        return
    _make_constants_immortal()
    for module in _MODULES:
        for name in dir(module):
            candidate = getattr(module, name)
            if isinstance(candidate, type) and issubclass(candidate, QtCore.QObject):
                _turn_properties_into_attributes(candidate)
    every_object: Any = QtCore.QObject
    every_object.name = property(lambda self: self.objectName, lambda self, value: self.setObjectName(value))
    every_object.className = lambda self: self.metaObject().className()
    every_widget: Any = QtWidgets.QWidget
    every_widget.deleteLater = every_object.deleteLater  # what stood in a layout is Qt's for good
    every_object.deleteLater = _delete_later
    with_loop: tuple[Any, ...] = (QtWidgets.QDialog, QtWidgets.QMenu, QtWidgets.QApplication)
    for cls in with_loop:
        cls.exec_ = cls.exec
    for name in ("getOpenFileName", "getSaveFileName"):
        setattr(QtWidgets.QFileDialog, name, _path_only(getattr(QtWidgets.QFileDialog, name)))
    sys.modules["qt"] = _qt_module()


def _path_only(ask: Callable[..., tuple[str, str]]) -> staticmethod:
    """A file dialog's function that gives the path without the chosen kind of files."""
    return staticmethod(lambda *arguments: ask(*arguments)[0])


def _delete_later(self: QtCore.QObject) -> None:
    if self.parent() is None and shiboken6.ownedByPython(self):
        raise RuntimeError(f"PythonQt deletes a {type(self).__name__} without a parent at once, in its own signal too")
    QtCore.QMetaObject.invokeMethod(self, "deleteLater")


def _make_constants_immortal() -> None:
    """PySide6's wheels return them without counting, as Python 3.12 allows; 3.11 dies when a count is used up."""
    if sys.version_info < (3, 12):
        for constant in (None, True, False):
            ctypes.c_ssize_t.from_address(id(constant)).value += 1 << 48


def _turn_properties_into_attributes(cls: Any) -> None:
    meta = cls.staticMetaObject
    for index in range(meta.propertyOffset(), meta.propertyCount()):
        name = meta.property(index).name()
        if name not in _STAY_METHODS:
            setattr(cls, name, _attribute(cls, name))


def _attribute(cls: Any, name: str) -> property:
    capitalised = name[0].upper() + name[1:]
    getter = getattr(cls, name, None) or getattr(cls, f"is{capitalised}", None)
    if not callable(getter):
        getter = _property_reader(name)
    return property(getter, getattr(cls, f"set{capitalised}", None) or _property_writer(name))


def _property_reader(name: str) -> Callable[[QtCore.QObject], Any]:
    return lambda self: QtCore.QObject.property(self, name)


def _property_writer(name: str) -> Callable[[QtCore.QObject, Any], None]:
    def write(self: QtCore.QObject, value: Any) -> None:
        if not QtCore.QObject.setProperty(self, name, value):
            raise AttributeError(f"{type(self).__name__}.{name} is read-only")

    return write


def _qt_module() -> ModuleType:
    module: Any = ModuleType("qt", "The classes of QtCore, QtGui and QtWidgets in one module, as PythonQt offers them.")
    for source in _MODULES:
        for name in dir(source):
            if name.startswith("Q"):
                setattr(module, name, getattr(source, name))
    module.QUiLoader = UiLoader
    module.Signal, module.Property, module.SIGNAL = QtCore.Signal, QtCore.Property, QtCore.SIGNAL
    return module


class UiLoader(QtUiTools.QUiLoader):
    """Loads .ui files with the CTK and qMRML classes that the host registered in :attr:`custom_classes`."""

    custom_classes: dict[str, type[QtWidgets.QWidget]] = {}  # noqa: RUF012 - one registry for all loaders

    def createWidget(self, class_name: str, parent: QtWidgets.QWidget | None = None, name: str = "") -> Any:
        """Make one widget of the file, by the name of its class."""
        cls = self.custom_classes.get(class_name)
        if cls is None:
            return super().createWidget(class_name, parent, name)
        widget = cls(parent)
        widget.setObjectName(name)
        # QUiLoader does not hold the Python half of a widget; without this it would be collected at once.
        _alive.append(widget)
        return widget


_alive: list[QtWidgets.QWidget] = []
