"""``clean``: how much disk fetched studies take, and delete old ones."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import number
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.records import to_json

NAME = "clean"
HELP = "say how much disk the panel's fetched studies take; with --older-than delete old ones"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the studies lie, and how old is old."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="where the panel keeps its studies; its settings say")
    parser.add_argument(
        "--older-than",
        type=number(0),
        metavar="DAYS",
        help="delete studies untouched for that long; what waits in an outbox and unsent corrections stay",
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print what is there, what went and what had to stay."""
    from BratsSegmenterLib.jobs import StorageJob
    from BratsSegmenterLib.study import look_after

    if not arguments.folder.is_dir():
        raise SeriesError(f"There is no folder {arguments.folder}.", "Check the path; the panel's settings name it.")
    with console.progress() as progress:
        storage = look_after(StorageJob(arguments.folder, arguments.older_than), progress)
    console.say(f"Kept studies: {storage.studies}, {storage.size_bytes / 1e9:.2f} GB in {arguments.folder}.")
    if arguments.older_than is not None:
        console.say(f"Deleted: {storage.deleted}, {storage.freed_bytes / 1e9:.2f} GB are free again.")
    if not storage.studies + storage.deleted:
        console.warn("It holds no study of the panel, a cohort or a router: make sure that it is the right folder.")
    for sentence in storage.stayed:
        console.warn(sentence)
    console.result(to_json(storage))
    return 0
