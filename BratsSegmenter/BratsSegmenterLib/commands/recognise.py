"""``recognise``: say which series are T1, T1c, T2 and FLAIR, how surely and why."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.arguments import add_files_arguments, naming_study_option
from BratsSegmenterLib.commands.console import Console

if TYPE_CHECKING:
    from BratsSegmenterLib.dicom import Recognition
    from BratsSegmenterLib.job_results import PrepareResult

NAME = "recognise"
HELP = "say which series are T1, T1c, T2 and FLAIR, how surely and why"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A folder of DICOM files."""
    add_files_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the series taken, those that could be taken in their place, those set aside and the contradictions."""
    from BratsSegmenterLib.local_studies import files_of_study
    from BratsSegmenterLib.pipeline import recognise, scan_study
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.versions import describe as describe_results
    from BratsSegmenterLib.workbench import describe

    with console.progress() as progress, naming_study_option():
        study = scan_study(files_of_study(arguments.files, arguments.study, progress), progress)
        recognition = recognise(study, progress)
    described = describe(study, recognition)
    descriptions = {row.key: row.description for row in described.series}
    for text in described.warnings:
        console.warn(text)
    console.table(
        "Taken",
        ("role", "series", "confidence", "why", "key"),
        (
            (role, descriptions[choice.key], f"{choice.confidence:.2f}", "; ".join(choice.reasons), choice.key)
            for role, choice in described.sequences.items()
        ),
    )
    others = tuple(_others_to_take(described, recognition))
    if others:
        columns = ("role", "series", "slices", "why", "key")
        console.table("Could be taken, with --take ROLE=KEY", columns, others)
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
    for text in described.notes:
        console.remark(text)
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
