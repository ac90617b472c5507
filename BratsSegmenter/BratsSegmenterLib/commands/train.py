"""``train``: from nothing, or from a site's own cases, to a bundle that the module picks up."""

from __future__ import annotations

import argparse
from dataclasses import replace
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.arguments import add_device_argument
from BratsSegmenterLib.commands.bundle_place import add_replace_argument, next_version, require_bundle_place
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import bundle_version, number, whole_number
from BratsSegmenterLib.learning.devices import DEVICES, learning_device

if TYPE_CHECKING:
    from BratsSegmenterLib.learning.training import CaseSource, TrainedModel, TrainingSettings, Validation

NAME = "train"
HELP = "train a model on synthetic heads or on your own labelled cases, and export it as a bundle"

_LICENCE = "The weights belong to whoever trained them. Check the terms of the data they were trained on.\n"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Settings, data, limits and where the bundle goes."""
    parser.add_argument(
        "run_folder", type=Path, metavar="DIR", help="folder of the run; a run that lies there is continued"
    )
    parser.add_argument("--settings", type=Path, metavar="YAML", help="of a new run; left out: the defaults")
    cases = parser.add_mutually_exclusive_group()
    cases.add_argument("--data", type=Path, metavar="DIR", help="own cases of a new run, in BraTS' or nnU-Net's layout")
    cases.add_argument(
        "--anatomy",
        type=Path,
        metavar="DIR",
        help="whole-head label maps of a new run; left out like --data: the ICBM atlas",
    )
    parser.add_argument("--minutes", type=number(0), help="stop after so long; the next call goes on")
    parser.add_argument("--steps", type=int, help="length of a new run's schedule, instead of the settings'")
    add_device_argument(parser, DEVICES)
    parser.add_argument(
        "--validate",
        type=whole_number(0),
        metavar="N",
        help="score N cases that were not trained on at the end; left out: all own ones held back, or 8 synthetic ones",
    )
    parser.add_argument("--validation-share", type=number(0, 1), help="of own cases of a new run, not trained on (0.2)")
    parser.add_argument("--bundle", type=Path, metavar="DIR", help="export here when the schedule is finished")
    parser.add_argument(
        "--version",
        type=bundle_version,
        help="of the bundle; left out: 0.1.0, or the next minor one of the model that it replaces",
    )
    add_replace_argument(parser)
    parser.add_argument("--tensorboard", action="store_true", help="write events for TensorBoard")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Train, score cases that were not trained on, export."""
    from BratsSegmenterLib.learning.training import (
        exported_by,
        is_leader,
        open_source,
        origin_of,
        refuse_to_export,
        train,
        validate,
        what_is_left_out,
    )

    settings = _settings(arguments)
    if arguments.bundle:
        refuse_to_export(settings)
        require_bundle_place(arguments.bundle, arguments.replace, exported_by(arguments.run_folder))
    learning_device(arguments.device)
    origin = origin_of(arguments.run_folder, arguments.data, arguments.anatomy, arguments.validation_share)
    with console.progress() as progress:
        source = open_source(origin, settings, arguments.run_folder, progress)
        if arguments.bundle:
            refuse_to_export(settings, source.untaught)
        left_out = what_is_left_out(settings, source.untaught)
        if is_leader():
            for sentence in (*source.problems, *filter(None, [left_out])):
                console.warn(sentence)
        with progress.stage("train"):
            model = train(
                settings,
                source,
                arguments.run_folder,
                arguments.device,
                arguments.minutes,
                arguments.tensorboard,
                progress,
            )
        if not is_leader():
            return 0
        with progress.stage("validate"):
            validation = validate(model, source, arguments.validate, progress)
    console.say(f"{model.steps_done} of {settings.optimisation.steps} steps are done.")
    if validation.cases:
        rows = [(name, f"{value:.3f}") for name, value in validation.scores.items()]
        console.table(f"Mean over {validation.cases} cases", ("measure", "value"), rows)
    else:
        console.warn("No case was held back, so nothing was scored; evaluate the model on cases that it has not seen.")
    bundle = None
    if arguments.bundle and model.is_finished:
        bundle = _exported(model, source, validation, arguments)
        console.say(f"The bundle is in {bundle}")
    elif arguments.bundle:
        console.warn("The schedule is not finished, so no bundle was written. Call again to go on.")
    loss = None if isnan(model.loss) else model.loss
    console.result(
        {
            "steps": model.steps_done,
            "loss": loss,
            "scores": dict(validation.scores),
            "scored_cases": validation.cases,
            "bundle": bundle,
            "left_out": left_out,
        }
    )
    return 0


def _exported(model: TrainedModel, source: CaseSource, validation: Validation, arguments: argparse.Namespace) -> Path:
    """Where the bundle was written."""
    from BratsSegmenterLib.learning.training import LOSSES, export_bundle, exported_by, note_export

    run = arguments.run_folder
    bundle = export_bundle(
        model,
        arguments.bundle,
        arguments.version or next_version(arguments.bundle, exported_by(run)),
        source.description,
        _LICENCE,
        validation,
        source.standard_scales,
        source.untaught,
        run / LOSSES,
    )
    note_export(run, bundle)
    return bundle.folder


def _settings(arguments: argparse.Namespace) -> TrainingSettings:
    """Of the run that lies in the folder, else of the file given, else the defaults."""
    from BratsSegmenterLib.learning.configuration import read_settings
    from BratsSegmenterLib.learning.training import TrainingSettings, settings_of

    if arguments.settings:
        settings = read_settings(TrainingSettings, arguments.settings)
    else:
        settings = settings_of(arguments.run_folder)
    if arguments.steps is not None:
        settings = replace(settings, optimisation=replace(settings.optimisation, steps=arguments.steps))
    return settings
