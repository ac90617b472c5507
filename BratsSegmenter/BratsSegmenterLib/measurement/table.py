"""Measurements as comma-separated values."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

from BratsSegmenterLib.domain import Lesion, Measurements, RegionVolume
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


def csv_tables(file: Path, measurements: Measurements, numbers: ImageNumbers | None = None) -> dict[Path, str]:
    """The table of the regions and, beside it, that of the lesions, as text by the file that each belongs into.

    Parameters
    ----------
    file : Path
        Of the regions. The lesions go into ``lesions.csv`` beside ``volumes.csv``, else ``name-lesions.csv``.
    measurements : Measurements
    numbers : ImageNumbers or None
        By which the images of the diameters are named; without them their planes are.
    """
    lesions = file.with_stem("lesions" if file.stem == "volumes" else f"{file.stem}-lesions")
    return {
        file: _as_text(_VOLUME_COLUMNS, map(_volume_row, measurements.volumes)),
        lesions: _as_text(_LESION_COLUMNS, (_lesion_row(lesion, numbers) for lesion in measurements.lesions)),
    }


def _as_text(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerows((columns, *rows))
    return text.getvalue()


def _volume_row(volume: RegionVolume) -> list[str]:
    interval = [f"{bound:.3f}" for bound in volume.interval_ml] if volume.interval_ml else ["", ""]
    return [volume.region.key, volume.region.name, f"{volume.volume_ml:.3f}", *interval]


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
