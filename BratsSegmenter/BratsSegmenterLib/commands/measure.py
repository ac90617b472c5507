"""``measure``: volumes and diameters of a label map."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_volumes

NAME = "measure"
HELP = "volumes and diameters of a label map (NIfTI; 1 NCR, 2 ED, 3 ET, 4 RC)"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A label map, and a file for the table."""
    parser.add_argument("labels", type=Path, metavar="FILE")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table here too")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print millilitres by region and the diameters of each enhancing lesion."""
    from BratsSegmenterLib.labelmap import read_labelmap
    from BratsSegmenterLib.measurement import measure, to_csv
    from BratsSegmenterLib.records import to_json

    measurements = measure(read_labelmap(arguments.labels))
    volumes_ml = {volume.region.key: volume.volume_ml for volume in measurements.volumes}
    print_volumes(console, volumes_ml, {})
    console.table(
        "Enhancing lesions",
        ("lesion", "mL", "longest mm", "perpendicular mm"),
        (
            (lesion.number, f"{lesion.volume_ml:.2f}", f"{d.longest_mm:.1f}", f"{d.perpendicular_mm:.1f}")
            for lesion in measurements.lesions
            if (d := lesion.diameters) is not None
        ),
    )
    if arguments.csv is not None:
        arguments.csv.write_text(to_csv(measurements), encoding="utf-8")
    console.result({"volumes_ml": volumes_ml, "lesions": to_json(measurements.lesions)})
    return 0
