"""Names of a package that are loaded when they are first used, so that Slicer starts without torch and pydicom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any


def lazy_names(package: str, module_of: Mapping[str, str]) -> Callable[[str], Any]:
    """The ``__getattr__`` of a package (PEP 562) whose public names live in modules that are loaded on demand.

    Parameters
    ----------
    package : str
        Its ``__name__``.
    module_of : mapping of str to str
        Public name to the module inside the package that defines it.
    """

    def load(name: str) -> Any:
        if name not in module_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        return getattr(import_module(f"{package}.{module_of[name]}"), name)

    return load
