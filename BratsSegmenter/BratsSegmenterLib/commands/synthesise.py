"""``synthesise``: make heads with gliomas out of nothing but anatomy and a seed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.arguments import add_device_argument
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.values import whole_number
from BratsSegmenterLib.learning.devices import DEVICES, learning_device

if TYPE_CHECKING:
    from BratsSegmenterLib.learning.synthesis import SyntheticCase

NAME = "synthesise"
HELP = "make synthetic heads with gliomas: contact sheets to look at, cases to train on"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where to, how many, of what."""
    parser.add_argument("output", type=Path, metavar="DIR", help="folder for the contact sheet and the cases")
    parser.add_argument("--count", type=whole_number(1), default=8, help="how many cases (8)")
    parser.add_argument("--seed", type=whole_number(0), default=0, help="of the first case (0)")
    parser.add_argument("--anatomy", type=Path, metavar="DIR", help="whole-head label maps; left out: the ICBM atlas")
    parser.add_argument("--settings", type=Path, metavar="YAML", help="what is drawn and how often")
    parser.add_argument("--cases", action="store_true", help="write the cases too, as NIfTI in BraTS naming")
    add_device_argument(parser, DEVICES, "cpu")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Write ``contact-sheet.png`` and, if wanted, the cases."""
    from BratsSegmenterLib.learning.configuration import read_settings
    from BratsSegmenterLib.learning.synthesis import (
        SynthesisSettings,
        contact_sheet,
        load_anatomies,
        synthesise,
        write_case,
    )

    device = learning_device(arguments.device)
    settings = read_settings(SynthesisSettings, arguments.settings) if arguments.settings else SynthesisSettings()
    arguments.output.mkdir(parents=True, exist_ok=True)
    sheet = arguments.output / "contact-sheet.png"
    with console.progress() as progress:
        with progress.stage("anatomy"):
            anatomies = load_anatomies(
                arguments.anatomy,
                settings.spacing_mm,
                device,
                cache=arguments.output / "anatomy",
                progress=progress,
            )

        def made() -> Iterator[SyntheticCase]:
            """One case at a time, so that any number of them needs little memory."""
            for number in range(arguments.count):
                case = synthesise(anatomies, settings, arguments.seed + number, device, progress)
                if arguments.cases:
                    write_case(case, arguments.output, f"synthetic-{arguments.seed + number:05d}-000")
                yield case
                progress.update((number + 1) / arguments.count)

        with progress.stage("cases"):
            contact_sheet(made()).save(sheet)
    console.say(f"{arguments.count} cases; look at {sheet}")
    console.result({"cases": arguments.count, "contact_sheet": sheet})
    return 0
