"""Measurements as comma-separated values."""

from __future__ import annotations

import csv
import io

from BratsSegmenterLib.domain import Lesion, Measurements
from BratsSegmenterLib.slice_names import ImageNumbers, place_of

_VOLUME_COLUMNS = ("region", "name", "volume_ml", "lower_ml", "upper_ml")
_LESION_COLUMNS = (
    "region",
    "lesion",
    "volume_ml",
    "longest_mm",
    "perpendicular_mm",
    "product_mm2",
    "place",
    "measurable",
)
_SUM_COLUMNS = ("measurable_lesions", "product_sum_mm2")


def to_csv(measurements: Measurements, numbers: ImageNumbers | None = None) -> str:
    """Tables of the regions, of the lesions, and where several are measurable of the sum of their products.

    An empty line lies between two tables.

    Parameters
    ----------
    measurements : Measurements
    numbers : ImageNumbers or None
        By which the images of the diameters are named; without them their planes are.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_VOLUME_COLUMNS)
    for volume in measurements.volumes:
        interval = [f"{bound:.3f}" for bound in volume.interval_ml] if volume.interval_ml else ["", ""]
        writer.writerow([volume.region.key, volume.region.name, f"{volume.volume_ml:.3f}", *interval])
    writer.writerow([])
    writer.writerow(_LESION_COLUMNS)
    writer.writerows(_lesion_row(lesion, numbers) for lesion in measurements.lesions)
    if measurements.product_sum_mm2 is not None:
        writer.writerow([])
        writer.writerow(_SUM_COLUMNS)
        writer.writerow([len(measurements.measurable), f"{measurements.product_sum_mm2:.0f}"])
    return text.getvalue()


def _lesion_row(lesion: Lesion, numbers: ImageNumbers | None) -> list[str]:
    row = [lesion.region.key, str(lesion.number), f"{lesion.volume_ml:.3f}"]
    if lesion.diameters is None:
        return [*row, "", "", "", "", ""]
    return [
        *row,
        f"{lesion.diameters.longest_mm:.1f}",
        f"{lesion.diameters.perpendicular_mm:.1f}",
        f"{lesion.diameters.product_mm2:.0f}",
        place_of(lesion.diameters, numbers),
        "yes" if lesion.diameters.is_measurable else "no",
    ]
