"""``fetch``: bring a study's DICOM files from an archive."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from pathlib import Path

from BratsSegmenterLib.commands.arguments import (
    add_archive_arguments,
    add_study_argument,
    open_archive,
    require_writable,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.records import to_json

NAME = "fetch"
HELP = "bring a study from the archive; run again, it goes on where it was cut"

_BESIDE = (
    "{} also holds study {}. cohort and route tell studies of one folder apart; recognise, preprocess, segment and run "
    "refuse such a folder: fetch into another one for them."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Which study, from where, to where."""
    add_archive_arguments(parser)
    add_study_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder for the DICOM files")
    parser.add_argument("--series", action="append", metavar="UID", help="only this series; may be repeated")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Fetch, and say what came, and beside what."""
    from BratsSegmenterLib.dicom import studies_in

    archive = open_archive(arguments)
    require_writable(arguments.out)
    with console.progress() as progress, progress.stage("fetch"):
        fetched = archive.fetch(arguments.study, arguments.out, arguments.series, progress)
        others, _passed_over = studies_in(_one_of_each_folder_beside(fetched.files, arguments.out), progress)
    warnings = [
        _BESIDE.format(arguments.out, study.study_uid) for study in others if study.study_uid != fetched.study_uid
    ]
    console.say(f"{len(fetched.files)} instances in {arguments.out}")
    for text in warnings:
        console.warn(text)
    console.result(to_json(fetched) | {"warnings": warnings})
    return 0


def _one_of_each_folder_beside(files: Iterable[Path], folder: Path) -> list[Path]:
    own = {file.parent for file in files}
    return list({file.parent: file for file in folder.rglob("*.dcm") if file.parent not in own}.values())
