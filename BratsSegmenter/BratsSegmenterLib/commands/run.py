"""``run``: the whole way of one study, from the archive to segments, and back to the archive with ``--push``."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import (
    add_format_argument,
    add_override_argument,
    add_segmentation_arguments,
    add_source_arguments,
    contouring_from,
    naming_options,
    optional_archive,
    require_destination,
    require_model,
    require_other_folder,
    require_source,
    segment_job,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.earlier_objects import deleted_notes, names_in
from BratsSegmenterLib.commands.exit_codes import EXIT_CODES
from BratsSegmenterLib.commands.tables import print_objects, print_segmentation, print_stages
from BratsSegmenterLib.commands.values import whole_number
from BratsSegmenterLib.errors import ExportError

NAME = "run"
HELP = "fetch, recognise, pre-process, segment, measure, export and, with --push, store one study"

_NOTHING_TO_WRITE = (
    "Nothing was written or stored: where a model finds nothing, only a person can say that nothing is there, with "
    "export {} --formats SR --reviewer NAME."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Source, model, formats."""
    add_source_arguments(parser)
    add_override_argument(parser)
    add_segmentation_arguments(parser)
    add_format_argument(parser)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="the job's folder")
    parser.add_argument(
        "--borrow-within",
        type=whole_number(0),
        metavar="DAYS",
        help="take a missing sequence from another study of the patient in the archive, so many days before or after",
    )
    parser.add_argument("--push", action="store_true", help="store the objects in the study")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print sequences, volumes, stages, peak memory and what was stored."""
    from BratsSegmenterLib.job_results import SendResult
    from BratsSegmenterLib.jobs import PrepareJob, SendJob
    from BratsSegmenterLib.machine import peak_memory_mb
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.study import JobFolder
    from BratsSegmenterLib.versions import describe
    from BratsSegmenterLib.workbench import Workbench

    require_source(arguments)
    require_other_folder(arguments)
    require_destination(arguments)
    if arguments.borrow_within is not None and not arguments.archive:
        arguments.refuse("--borrow-within looks for other studies in an archive: give --archive URL")
    profile, credentials = optional_archive(arguments)
    require_model(arguments)
    objects = JobFolder(arguments.out).objects
    lay_there = names_in(objects)
    prepare = PrepareJob(arguments.out, profile, arguments.study, arguments.files)
    with console.progress() as progress:
        workbench = Workbench(arguments.out, credentials, progress)
        prepared = workbench.prepare(prepare)
        if profile is not None and arguments.borrow_within is not None:
            prepared = workbench.borrow_missing(prepared, profile, arguments.borrow_within)
        with naming_options(arguments):
            segmented = workbench.segment(segment_job(arguments, prepared))
        is_blank = not any(segmented.volumes_ml.values())
        if is_blank:
            sent = SendResult(objects=(), pushed=(), receipt=None, notes=(_NOTHING_TO_WRITE.format(arguments.out),))
        else:
            send = SendJob(
                arguments.out,
                segmented.labels,
                edited=False,
                formats=tuple(arguments.formats),
                profile=profile if arguments.push else None,
                contouring=contouring_from(arguments),
            )
            sent = workbench.send(send)
    warnings = (*prepared.warnings, *segmented.warnings, *sent.notes, *deleted_notes(objects, lay_there))
    if prepared.results:
        console.say(describe(prepared.results))
    print_segmentation(console, segmented)
    print_stages(console, progress.stages)
    print_objects(console, sent.objects, sent.pushed)
    for text in warnings:
        console.warn(text)
    console.say(f"Peak memory: {peak_memory_mb():.0f} MB\nQuality page: {segmented.quality_page}")
    if sent.receipt is not None:
        console.say(f"Receipt: {sent.receipt}")
    console.result(
        {
            "sequences": {
                role: {
                    "series_uid": choice.series_uid,
                    "confidence": choice.confidence,
                    "reason": "; ".join(choice.reasons),
                }
                for role, choice in prepared.sequences.items()
            },
            "borrowed": to_json(prepared.borrowed),
            "volumes_ml": segmented.volumes_ml,
            "intervals_ml": segmented.intervals_ml,
            "expected_dice": segmented.expected_dice,
            "not_measured": segmented.not_measured,
            "stages": [{"name": stage.name, "seconds": round(stage.seconds, 3)} for stage in progress.stages],
            "peak_memory_mb": round(peak_memory_mb()),
            "earlier_results": to_json(prepared.results),
            "version": sent.version,
            "pushed": sent.pushed,
            "receipt": sent.receipt,
            "segmentation": segmented.labels,
            "objects": [{"kind": o.kind, "path": o.path} for o in sent.objects],
            "quality_page": segmented.quality_page,
            "warnings": warnings,
        }
    )
    return EXIT_CODES[ExportError] if is_blank else 0
