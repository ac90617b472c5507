"""Where the extension's own files lie, in a source tree and in an installed extension alike."""

from __future__ import annotations

from pathlib import Path

_MODULE_FOLDER = Path(__file__).resolve().parent.parent


def _staged(name: str) -> Path:
    """The folder `name` beside the module (built, installed) or one above it (source tree)."""
    beside, above = _MODULE_FOLDER / name, _MODULE_FOLDER.parent / name
    return beside if beside.is_dir() else above


def module_folder() -> Path:
    """The folder of BratsSegmenter.py; what a worker process needs on its path."""
    return _MODULE_FOLDER


def resource(relative: str) -> Path:
    """A file of Resources/, for example ``resource("UI/BratsSegmenter.ui")``."""
    return _staged("Resources") / relative


def models_folder() -> Path:
    """The folder with the shipped model bundles."""
    return _staged("models")
