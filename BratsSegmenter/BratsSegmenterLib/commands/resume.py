"""``resume``: take up a structure set or segmentation that the study carries, as a label map to work on."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import (
    add_source_arguments,
    naming_options,
    naming_study_option,
    optional_archive,
    require_other_folder,
    require_source,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_volumes, result_record

NAME = "resume"
HELP = "take up a structure set or segmentation of the study, ours or others', as a label map to work on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Source, which object, where to work."""
    add_source_arguments(parser)
    parser.add_argument("--object", default="", metavar="UID", help="Series or SOP Instance UID; the newest otherwise")
    parser.add_argument("--resample-gaps", action="store_true", help="fill missing slices by interpolation")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the job's folder")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the label map and print what it holds and what was tolerated."""
    from BratsSegmenterLib.jobs import PrepareJob, ResumeJob
    from BratsSegmenterLib.versions import describe
    from BratsSegmenterLib.workbench import Workbench

    require_source(arguments)
    require_other_folder(arguments)
    profile, credentials = optional_archive(arguments)
    with console.progress() as progress:
        workbench = Workbench(arguments.out, credentials, progress)
        with naming_study_option():
            prepared = workbench.prepare(PrepareJob(arguments.out, profile, arguments.study, arguments.files))
        job = ResumeJob(arguments.out, arguments.object, resample_gaps=arguments.resample_gaps)
        with naming_options(arguments):
            result = workbench.resume(job)
    doubts = (*prepared.warnings, *result.doubts)
    for text in (*doubts, *result.tolerated):
        console.warn(text)
    if prepared.results:
        console.say(describe(prepared.results))
    print_volumes(console, result.volumes_ml, result.not_measured)
    for text in result.remarks:
        console.remark(text)
    console.say(f"Label map: {result.labels}")
    console.result(result_record(result, doubts))
    return 0
