"""The names of Slicer's that the extension uses, and the list of those that Slicer is known to have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from host.reach import Way

REPOSITORY = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("slicer_names.txt")
_MODULE = REPOSITORY / "BratsSegmenter"
SLICER_SIDE = (
    _MODULE / "BratsSegmenter.py",
    *sorted((_MODULE / "BratsSegmenterLib" / "scene").glob("*.py")),
    *sorted((_MODULE / "BratsSegmenterLib" / "widgets").glob("*.py")),
)
_ROOTS = {"qt", "ctk", "slicer"}
_CLASS_OF_ANSWER = {"slicer.app.layoutManager": "qMRMLLayoutManager", "slicer.app.settingsDialog": "ctkSettingsDialog"}
_CLASSES = frozenset(_CLASS_OF_ANSWER.values())


@dataclass(frozen=True)
class KnownName:
    """What is known of a name: how Python reaches it, where that is known, and the file that declares it."""

    way: Way | None = None
    source: str = ""


def known_names() -> dict[str, KnownName]:
    """The names of the list."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    return dict(_known(line) for line in lines if line and not line.startswith("#"))


def _known(line: str) -> tuple[str, KnownName]:
    name, *columns = line.split(maxsplit=2)
    if not columns:
        return name, KnownName()
    way, *source = columns
    return name, KnownName(None if way == "-" else Way(way), *source)


def used_names(file: Path) -> set[str]:
    """Dotted names that begin with qt, ctk or slicer, up to the first call, and names imported from them.

    What two calls that give a widget of Slicer's answer has the name of its class in their place.
    """
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {name for node in ast.walk(tree) if (name := _dotted(node)) and _is_slicer_s(name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _ROOTS:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if not any(other.startswith(f"{name}.") for other in names)} - _CLASSES


def called_names(file: Path) -> Iterator[tuple[str, bool]]:
    """Each of those names where it is used, and whether it is called there."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        name = _dotted(node)
        if name and _is_slicer_s(name):
            yield name, id(node) in called


def _is_slicer_s(name: str) -> bool:
    return name.split(".")[0] in _ROOTS | _CLASSES


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)):
        return f"{base}.{node.attr}"
    if isinstance(node, ast.Call):
        return _CLASS_OF_ANSWER.get(_dotted(node.func), "")
    return ""
