"""Looks up every name of ``slicer_names.txt`` in the sources of Slicer and CTK, and notes beside it where it stands.

``python -m host.name_sources SLICER_REPOSITORY CTK_REPOSITORY [--revision 5.12] [--write]``; both are clones, bare ones
too. A name that stands nowhere, or a member that PythonQt does not reach, is printed; then the exit code is 1.
Classes of Qt itself are looked up in Qt's own bindings.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from PySide6 import QtCore, QtGui, QtWidgets

from host.names import LIST, SLICER_SIDE, KnownName, known_names, used_names
from host.reach import ways_of_class

_QT = (QtCore, QtGui, QtWidgets)
_CLASS_OF_OBJECT = {"slicer.app": "qSlicerApplication", "slicer.dicomDatabase": "ctkDICOMDatabase"}
_OURS = "bratssegmenter"
_PYTHON = "Base/Python/slicer"
_HEADING = """\
# Names that Slicer 5.12 offers to Python, as far as this extension uses them: of a member of a class what it is to
# Python, and the file of Slicer's or CTK's sources that declares it (`python -m host.name_sources` found both). The
# panel may use no others; what is looked up on vtkMRML and vtkSlicer classes is checked against the classes themselves.

"""


class Sources:
    """One commit of each of some clones, by the name of the clone: its folder and the revision."""

    def __init__(self, clones: dict[str, tuple[Path, str]]) -> None:
        self._clones = clones
        trees = {name: ("ls-tree", "-r", "--name-only", revision) for name, (_folder, revision) in clones.items()}
        self._files = {name: self._git(name, *tree).splitlines() for name, tree in trees.items()}

    def files(self, pattern: str) -> Iterator[tuple[str, str]]:
        """Clone and path of every file whose path matches."""
        for clone, paths in self._files.items():
            yield from ((clone, path) for path in paths if re.search(pattern, path))

    def text(self, clone: str, path: str) -> str:
        """What the file says."""
        return self._git(clone, "show", f"{self._clones[clone][1]}:{path}")

    def _git(self, clone: str, *arguments: str) -> str:
        command = ("git", "-C", str(self._clones[clone][0]), *arguments)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def looked_up(name: str, sources: Sources) -> KnownName:
    """The file that declares a name and what it is to Python; no source where none does, or Python cannot reach it."""
    head, _, member = name.rpartition(".")
    if name.startswith("qt."):
        return KnownName(source=_source_in_qt(name))
    if head == "ctk":
        return KnownName(source=next((f"{clone}: {path}" for clone, path in sources.files(rf"/{member}\.h$")), ""))
    if name.startswith("slicer.modules."):
        return KnownName(source=_source_of_module(member, sources))
    if head in _CLASS_OF_OBJECT:
        return _in_class(_CLASS_OF_OBJECT[head], member, sources)
    if name.startswith("slicer."):
        return KnownName(source=_source_in_python(name, sources))
    return _in_class(head, member, sources)


def _source_in_qt(name: str) -> str:
    for module in _QT:
        found: object = module
        for part in name.split(".")[1:]:
            found = getattr(found, part, None)
        if found is not None:
            return f"Qt: {module.__name__.split('.')[-1]}"
    return ""


def _source_in_python(name: str, sources: Sources) -> str:
    _slicer, module, *members = name.split(".")
    if not members and list(sources.files(rf"^{_PYTHON}/{module}\.py$")):
        return f"Slicer: {_PYTHON}/{module}.py"
    pattern = rf"^(def|class) {members[0]}\b" if members else rf"\b{module}\b"
    for clone, path in sources.files(rf"^{_PYTHON}/{module if members else '__init__'}\.py$"):
        if re.search(pattern, sources.text(clone, path), re.MULTILINE):
            return f"{clone}: {path}"
    setter = rf'addObjectToPythonMain\("slicer\.{module}"'
    for clone, path in sources.files(r"^Base/QT\w+/qSlicer\w*PythonManager\.cxx$"):
        if re.search(setter, sources.text(clone, path)):
            return f"{clone}: {path}"
    return ""


def _in_class(class_name: str, member: str, sources: Sources) -> KnownName:
    """The header of the class, or of one that it inherits from, that lets Python reach the member."""
    for clone, path in sources.files(rf"/{class_name}\.h$"):
        text = sources.text(clone, path)
        way = ways_of_class(class_name, text).get(member)
        if way is not None:
            return KnownName(way, f"{clone}: {path}")
        for base in re.findall(rf"class [\w\s]*\b{class_name}\b\s*(?:final\s*)?:\s*public\s+(\w+)", text):
            found = _in_class(base, member, sources)
            if found.source:
                return found
    return KnownName(source=_source_in_qt(f"qt.{class_name}.{member}"))


def _source_of_module(name: str, sources: Sources) -> str:
    if name == _OURS:
        return "this extension"
    found = sources.files(rf"(?i)^Modules/[^/]+/{name}/CMakeLists\.txt$")
    return next((f"{clone}: {path}" for clone, path in found), "")


def main(argv: list[str]) -> int:
    """Look up, report, and note when asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("slicer", type=Path)
    parser.add_argument("ctk", type=Path)
    parser.add_argument("--revision", default="HEAD", help="of Slicer; default: the newest")
    parser.add_argument("--write", action="store_true", help="note the sources in the list")
    arguments = parser.parse_args(argv)
    sources = Sources({"Slicer": (arguments.slicer, arguments.revision), "CTK": (arguments.ctk, "HEAD")})
    found = {name: looked_up(name, sources) for name in sorted(known_names())}
    missing = [name for name, known in found.items() if not known.source]
    used = {name for file in SLICER_SIDE for name in used_names(file)}
    print(f"{len(used)} names used, {len(found)} in the list, {len(found) - len(missing)} found in the sources")
    for name in missing:
        print(f"nowhere, or not to be reached: {name}")
    if arguments.write:
        width = max(map(len, found))
        ways = {name: known.way.value if known.way else "-" for name, known in found.items()}
        rows = "".join(
            f"{name:{width}}  {ways[name]:8}  {known.source}".rstrip() + "\n" for name, known in found.items()
        )
        LIST.write_text(_HEADING + rows, encoding="utf-8")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
