"""``recognise``: say which series are T1, T1c, T2 and FLAIR, how surely and why."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.console import Console

NAME = "recognise"
HELP = "say which series are T1, T1c, T2 and FLAIR, how surely and why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A folder of DICOM files."""
    parser.add_argument("files", type=Path, metavar="DIR", help="folder with the DICOM files of one study")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the series taken, the series set aside and the contradictions."""
    from BratsSegmenterLib.pipeline import recognise, scan_study
    from BratsSegmenterLib.prepared_study import describe
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.versions import describe as describe_results

    with console.progress() as progress:
        study = scan_study(arguments.files, progress)
        recognition = recognise(study, progress)
    described = describe(study, recognition)
    descriptions = {row.key: row.description for row in described.series}
    console.table(
        "Taken",
        ("role", "series", "confidence", "why", "key"),
        (
            (role, descriptions[choice.key], f"{choice.confidence:.2f}", "; ".join(choice.reasons), choice.key)
            for role, choice in described.sequences.items()
        ),
    )
    console.table(
        "Left aside",
        ("series", "slices", "why", "key"),
        ((row.description, row.slices, row.excluded, row.key) for row in described.series if row.excluded),
    )
    if described.results:
        console.say(describe_results(described.results))
    for text in (*described.warnings, *described.notes):
        console.warn(text)
    console.result(to_json(described))
    return 0
