"""The names of Slicer's that the extension uses, and the list of those that Slicer is known to have."""

from __future__ import annotations

import ast
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LIST = Path(__file__).with_name("slicer_names.txt")
_MODULE = REPOSITORY / "BratsSegmenter"
SLICER_SIDE = (
    _MODULE / "BratsSegmenter.py",
    *sorted((_MODULE / "BratsSegmenterLib" / "scene").glob("*.py")),
    *sorted((_MODULE / "BratsSegmenterLib" / "widgets").glob("*.py")),
)
_ROOTS = {"qt", "ctk", "slicer"}


def known_names() -> dict[str, str]:
    """The names of the list, each with the source that it was found in; empty where none is noted."""
    lines = LIST.read_text(encoding="utf-8").splitlines()
    columns = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    return {name: source[0] if source else "" for name, *source in columns}


def used_names(file: Path) -> set[str]:
    """Dotted names that begin with qt, ctk or slicer, up to the first call, and names imported from them."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    names = {name for node in ast.walk(tree) if (name := _dotted(node)) and name.split(".")[0] in _ROOTS}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] in _ROOTS:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if not any(other.startswith(f"{name}.") for other in names)}


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (base := _dotted(node.value)):
        return f"{base}.{node.attr}"
    return ""
