"""``segment``: from a folder of DICOM files to a label map, with a quality page."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import (
    add_files_arguments,
    add_override_argument,
    add_segmentation_arguments,
    naming_options,
    naming_study_option,
    require_model,
    require_other_folder,
    segment_job,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_segmentation, result_record

NAME = "segment"
HELP = "recognise, pre-process and segment the DICOM files of a folder"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A folder of DICOM files, the model, overrides of the recognition."""
    add_files_arguments(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the job's folder")
    add_override_argument(parser)
    add_segmentation_arguments(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write the label map and print the volumes."""
    from BratsSegmenterLib.archive import Credentials
    from BratsSegmenterLib.jobs import PrepareJob
    from BratsSegmenterLib.workbench import Workbench

    require_other_folder(arguments)
    require_model(arguments)
    with console.progress() as progress:
        workbench = Workbench(arguments.out, Credentials(), progress)
        with naming_study_option():
            prepared = workbench.prepare(PrepareJob(arguments.out, study_uid=arguments.study, files=arguments.files))
        with naming_options(arguments):
            result = workbench.segment(segment_job(arguments, prepared))
    doubts = (*prepared.warnings, *result.doubts)
    for text in doubts:
        console.warn(text)
    print_segmentation(console, result)
    for text in result.remarks:
        console.remark(text)
    console.say(f"Label map: {result.labels}\nQuality page: {result.quality_page}")
    console.result(result_record(result, doubts))
    return 0
