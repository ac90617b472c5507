"""Nothing that exists only in the test host slips into the extension."""

import re

import pytest
import slicer
from host.ctk_widgets import CTK_CLASSES
from host.mrml_widgets import MRML_CLASSES
from host.names import REPOSITORY, SLICER_SIDE, known_names, used_names

HOST_ONLY = "host"


def _is_known(name: str, known: dict[str, str]) -> bool:
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
    assert [name for name, source in known_names().items() if not source] == [], advice
