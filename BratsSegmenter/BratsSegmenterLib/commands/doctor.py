"""``doctor``: does this machine, and the archive, have what the work needs?"""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import add_archive_arguments, optional_archive
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.records import to_json

NAME = "doctor"
HELP = "check packages, device, disk, models and, with --archive, the connection and its rights"

_MARKS = {True: "yes", False: "NO", None: "-"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """An archive to test, and where the work is to be done."""
    add_archive_arguments(parser, required=False)
    parser.add_argument("--folder", type=Path, default=Path.cwd(), metavar="DIR", help="where studies will be kept")
    parser.add_argument("--phantom", action="store_true", help="send a synthetic patient the whole way, too")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print each check; 1 when one fails."""
    from BratsSegmenterLib.health import examine

    profile, credentials = optional_archive(arguments)
    with console.progress() as progress:
        checks = examine(arguments.folder, profile, credentials, arguments.phantom, progress)
    console.table("Doctor", ("check", "fine", "finding"), ((c.name, _MARKS[c.ok], c.sentence) for c in checks))
    console.result({"checks": to_json(checks)})
    return int(any(check.ok is False for check in checks))
