"""``ledger``: what the ledger of corrections holds, and whether it is as it was written."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.console import Console

if TYPE_CHECKING:
    from BratsSegmenterLib.ledger import Ledger

NAME = "ledger"
HELP = "list or verify the ledger of corrections"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What to do with which ledger."""
    parser.add_argument(
        "action",
        choices=("list", "verify", "mend"),
        help="mend sets an entry aside whose writing was interrupted",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the ledger's folder")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the corrections, or that all of them are as they were written."""
    from BratsSegmenterLib.ledger import Ledger

    ledger = Ledger(arguments.folder)
    match arguments.action:
        case "list":
            _list(ledger, console)
        case "verify":
            _verify(ledger, console)
        case "mend":
            aside = ledger.mend()
            console.say(f"Set aside as {aside}." if aside else "No entry ends too early; nothing was changed.")
            console.result({"set_aside": aside})
    return 0


def _verify(ledger: Ledger, console: Console) -> None:
    count, unnamed = ledger.verify(), ledger.unnamed_masks()
    last = ledger.entries()[-1].sha256 if count else ""
    console.say(f"{count} entries and their masks are as they were written." if count else "The ledger has no entry.")
    if last:
        console.say(f"Hash of the last entry: {last}\nKept elsewhere, it tells whether entries were taken away later.")
    if unnamed:
        console.warn(
            f"Masks that no entry names: {unnamed}. A writing that was cut short leaves one or two, an entry that was "
            "taken away leaves its own: compare the ledger with a backup, or its last hash with one that was kept."
        )
    console.result({"entries": count, "intact": True, "last_sha256": last, "unnamed_masks": unnamed})


def _list(ledger: Ledger, console: Console) -> None:
    from BratsSegmenterLib.records import to_json

    entries = ledger.entries()
    console.table(
        "Corrections",
        ("entry", "made at", "study", "reviewer", "minutes", "model", "changed regions"),
        (
            (
                entry.number,
                entry.made_at,
                entry.study[:12],
                entry.reviewer[:12],
                f"{entry.minutes_spent:g}",
                entry.algorithm.title,
                ", ".join(
                    f"{change.region} Dice {change.dice:.2f}, {change.after_ml - change.before_ml:+.2f} mL"
                    for change in entry.regions
                    if change.dice < 1
                )
                or "none: signed as the model drew it",
            )
            for entry in entries
        ),
    )
    console.result({"entries": to_json(entries)})
