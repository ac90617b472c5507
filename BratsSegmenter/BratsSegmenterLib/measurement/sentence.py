"""A measurement in one sentence of plain English, for the radiologist's report."""

from __future__ import annotations

from collections.abc import Collection

from BratsSegmenterLib.domain import (
    ED,
    ET,
    INTERVAL_COVERAGE,
    NCR,
    RC,
    TC,
    WT,
    Algorithm,
    Diameters,
    Measurements,
    RegionVolume,
)
from BratsSegmenterLib.measurement.measuring import SMALLEST_MEASURED_MM
from BratsSegmenterLib.slice_names import ImageNumbers, place_of

MEASURABLE, NOT_MEASURABLE = "measurable by RANO", "not measurable by RANO"

_DECIMAL_FROM_ML = 10.0
_IN_ORDER = (ET, NCR, TC, ED, WT, RC)


def millilitres(volume_ml: float) -> str:
    """A volume as people read it: two decimals below 10 mL, one above."""
    return f"{volume_ml:.2f}" if abs(volume_ml) < _DECIMAL_FROM_ML else f"{volume_ml:.1f}"


def lesion_count(measurements: Measurements) -> str:
    """How many lesions there are, specks apart: ``2 lesions and 1 speck shorter than 5 mm``; empty where none is."""
    measured, specks = len(measurements.lesions_by_size), measurements.speck_count
    counted = [f"{measured} lesions" if measured > 1 else "1 lesion"] if measured else []
    if specks:
        counted.append(f"{specks} speck{'s' if specks > 1 else ''} shorter than {SMALLEST_MEASURED_MM:g} mm")
    return " and ".join(counted)


def size_text(diameters: Diameters) -> str:
    """Both diameters and their product: ``32.1 x 21.3 mm (product 684 mm2)``."""
    return f"{diameters.longest_mm:.1f} x {diameters.perpendicular_mm:.1f} mm (product {diameters.product_mm2:.0f} mm2)"


def product_sum_text(measurements: Measurements) -> str:
    """``Sum of the products of all 3 measurable lesions: 1061 mm2``; empty where fewer than two are measurable.

    All of them, and not as many as a criterion follows as its targets: which those are, a person chooses.
    """
    count = len(measurements.measurable)
    if count < 2:
        return ""
    return f"Sum of the products of all {count} measurable lesions: {measurements.product_sum_mm2:.0f} mm2"


def report_sentence(
    measurements: Measurements,
    algorithm: Algorithm,
    is_edited: bool,
    numbers: ImageNumbers | None = None,
    not_measured: Collection[str] = (),
    cut_off: Collection[str] = (),
) -> str:
    """All of a result that a report needs: volumes, lesions, who segmented and whether a person corrected.

    A resection cavity is left out where there is none.

    Parameters
    ----------
    measurements : Measurements
    algorithm : Algorithm
    is_edited : bool
    numbers : ImageNumbers, optional
        Of the reference's images, to name the one with the largest lesion.
    not_measured : collection of str, optional
        Keys of the regions that have no volume because nobody looked for them.
    cut_off : collection of str, optional
        What :func:`~BratsSegmenterLib.measurement.cut_off_findings` says of it.
    """
    volumes = {volume.region.key: volume for volume in measurements.volumes}
    found = [_volume_text(volumes[region.key]) for region in _IN_ORDER if region.key in volumes]
    if ET.key in volumes:
        found[0] += _lesions_text(measurements, numbers)
    text = "; ".join(found) or "no region was measured"
    product_sum = product_sum_text(measurements)
    told = (
        f"{_capitalised(text)}.",
        *([f"{product_sum}."] if product_sum else []),
        *_not_measured_text(not_measured),
        *cut_off,
        *(["Intervals were fitted on synthetic cases."] if measurements.intervals_ml else []),
        _author_text(algorithm, is_edited),
    )
    return " ".join(told)


def _capitalised(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _not_measured_text(keys: Collection[str]) -> tuple[str, ...]:
    names = [region.name.lower() for region in _IN_ORDER if region.key in keys]
    return (f"Not measured: {', '.join(names)}.",) if names else ()


def _author_text(algorithm: Algorithm, is_edited: bool) -> str:
    if not algorithm.is_model:
        return f"{_capitalised(algorithm.title)}."
    return f"Segmented by {algorithm.title}, {'corrected by hand' if is_edited else 'not corrected'}."


def _volume_text(volume: RegionVolume) -> str:
    text = f"{volume.region.name.lower()} {millilitres(volume.volume_ml)} mL"
    if volume.interval_ml is None:
        return text
    low, high = volume.interval_ml
    return f"{text} ({100 * INTERVAL_COVERAGE:.0f} % interval {millilitres(low)} to {millilitres(high)} mL)"


def _lesions_text(measurements: Measurements, numbers: ImageNumbers | None) -> str:
    """How many there are, and the size and place of the largest; a lone lesion is not counted."""
    count = f" in {lesion_count(measurements)}" if len(measurements.lesions) > 1 or measurements.speck_count else ""
    largest = measurements.largest_diameters
    return count if largest is None else f"{count}, {_largest_text(largest, numbers)}"


def _largest_text(diameters: Diameters, numbers: ImageNumbers | None) -> str:
    size = f"{size_text(diameters)} on {place_of(diameters, numbers)}"
    if diameters.is_measurable:
        return f"largest measurable lesion {size}"
    return f"largest lesion {size}, {NOT_MEASURABLE}"
