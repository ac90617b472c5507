"""``measure``: volumes and diameters of a label map."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.commands.tables import print_volumes
from BratsSegmenterLib.domain import ET, RC, Segmentation

if TYPE_CHECKING:
    from BratsSegmenterLib.study import DrawnResult

NAME = "measure"
HELP = "volumes and diameters of a label map (NIfTI; 1 NCR, 2 ED, 3 ET, 4 RC)"

_OLD_CODING = (
    "Label 4 was measured as a resection cavity, and there is no label 3. If 4 is the enhancing tumour, as in BraTS "
    "2018 to 2021, write 3 in its place and measure again."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """A label map, and a file for the table."""
    parser.add_argument("labels", type=Path, metavar="FILE")
    parser.add_argument("--csv", type=Path, metavar="FILE", help="write the volumes here too, the lesions beside them")


def run(arguments: argparse.Namespace, console: Console) -> int:
    """Print millilitres by region and the diameters of each enhancing lesion."""
    from BratsSegmenterLib.measurement import csv_tables, measure, product_sum_text
    from BratsSegmenterLib.records import to_json

    drawn = _read(arguments.labels)
    segmentation = drawn.segmentation
    measurements = measure(segmentation, drawn.intervals_ml)
    print_volumes(console, measurements.volumes_ml, segmentation.not_measured)
    console.table(
        "Enhancing lesions",
        ("lesion", "mL", "longest mm", "perpendicular mm", "product mm2", "measurable"),
        (
            (
                lesion.number,
                f"{lesion.volume_ml:.2f}",
                f"{d.longest_mm:.1f}",
                f"{d.perpendicular_mm:.1f}",
                f"{d.product_mm2:.0f}",
                "yes" if d.is_measurable else "no",
            )
            for lesion in measurements.lesions
            if (d := lesion.diameters) is not None
        ),
    )
    if about_sum := product_sum_text(measurements):
        console.say(f"{about_sum}.")
    warnings = [_OLD_CODING] if _may_be_coded_otherwise(segmentation) else []
    for text in warnings:
        console.warn(text)
    if arguments.csv is not None:
        for file, text in csv_tables(arguments.csv, measurements, drawn.image_numbers).items():
            file.write_text(text, encoding="utf-8")
    console.result(
        {
            "volumes_ml": measurements.volumes_ml,
            "intervals_ml": measurements.intervals_ml,
            "not_measured": segmentation.not_measured,
            "lesions": to_json(measurements.lesions),
            "product_sum_mm2": measurements.product_sum_mm2,
            "warnings": warnings,
        }
    )
    return 0


def _read(labels: Path) -> DrawnResult:
    """The label map; one that lies in a job folder with what the model left unmeasured, which is not 0 mL."""
    from BratsSegmenterLib.labelmap import read_labelmap
    from BratsSegmenterLib.study import DrawnResult, JobFolder, compared_with_model

    segmentation, folder = read_labelmap(labels), JobFolder(labels.parent)
    return compared_with_model(folder, segmentation) if folder.is_segmented else DrawnResult(segmentation)


def _may_be_coded_otherwise(segmentation: Segmentation) -> bool:
    return bool(segmentation.mask(RC).any()) and not segmentation.mask(ET).any()
