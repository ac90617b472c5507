"""``export``: write a job folder's (corrected) label map as DICOM objects and check them."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import add_format_argument, contouring_from
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_objects

NAME = "export"
HELP = "write a job folder's (corrected) label map as DICOM objects and check them; sends nothing"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The job's folder, the label map, who reviewed it."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the job's folder, as segment or run left it")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="a corrected label map; the model's when left out")
    parser.add_argument("--reviewer", default="", metavar="NAME", help="who reviewed it")
    parser.add_argument("--approve", action="store_true", help="the reviewer approves it as final")
    parser.add_argument("--ledger", type=Path, metavar="DIR", help="keep the correction in the ledger of this folder")
    parser.add_argument("--minutes", type=float, default=0.0, metavar="N", help="spent on it, for the ledger")
    add_format_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the objects and say where they are."""
    from BratsSegmenterLib.archive import Credentials
    from BratsSegmenterLib.job_folder import JobFolder
    from BratsSegmenterLib.jobs import SendJob
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.workbench import Workbench

    job = SendJob(
        arguments.folder,
        arguments.labels or JobFolder(arguments.folder).segmentation,
        edited=arguments.labels is not None,
        formats=tuple(arguments.formats),
        reviewer=arguments.reviewer,
        approved=arguments.approve,
        ledger=arguments.ledger,
        minutes_spent=arguments.minutes,
        contouring=contouring_from(arguments),
    )
    with console.progress() as progress:
        result = Workbench(arguments.folder, Credentials(), progress).send(job)
    print_objects(console, result.objects, result.pushed)
    for text in result.notes:
        console.warn(text)
    console.result(to_json(result))
    return 0
