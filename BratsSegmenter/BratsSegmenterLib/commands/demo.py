"""``demo``: a synthetic patient travels from the embedded archive to segments and back."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.arguments import require_empty
from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_objects, print_segmentation, print_stages

NAME = "demo"
HELP = "a synthetic patient travels from an archive on this machine to segments and back; leaves an HTML page"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Where everything is kept."""
    parser.add_argument("--out", type=Path, default=Path("demo-out"), metavar="DIR", help="a new or empty folder")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print the volumes, the times and where the page is."""
    from BratsSegmenterLib.demo.page import write_demo_page
    from BratsSegmenterLib.demo.story import travel
    from BratsSegmenterLib.machine import peak_memory_mb

    folder: Path = arguments.out.resolve()
    require_empty(folder)
    with console.progress() as progress:
        journey = travel(folder, progress)
    page = write_demo_page(journey, folder / "index.html")
    print_segmentation(console, journey.segmented)
    print_stages(console, journey.stages)
    print_objects(console, journey.sent.objects, journey.sent.pushed)
    console.say(f"Peak memory {peak_memory_mb():.0f} MB\nOpen {page}")
    console.result({"page": page, "volumes_ml": journey.segmented.volumes_ml, "pushed": journey.sent.pushed})
    return 0
