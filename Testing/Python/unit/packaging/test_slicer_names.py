"""Nothing that exists only in the test host slips into the extension."""

import re

import pytest
import slicer
from host.ctk_widgets import CTK_CLASSES
from host.dicom_database import DicomDatabase
from host.layout import LayoutManager
from host.mrml_widgets import MRML_CLASSES
from host.names import REPOSITORY, SLICER_SIDE, KnownName, called_names, known_names, used_names
from host.reach import Way, ways_of_class
from host.slicer_app import SlicerApplication
from PySide6.QtCore import Property, Signal

HOST_ONLY = "host"
STANDS_FOR = {
    **{cls: cls.__name__ for cls in (*CTK_CLASSES, *MRML_CLASSES)},
    SlicerApplication: "slicer.app",
    LayoutManager: "qMRMLLayoutManager",
    DicomDatabase: "slicer.dicomDatabase",
}
HEADER = """
class EXPORT qBase; // forward
class EXPORT qThing : public qBase
{
  Q_OBJECT
  Q_PROPERTY(QList<int>* places READ places WRITE setPlaces NOTIFY placesChanged)
public:
  explicit qThing(QWidget* parent = nullptr);
  QList<int>* places() const; // not Q_INVOKABLE plainly
  Q_INVOKABLE virtual vtkMRMLNode* node(const QString& name = QString()) const { return this->find(name); }
  Q_INVOKABLE static QString title();
public slots:
  void setNode(vtkMRMLNode*);
  void setPlaces(QList<int>* places)
  {
    if (places) { qWarning("none"); }
  }
  Qt::ToolButtonStyle style();
signals:
  void placesChanged(int);
protected slots:
  void update();
private:
  void hidden();
};
class qOther { public slots: void other(); };
"""


def _is_known(name: str, known: dict[str, KnownName]) -> bool:
    parts = name.split(".")
    if parts[0] == "slicer" and parts[1].startswith("vtk"):
        return _exists_in_mrml(parts[1:])
    if name.startswith("slicer.mrmlScene."):
        return hasattr(slicer.vtkMRMLScene, parts[2])
    return any(name == item or item.startswith(f"{name}.") or name.startswith(f"{item}.") for item in known)


def _exists_in_mrml(parts: list[str]) -> bool:
    found = slicer
    for part in parts:
        found = getattr(found, part, None)
    return found is not None


@pytest.mark.parametrize("file", SLICER_SIDE, ids=lambda file: file.name)
def test_every_name_that_the_module_uses_exists_in_slicer(file):
    known = known_names()
    assert [name for name in sorted(used_names(file)) if not _is_known(name, known)] == []


@pytest.mark.parametrize("widget_class", [*CTK_CLASSES, *MRML_CLASSES], ids=lambda cls: cls.__name__)
def test_the_host_s_widgets_have_no_member_that_slicer_s_have_not(widget_class):
    known = known_names()
    inherited = {name for base in widget_class.__mro__[1:] for name in vars(base)}
    own = {name for name in vars(widget_class) if not name.startswith(("_", HOST_ONLY)) and name not in inherited}
    own.discard("staticMetaObject")
    assert [name for name in sorted(own) if f"{widget_class.__name__}.{name}" not in known] == []


@pytest.mark.parametrize("widget_class", STANDS_FOR, ids=lambda cls: cls.__name__)
def test_what_is_a_property_a_method_or_a_signal_in_slicer_is_the_same_in_the_host(widget_class):
    others = []
    for name, known in known_names().items():
        owner, _, member = name.rpartition(".")
        if owner == STANDS_FOR[widget_class] and known.way is not None:
            offered = getattr(widget_class, member, None)
            if offered is not None and _way_in_the_host(offered) is not known.way:
                others.append(f"{name} is a {known.way.value}")
    assert others == []


def _way_in_the_host(member: object) -> Way:
    if isinstance(member, Signal):
        return Way.SIGNAL
    return Way.PROPERTY if isinstance(member, property | Property) else Way.METHOD


@pytest.mark.parametrize("file", SLICER_SIDE, ids=lambda file: file.name)
def test_methods_are_called_and_properties_and_signals_are_not(file):
    known = known_names()
    used = [(name, is_called, known[name].way) for name, is_called in called_names(file) if name in known]
    assert [name for name, is_called, way in used if way is not None and is_called != (way is Way.METHOD)] == []


def test_a_header_tells_what_python_reaches():
    assert ways_of_class("qThing", HEADER) == {
        "places": Way.PROPERTY,
        "node": Way.METHOD,
        "title": Way.METHOD,
        "setNode": Way.METHOD,
        "setPlaces": Way.METHOD,
        "style": Way.METHOD,
        "placesChanged": Way.SIGNAL,
    }


def test_every_class_in_a_ui_file_is_plain_qt_or_known():
    known_classes = {name.split(".")[0] for name in known_names()}
    used = set()
    for file in (REPOSITORY / "Resources" / "UI").glob("*.ui"):
        used |= set(re.findall(r'<widget class="(\w+)"', file.read_text(encoding="utf-8")))
    assert [name for name in sorted(used) if not name.startswith("Q") and name not in known_classes] == []


def test_signals_are_connected_by_attribute_and_enums_by_name():
    for file in SLICER_SIDE:
        source = file.read_text(encoding="utf-8")
        assert not re.search(r"\.connect\(\s*[\"']", source), f"{file.name} connects a signal by a string"
        assert "= qt.Signal" not in source, f"{file.name} declares a signal that PythonQt cannot make"
        assert ".exec(" not in source, f"{file.name} calls exec, which Qt 5 names exec_"


def test_every_name_of_the_list_says_where_slicer_declares_it():
    advice = "run python -m host.name_sources SLICER CTK --write"
    assert [name for name, known in known_names().items() if not known.source] == [], advice
