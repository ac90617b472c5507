"""``collect``: the corrections that people signed, as cases to train on."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import add_bundle_argument, add_device_argument
from BratsSegmenterLib.commands.console import Console

NAME = "collect"
HELP = "make cases to train on of kept studies whose result a person corrected and signed"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The kept studies, the ledger with the corrections, and where the cases go."""
    parser.add_argument("studies", type=Path, metavar="DIR", help="where the panel keeps its studies; its settings say")
    parser.add_argument("--ledger", type=Path, required=True, metavar="DIR", help="the ledger of corrections")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the cases go, in BraTS' layout")
    add_bundle_argument(parser, "the model that is to be trained further")
    add_device_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the cases, and say which studies could not be used and why."""
    from BratsSegmenterLib.collecting import collect
    from BratsSegmenterLib.ledger import Ledger
    from BratsSegmenterLib.records import to_json

    with console.progress() as progress, progress.stage("collect"):
        found = collect(
            arguments.studies, Ledger(arguments.ledger), arguments.out, arguments.bundle, arguments.device, progress
        )
    console.say(f"Cases written: {len(found.added)}, there already: {len(found.known)}, in {arguments.out}.")
    for sentence in (*found.doubtful, *found.set_aside):
        console.warn(sentence)
    if found.gone:
        console.warn(
            f"Corrected studies that are not kept in {arguments.studies}: {found.gone}. "
            "Collect before old studies are deleted."
        )
    console.result(to_json(found))
    return 0
