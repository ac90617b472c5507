"""``search``: look for studies in an archive."""

from __future__ import annotations

import argparse

from BratsSegmenterLib.archive import StudyQuery
from BratsSegmenterLib.commands.arguments import (
    add_archive_arguments,
    add_date_arguments,
    open_archive,
    require_period,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import whole_number
from BratsSegmenterLib.records import to_json

NAME = "search"
HELP = "look for studies by patient, accession number, date and modality"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The filters of PS3.18 10.6 that every archive knows."""
    add_archive_arguments(parser)
    parser.add_argument("--patient-id", default="")
    parser.add_argument("--patient-name", default="", help="with * and ? as wildcards, for example DOE*")
    parser.add_argument("--accession", default="", metavar="NUMBER")
    add_date_arguments(parser)
    parser.add_argument("--modality", default="MR")
    parser.add_argument(
        "--limit", type=whole_number(1), default=50, metavar="N", help="list N studies at most (%(default)s)"
    )
    parser.add_argument(
        "--offset", type=whole_number(0), default=0, metavar="N", help="leave out the first N (%(default)s)"
    )


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the studies found, and whether there are more than were asked for."""
    require_period(arguments)
    query = StudyQuery(
        patient_id=arguments.patient_id,
        patient_name=arguments.patient_name,
        accession_number=arguments.accession,
        date_from=arguments.date_from,
        date_to=arguments.date_to,
        modality=arguments.modality,
        limit=arguments.limit + 1,
        offset=arguments.offset,
    )
    found = open_archive(arguments).search(query)
    studies = sorted(found[: arguments.limit], key=lambda study: study.study_date, reverse=True)
    has_more = len(found) > arguments.limit
    console.table(
        f"Studies: {len(studies)}{', and more' if has_more else ''}",
        ("date", "patient", "ID", "description", "modalities", "series", "study UID"),
        (
            (
                s.study_date,
                s.patient_name,
                s.patient_id,
                s.description,
                " ".join(s.modalities),
                s.series_count,
                s.study_uid,
            )
            for s in studies
        ),
    )
    if has_more:
        console.warn(f"There are more: --offset {arguments.offset + arguments.limit} goes on from here.")
    console.result({"studies": to_json(studies), "more": has_more})
    return 0
