"""``export``: write a job folder's (corrected) label map as DICOM objects and check them."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import add_format_argument, contouring_from
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.exit_codes import EXIT_CODES
from BratsSegmenterLib.commands.tables import print_objects
from BratsSegmenterLib.commands.values import number
from BratsSegmenterLib.domain import RC, WT, Segmentation
from BratsSegmenterLib.errors import ExportError, LearningError

NAME = "export"
HELP = "write a job folder's (corrected) label map as DICOM objects and check them; sends nothing"

_ELSEWHERE = (
    "The tumour of the label map shares no voxel with the one that the job folder holds. Make sure that the file is "
    "this patient's: images of many patients lie on one and the same grid."
)
_NOTHING_TO_ENTER = (
    "Nothing was entered into the ledger, which keeps corrections: the label map is the one that the folder held. "
    "Give a corrected one with --labels."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The job's folder, the label map, who reviewed it."""
    parser.add_argument("folder", type=Path, metavar="DIR", help="the job's folder, as segment or run left it")
    parser.add_argument("--labels", type=Path, metavar="FILE", help="a corrected label map; the model's when left out")
    parser.add_argument(
        "--postoperative",
        action="store_true",
        help="the patient was operated on: label 4 of FILE is a resection cavity",
    )
    parser.add_argument("--reviewer", type=str.strip, default="", metavar="NAME", help="who reviewed it")
    parser.add_argument("--approve", action="store_true", help="the reviewer approves it as final")
    parser.add_argument("--ledger", type=Path, metavar="DIR", help="keep the correction in the ledger of this folder")
    parser.add_argument("--minutes", type=number(0), default=0.0, metavar="N", help="spent on it, for the ledger")
    add_format_argument(parser)
    parser.set_defaults(refuse=parser.error)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the objects and say where they are."""
    from BratsSegmenterLib.archive import Credentials
    from BratsSegmenterLib.jobs import SendJob
    from BratsSegmenterLib.labelmap import read_labelmap
    from BratsSegmenterLib.measurement import share_nothing
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.study import JobFolder, about_deleted, object_files
    from BratsSegmenterLib.workbench import Workbench

    if arguments.approve and not arguments.reviewer:
        arguments.refuse("--approve needs the name of the reviewer: --reviewer NAME")
    folder = JobFolder(arguments.folder)
    record = folder.record()
    is_elsewhere = False
    if arguments.labels:
        labels, drawn = read_labelmap(arguments.labels), read_labelmap(folder.segmentation)
        if not (arguments.postoperative or record.is_postoperative):
            _require_no_new_cavity(labels, drawn)
        is_elsewhere = drawn.geometry.is_kept_as(labels.geometry) and share_nothing(drawn.mask(WT), labels.mask(WT))
        if is_elsewhere:
            console.warn(_ELSEWHERE)
    job = SendJob(
        arguments.folder,
        arguments.labels or folder.segmentation,
        edited=arguments.labels is not None,
        formats=tuple(arguments.formats),
        reviewer=arguments.reviewer,
        approved=arguments.approve,
        ledger=arguments.ledger,
        minutes_spent=arguments.minutes,
        contouring=contouring_from(arguments),
    )
    lay_there = object_files(folder)
    with console.progress() as progress:
        result = Workbench(arguments.folder, Credentials(), progress).send(job)
    print_objects(console, result.objects, result.pushed)
    for text in result.notes:
        console.warn(text)
    for text in about_deleted(folder, lay_there):
        console.remark(text)
    if arguments.ledger and result.is_in_ledger is None:
        console.warn(_NOTHING_TO_ENTER)
    console.result({**to_json(result), "doubts": [_ELSEWHERE] if is_elsewhere else []})
    return EXIT_CODES[LearningError] if result.is_in_ledger is False else 0


def _require_no_new_cavity(labels: Segmentation, drawn: Segmentation) -> None:
    """A cavity that neither the model nor the study had is more often the enhancing tumour of an older coding."""
    if labels.mask(RC).any() and not drawn.mask(RC).any():
        raise ExportError(
            "The label map holds label 4, a resection cavity, but no operation of the patient was confirmed.",
            "If 4 is the enhancing tumour, as in BraTS 2018 to 2021, write 3 in its place; if it is a cavity, give "
            "--postoperative.",
        )
