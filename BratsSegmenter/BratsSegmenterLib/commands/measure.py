"""``measure``: volumes and diameters of a label map."""

from __future__ import annotations

import argparse
from pathlib import Path

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_volumes
from BratsSegmenterLib.domain import ET, RC, Segmentation

NAME = "measure"
HELP = "volumes and diameters of a label map (NIfTI; 1 NCR, 2 ED, 3 ET, 4 RC)"

_OLD_CODING = (
    "Label 4 was measured as a resection cavity, and there is no label 3. If 4 is the enhancing tumour, as in BraTS "
    "2018 to 2021, write 3 in its place and measure again."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A label map, and a file for the table."""
    parser.add_argument("labels", type=Path, metavar="FILE")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the table here too")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print millilitres by region and the diameters of each enhancing lesion."""
    from BratsSegmenterLib.labelmap import read_labelmap
    from BratsSegmenterLib.measurement import measure, to_csv
    from BratsSegmenterLib.records import to_json

    segmentation = read_labelmap(arguments.labels)
    measurements = measure(segmentation)
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
    warnings = [_OLD_CODING] if _may_be_coded_otherwise(segmentation) else []
    for text in warnings:
        console.warn(text)
    if arguments.csv is not None:
        arguments.csv.write_text(to_csv(measurements), encoding="utf-8")
    console.result({"volumes_ml": volumes_ml, "lesions": to_json(measurements.lesions), "warnings": warnings})
    return 0


def _may_be_coded_otherwise(segmentation: Segmentation) -> bool:
    return bool(segmentation.mask(RC).any()) and not segmentation.mask(ET).any()
