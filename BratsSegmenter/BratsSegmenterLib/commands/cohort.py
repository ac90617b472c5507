"""``cohort``: segment every study of a folder or an archive, one after the other, into one table."""

from __future__ import annotations

import argparse
from collections import Counter

from BratsSegmenterLib.commands.arguments import (
    add_date_arguments,
    add_unattended_arguments,
    optional_archive,
    require_model,
    require_other_folder,
    require_period,
    rules_from,
    unattended_source,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.exit_codes import STUDIES_FAILED

NAME = "cohort"
HELP = "segment every MR study of a folder or an archive into one table; run again, it goes on; sends nothing"

_ADVICE = (
    "What needs you: look at it in the panel or with 'recognise'; then run this again with --needs, --resample-gaps or "
    "--postoperative where they are right for all of these studies."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Source, dates, model."""
    add_unattended_arguments(parser)
    add_date_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print where each study came to rest, and where table and page lie."""
    from BratsSegmenterLib.child_worker import run_in_child
    from BratsSegmenterLib.study import StudyState
    from BratsSegmenterLib.unattended import (
        PAGE_FILE,
        TABLE_FILE,
        PassedOver,
        Studies,
        StudyOutcome,
        Wanted,
        about_deleted,
        about_unlisted,
        made_otherwise,
        write_tables,
    )

    _require_one_source(arguments)
    require_other_folder(arguments)
    require_period(arguments)
    warnings: list[str] = []

    def warn(text: str) -> None:
        if text not in warnings:  # the tables are written after each study, with the same to say of them
            console.warn(text)
            warnings.append(text)

    profile, credentials = optional_archive(arguments)
    wanted = Wanted(arguments.date_from, arguments.date_to, descriptions=arguments.description)
    passed_over = PassedOver(arguments.out, warn)
    source = unattended_source(arguments, profile, credentials, wanted, passed_over, warn)
    model, rules = require_model(arguments), rules_from(arguments)
    studies = Studies(arguments.out, rules, run_in_child, profile, credentials, sends=False)

    def done(outcome: StudyOutcome) -> None:
        console.clear_bars()
        console.say(f"{total - studies.open_count}/{total} {outcome.sentence}")
        write_tables(arguments.out, warn)

    with console.progress() as progress, studies:
        origins = source.studies(progress)
        for origin in origins:
            studies.offer(origin)
        for text in filter(None, (about_unlisted(studies.unlisted(origins)), about_deleted(studies.deleted(origins)))):
            warn(text)
        total = studies.open_count
        try:
            studies.work(progress, done)
        finally:
            rows = write_tables(arguments.out, warn)
    counts = Counter(row.state.value for row in rows)
    if counts or not origins:
        console.say(
            ", ".join(f"{state}: {count}" for state, count in counts.items())
            or "No MR study that was asked for was found."
        )
    if counts[StudyState.NEEDS_YOU.value]:
        console.say(_ADVICE)
    for text in made_otherwise(arguments.out, rows, rules, model):
        warn(text)
    console.say(f"Table: {arguments.out / TABLE_FILE}\nPage: {arguments.out / PAGE_FILE}")
    console.result(
        {
            "studies": [row.record for row in rows],
            "counts": counts,
            "models": Counter(row.model for row in rows if row.model),
            "passed_over": len(passed_over.files),
            "warnings": warnings,
            "table": arguments.out / TABLE_FILE,
            "page": arguments.out / PAGE_FILE,
        }
    )
    return STUDIES_FAILED if counts[StudyState.FAILED.value] else 0


def _require_one_source(arguments: argparse.Namespace) -> None:
    """For ``route`` both have a meaning; here one of them was left over from another command."""
    if arguments.files is not None and arguments.archive:
        arguments.refuse("give --archive URL or --files DIR, not both")
