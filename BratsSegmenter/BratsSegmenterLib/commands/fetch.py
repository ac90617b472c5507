"""``fetch``: bring a study's DICOM files from an archive."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import (
    add_archive_arguments,
    add_study_argument,
    open_archive,
    require_writable,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.records import to_json

NAME = "fetch"
HELP = "bring a study from the archive; run again, it goes on where it was cut"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study, from where, to where."""
    add_archive_arguments(parser)
    add_study_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the DICOM files")
    parser.add_argument("--series", action="append", metavar="UID", help="only this series; may be repeated")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Fetch, and say what came."""
    archive = open_archive(arguments)
    require_writable(arguments.out)
    with console.progress() as progress, progress.stage("fetch"):
        fetched = archive.fetch(arguments.study, arguments.out, arguments.series, progress)
    console.say(f"{len(fetched.files)} instances in {arguments.out}")
    console.result(to_json(fetched))
    return 0
