"""The verbs of the command line, one a file.

Each module has ``NAME``, ``HELP``, ``add_arguments(parser)`` and ``run(arguments, console) -> exit code``, and imports
what is heavy only when it runs.
"""

from __future__ import annotations

import argparse
from importlib import import_module
from typing import Protocol, cast

from BratsSegmenterLib.commands.console import Console

_NAMES = (
    "doctor",
    "search",
    "fetch",
    "recognise",
    "preprocess",
    "segment",
    "resume",
    "measure",
    "export",
    "push",
    "run",
    "cohort",
    "route",
    "ledger",
    "demo",
    "archive",
    "clean",
    "nifti_to_dicom",
    "download",
    "evaluate",
    "calibrate",
    "synthesise",
    "collect",
    "train",
    "average",
)


class Command(Protocol):
    """What a module of this package offers."""

    NAME: str
    HELP: str

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's own arguments."""

    def run(self, arguments: argparse.Namespace, console: Console) -> int:
        """Do it and return the exit code."""


def all_commands() -> tuple[Command, ...]:
    """Every verb, in the order of the way a study goes."""
    return tuple(cast(Command, import_module(f"{__name__}.{name}")) for name in _NAMES)
