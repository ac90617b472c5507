"""Who may import whom: data flows one way, few rooms know Slicer and Qt, and nobody reaches into a neighbour."""

import ast
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

MODULE = Path(__file__).resolve().parents[4] / "BratsSegmenter"
LIBRARY = "BratsSegmenterLib"


def _modules() -> dict[str, Path]:
    """Every module of the library, and the module file, by its dotted name."""
    found = {MODULE.name: MODULE / "BratsSegmenter.py"}
    for path in (MODULE / LIBRARY).rglob("*.py"):
        parts = path.relative_to(MODULE).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def _offered(package: str) -> list[str]:
    """The names in its ``__all__``; none where it has none."""
    for node in ast.parse(MODULES[package].read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return ast.literal_eval(node.value)
    return []


def _imported(path: Path) -> Iterator[str]:
    """What a module imports, wherever in it: a module of ours, or the first part of another's name."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [(alias.name, "") for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [(str(node.module), alias.name) for alias in node.names]
        else:
            continue
        for source, name in names:
            if source.partition(".")[0] != LIBRARY:
                yield source.partition(".")[0]
            elif f"{source}.{name}" in MODULES and name not in OFFERED[source]:
                yield f"{source}.{name}"
            else:
                yield source


MODULES = _modules()
OFFERED = {name: _offered(name) for name, path in MODULES.items() if path.name == "__init__.py"}
IMPORTS = {name: set(_imported(path)) - {name} for name, path in MODULES.items()}


def _room(module: str) -> str:
    """A package of the library, a module beside the packages, or the module file."""
    return ".".join(module.split(".")[:2])


def _is_inside(module: str) -> bool:
    """Whether a package around the module says what others may import of it."""
    package = module.rpartition(".")[0]
    return module not in OFFERED and package != "" and (OFFERED[package] != [] or _is_inside(package))


def _require_no_circle(graph: dict[str, set[str]]) -> None:
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(f"imports in a circle: {' <- '.join(error.args[1])}")


def test_no_imports_go_in_a_circle():
    _require_no_circle(IMPORTS)


def test_no_imports_between_rooms_go_in_a_circle():
    rooms: dict[str, set[str]] = {}
    for module, imported in IMPORTS.items():
        rooms.setdefault(_room(module), set()).update({_room(name) for name in imported} - {_room(module)})
    _require_no_circle(rooms)


@pytest.mark.parametrize(
    ("name", "rooms"),
    [
        ("slicer", {"scene", "widgets"}),
        ("vtk", {"scene", "widgets"}),
        ("qt", {"widgets"}),
        ("ctk", {"widgets"}),
    ],
)
def test_only_some_rooms_and_the_module_file_know_slicer_and_qt(name: str, rooms: set[str]):
    allowed = {MODULE.name, *(f"{LIBRARY}.{room}" for room in rooms)}
    assert [module for module, imported in IMPORTS.items() if name in imported and _room(module) not in allowed] == []


def test_what_a_package_does_not_offer_is_imported_by_nobody_else():
    reached_into = [
        f"{module} imports {name}"
        for module, imported in IMPORTS.items()
        for name in sorted(imported & MODULES.keys())
        if _room(module) != _room(name) and _is_inside(name)
    ]
    assert reached_into == []
