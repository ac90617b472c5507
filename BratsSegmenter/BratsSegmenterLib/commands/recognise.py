"""``recognise``: say which series are T1, T1c, T2 and FLAIR, how surely and why."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.console import Console

if TYPE_CHECKING:
    from BratsSegmenterLib.dicom import Recognition
    from BratsSegmenterLib.job_results import PrepareResult

NAME = "recognise"
HELP = "say which series are T1, T1c, T2 and FLAIR, how surely and why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A folder of DICOM files."""
    parser.add_argument("files", type=Path, metavar="DIR", help="folder with the DICOM files of one study")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the series taken, those that could be taken in their place, those set aside and the contradictions."""
    from BratsSegmenterLib.pipeline import recognise, scan_study
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.versions import describe as describe_results
    from BratsSegmenterLib.workbench import describe

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
        "Could be taken, with --take ROLE=KEY",
        ("role", "series", "slices", "why", "key"),
        _others_to_take(described, recognition),
    )
    console.table(
        "Left aside",
        ("series", "slices", "why", "key"),
        (
            (row.description, row.slices, row.excluded, row.key)
            for row in described.series
            if row.excluded and not row.overrulable
        ),
    )
    if described.results:
        console.say(describe_results(described.results))
    for text in (*described.warnings, *described.notes):
        console.warn(text)
    console.result(to_json(described))
    return 0


def _others_to_take(described: PrepareResult, recognition: Recognition) -> Iterator[tuple[object, ...]]:
    """First what was second best for a role, then what was left aside for a reason that a person may overrule."""
    rows = {row.key: row for row in described.series}
    for sequence, candidates in recognition.alternatives.items():
        for candidate in candidates:
            row = rows[candidate.series.key]
            yield sequence.value, row.description, row.slices, "; ".join(candidate.reasons), row.key
    for row in described.series:
        if row.overrulable:
            yield "", row.description, row.slices, row.excluded, row.key
