"""``route``: watch an archive or a folder, segment every study that arrives and, with ``--push``, store the result."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import datetime

from BratsSegmenterLib.commands.arguments import (
    add_format_argument,
    add_unattended_arguments,
    contouring_from,
    optional_archive,
    require_destination,
    require_model,
    require_other_folder,
    rules_from,
    unattended_source,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import number, whole_number
from BratsSegmenterLib.errors import Cancelled, SeriesError

NAME = "route"
HELP = (
    "watch an archive or a folder, segment each MR study that arrives and, with --push, store the result in it; with "
    "--json a line for each study, too"
)

_MINUTE_S = 60.0
_DAYS_OF_AN_ARCHIVE = 2


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Source, patience, model, formats."""
    add_unattended_arguments(parser)
    add_format_argument(parser)
    parser.add_argument("--push", action="store_true", help="store the objects in the study, marked as not reviewed")
    parser.add_argument(
        "--days",
        type=whole_number(0),
        help=f"how many days back a Study Date may lie (default: {_DAYS_OF_AN_ARCHIVE} in an archive, any in a folder)",
    )
    parser.add_argument(
        "--every", type=number(0.1), default=60, metavar="SECONDS", help="between two looks (default: 60)"
    )
    parser.add_argument(
        "--settle",
        type=number(0),
        default=10,
        metavar="MINUTES",
        help="how long a study must not have grown before it is taken (default: 10)",
    )
    parser.add_argument(
        "--keep", type=number(0), metavar="DAYS", help="delete fetched studies that are done and untouched for so long"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print a line for each study, for scripts a JSON object, and at last one of all studies.

    It ends with Ctrl+C or SIGTERM, and goes on when it is started again.
    """
    from BratsSegmenterLib.child_worker import run_in_child
    from BratsSegmenterLib.unattended import PassedOver, Studies, StudyOutcome, Timing, Wanted, watch, write_tables

    require_other_folder(arguments)
    profile, credentials = optional_archive(arguments)
    if arguments.days is None and arguments.files is None:
        arguments.days = _DAYS_OF_AN_ARCHIVE
    wanted = Wanted(days=arguments.days, descriptions=arguments.description)

    def say(text: str) -> None:
        console.say(f"{datetime.now():%Y-%m-%d %H:%M:%S} {text}")

    source = unattended_source(arguments, profile, credentials, wanted, PassedOver(arguments.out, say), say)
    require_destination(arguments)
    _require_sensible(arguments)
    require_model(arguments)
    rules = replace(rules_from(arguments), formats=tuple(arguments.formats), contouring=contouring_from(arguments))
    timing = Timing(arguments.every, arguments.settle * _MINUTE_S, arguments.keep)

    def done(outcome: StudyOutcome) -> None:
        console.clear_bars()
        say(outcome.sentence)
        rows = write_tables(arguments.out, say)
        console.result({"study": next(row.record for row in rows if row.folder == outcome.folder)})

    studies = Studies(arguments.out, rules, run_in_child, profile, credentials, arguments.push)
    with console.progress() as progress, studies:
        say(f"Watching, with a look every {arguments.every:g} s; Ctrl+C or SIGTERM ends it.")
        try:
            watch(source, studies, timing, progress, done, say)
        except Cancelled:
            say("Stopped; started again, it goes on from here.")
    rows = write_tables(arguments.out, say)
    console.result({"studies": [row.record for row in rows]})
    return 0


def _require_sensible(arguments: argparse.Namespace) -> None:
    if arguments.keep is not None and (arguments.files is not None or arguments.keep <= arguments.days):
        raise SeriesError(
            "What is deleted may be fetched again, and again.",
            "Give --keep only with an archive, and more days than --days.",
        )
