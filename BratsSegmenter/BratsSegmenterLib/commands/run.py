"""``run``: the whole way of one study, from the archive to segments, and back to the archive with ``--push``."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from BratsSegmenterLib.commands.arguments import (
    add_format_argument,
    add_override_argument,
    add_segmentation_arguments,
    add_source_arguments,
    contouring_from,
    naming_options,
    naming_study_option,
    optional_archive,
    require_destination,
    require_model,
    require_other_folder,
    require_source,
    segment_job,
)
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.exit_codes import EXIT_CODES
from BratsSegmenterLib.commands.tables import print_objects, print_segmentation, print_stages
from BratsSegmenterLib.commands.values import whole_number
from BratsSegmenterLib.errors import ExportError

if TYPE_CHECKING:
    from BratsSegmenterLib.archive import Credentials, Profile
    from BratsSegmenterLib.job_results import PrepareResult, SegmentResult, SendResult
    from BratsSegmenterLib.progress import Progress

NAME = "run"
HELP = "fetch, recognise, pre-process, segment, measure, export and, with --push, store one study"

_NOTHING_TO_WRITE = (
    "Nothing was written or stored. Where a model finds nothing, only a person can say that nothing is there: "
    "brats-segmenter export {} --formats SR --reviewer NAME"
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
    from BratsSegmenterLib.machine import peak_memory_mb

    require_source(arguments)
    require_other_folder(arguments)
    require_destination(arguments)
    if arguments.borrow_within is not None and not arguments.archive:
        arguments.refuse("--borrow-within looks for other studies in an archive: give --archive URL")
    profile, credentials = optional_archive(arguments)
    require_model(arguments)
    with console.progress() as progress:
        results = _take_steps(arguments, profile, credentials, progress)
    _print(results, progress, console)
    console.result(
        {
            **_as_json(results),
            "stages": [{"name": stage.name, "seconds": round(stage.seconds, 3)} for stage in progress.stages],
            "peak_memory_mb": round(peak_memory_mb()),
        }
    )
    return EXIT_CODES[ExportError] if results.sent is None else 0


@dataclass(frozen=True)
class _StepResults:
    """What came of each step of a study's way; `sent` is None where the model found nothing that could be."""

    prepared: PrepareResult
    segmented: SegmentResult
    sent: SendResult | None
    folder: Path

    @property
    def doubts(self) -> tuple[str, ...]:
        return (*self.prepared.warnings, *self.segmented.doubts)

    @property
    def remarks(self) -> tuple[str, ...]:
        nothing = _NOTHING_TO_WRITE.format(shlex.quote(str(self.folder)))
        about_objects = (nothing,) if self.sent is None else self.sent.notes
        return (*self.segmented.remarks, *about_objects)


def _take_steps(
    arguments: argparse.Namespace, profile: Profile | None, credentials: Credentials, progress: Progress
) -> _StepResults:
    from BratsSegmenterLib.jobs import PrepareJob, SendJob
    from BratsSegmenterLib.workbench import Workbench

    workbench = Workbench(arguments.out, credentials, progress)
    with naming_study_option():
        prepared = workbench.prepare(PrepareJob(arguments.out, profile, arguments.study, arguments.files))
    if profile is not None and arguments.borrow_within is not None:
        prepared = workbench.borrow_missing(prepared, profile, arguments.borrow_within)
    with naming_options(arguments):
        segmented = workbench.segment(segment_job(arguments, prepared))
    if not any(segmented.volumes_ml.values()):
        return _StepResults(prepared, segmented, None, arguments.out)
    send = SendJob(
        arguments.out,
        segmented.labels,
        edited=False,
        formats=tuple(arguments.formats),
        profile=profile if arguments.push else None,
        contouring=contouring_from(arguments),
    )
    return _StepResults(prepared, segmented, workbench.send(send), arguments.out)


def _print(results: _StepResults, progress: Progress, console: Console) -> None:
    from BratsSegmenterLib.machine import peak_memory_mb
    from BratsSegmenterLib.versions import describe

    for text in results.doubts:
        console.warn(text)
    if results.prepared.results:
        console.say(describe(results.prepared.results))
    print_segmentation(console, results.segmented)
    print_stages(console, progress.stages)
    if results.sent is not None:
        print_objects(console, results.sent.objects, results.sent.pushed)
    for text in results.remarks:
        console.remark(text)
    console.say(f"Peak memory: {peak_memory_mb():.0f} MB\nQuality page: {results.segmented.quality_page}")
    if results.sent is not None and results.sent.receipt is not None:
        console.say(f"Receipt: {results.sent.receipt}")


def _as_json(results: _StepResults) -> Mapping[str, Any]:
    from BratsSegmenterLib.records import to_json

    prepared, segmented, sent = results.prepared, results.segmented, results.sent
    return {
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
        "earlier_results": to_json(prepared.results),
        "version": sent.version if sent else None,
        "pushed": sent.pushed if sent else (),
        "receipt": sent.receipt if sent else None,
        "segmentation": segmented.labels,
        "objects": [{"kind": o.kind, "path": o.path} for o in sent.objects] if sent else [],
        "quality_page": segmented.quality_page,
        "doubts": results.doubts,
        "remarks": results.remarks,
    }
