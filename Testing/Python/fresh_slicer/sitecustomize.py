"""On the path of a Python process, hides every package that Slicer 5.12 does not bring.

What it brings stands in SuperBuild/External_python-*.cmake of Slicer's sources; below are the names by which those
packages are imported. Qt, as the host of the tests needs it, is left visible, too.
"""

from __future__ import annotations

import sys
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path

_SLICER = {"slicer", "slicer_core", "vtk", "vtkmodules", "SimpleITK"}
_SHIPPED = {
    "certifi",
    "cffi",
    "chardet",
    "charset_normalizer",
    "couchdb",
    "cryptography",
    "dateutil",
    "dcmqi",
    "deprecated",
    "dicomweb_client",
    "git",
    "gitdb",
    "github",
    "highdicom",
    "idna",
    "jpeg_ls",
    "jwt",
    "nacl",
    "numpy",
    "packaging",
    "PIL",
    "pip",
    "pkg_resources",
    "pycparser",
    "pydicom",
    "pyparsing",
    "requests",
    "retrying",
    "scipy",
    "setuptools",
    "six",
    "smmap",
    "typing_extensions",
    "urllib3",
    "wrapt",
}
_HOST = {"PySide6", "shiboken6"}
_VISIBLE = _SLICER | _SHIPPED | _HOST


class _Hiding(MetaPathFinder):
    """Finds nothing; an installed package that is not visible cannot be found by others either."""

    def find_spec(self, name: str, path: object = None, target: object = None) -> ModuleSpec | None:
        """Raise what Python raises for a package that is not installed."""
        top = name.partition(".")[0]
        if top in _VISIBLE or top.startswith("_") or top in sys.stdlib_module_names:
            return None
        spec = PathFinder.find_spec(top)
        if spec is not None and spec.origin and "site-packages" in Path(spec.origin).parts:
            raise ModuleNotFoundError(f"No module named {top!r}", name=top)
        return None


sys.meta_path.insert(0, _Hiding())
