"""``calibrate``: how far a bundle's model may be trusted, learnt from synthetic cases and written into the bundle."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from BratsSegmenterLib.commands.arguments import add_device_argument, require_writable
from BratsSegmenterLib.commands.console import Console

NAME = "calibrate"
HELP = "fit volume intervals and expected Dice of a model on synthetic cases, and write them into its bundle"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Model and cases."""
    parser.add_argument("bundle", metavar="BUNDLE", help="a bundle's name or folder")
    parser.add_argument("--cases", type=int, default=200, metavar="N", help="synthetic cases to fit on (200)")
    parser.add_argument("--held-out", type=int, default=100, metavar="N", help="further ones to check on (100)")
    parser.add_argument("--anatomy", type=Path, metavar="DIR", help="whole-head label maps; left out: the ICBM atlas")
    parser.add_argument("--cache", type=Path, metavar="DIR", help="keep the prepared label maps there")
    parser.add_argument("--settings", type=Path, metavar="YAML", help="of the synthesis; left out: as in use")
    add_device_argument(parser)


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print how the calibration does on the held-out cases, and where it was written."""
    from BratsSegmenterLib.learning import evaluation
    from BratsSegmenterLib.learning.configuration import read_settings
    from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies
    from BratsSegmenterLib.records import to_json
    from BratsSegmenterLib.segmentation import CALIBRATION_FILE, load_bundle, write_calibration

    bundle = load_bundle(arguments.bundle)
    evaluation.refuse_to_calibrate(bundle, arguments.cases, arguments.held_out)
    require_writable((bundle.folder / CALIBRATION_FILE).parent)
    if arguments.settings:
        settings = read_settings(SynthesisSettings, arguments.settings)
    else:
        settings = evaluation.synthesis_settings(bundle)
    with console.progress() as progress, tempfile.TemporaryDirectory() as unkept:
        with progress.stage("anatomy"):
            cache = arguments.cache or Path(unkept)
            anatomies = load_anatomies(arguments.anatomy, settings.spacing_mm, cache=cache, progress=progress)
        calibration, found = evaluation.calibrate(
            bundle, anatomies, settings, arguments.cases, arguments.held_out, arguments.device, progress
        )
    file = write_calibration(bundle, calibration)
    console.table(
        f"{arguments.held_out} held-out synthetic cases; the intervals are to hold {calibration.coverage:.0%}",
        evaluation.TRUST_HEADINGS,
        evaluation.trust_rows(found),
    )
    console.say(f"Written: {file}")
    console.result({"calibration": to_json(calibration), "held_out": evaluation.trust_json(found), "file": file})
    return 0
