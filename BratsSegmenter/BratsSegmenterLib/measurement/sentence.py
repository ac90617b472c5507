"""A measurement in one sentence of plain English, for the radiologist's report."""

from __future__ import annotations

from BratsSegmenterLib.domain import ED, ET, NCR, RC, TC, WT, Algorithm, Diameters, Lesion, Measurements, RegionVolume

_DECIMAL_FROM_ML = 10.0


def millilitres(volume_ml: float) -> str:
    """A volume as people read it: two decimals below 10 mL, one above."""
    return f"{volume_ml:.2f}" if abs(volume_ml) < _DECIMAL_FROM_ML else f"{volume_ml:.1f}"


def report_sentence(measurements: Measurements, algorithm: Algorithm, is_edited: bool) -> str:
    """All of a result that a report needs: volumes, the largest lesion, who segmented and whether a person corrected.

    Regions that were not measured are left out; so is a resection cavity where there is none.
    """
    volumes = {volume.region.key: volume for volume in measurements.volumes}
    found = [_volume_text(volumes[region.key]) for region in (ET, NCR, TC, ED, WT, RC) if region.key in volumes]
    if ET.key in volumes:
        found[0] += _lesions_text(measurements.lesions)
    text = "; ".join(found) or "no region was measured"
    text = f"{text[0].upper()}{text[1:]}"
    if not algorithm.is_model:
        return f"{text}. {algorithm.title[0].upper()}{algorithm.title[1:]}."
    correction = "corrected by hand" if is_edited else "not corrected"
    return f"{text}. Segmented by {algorithm.title}, {correction}."


def _volume_text(volume: RegionVolume) -> str:
    text = f"{volume.region.name.lower()} {millilitres(volume.volume_ml)} mL"
    if volume.interval_ml is None:
        return text
    low, high = volume.interval_ml
    return f"{text} (interval {millilitres(low)} to {millilitres(high)} mL)"


def _diameters_text(diameters: Diameters) -> str:
    """Both diameters, their product and the slice, counted from 1: ``32.1 x 21.3 mm (product 684 mm2) on slice 84``."""
    longest, perpendicular = diameters.longest_mm, diameters.perpendicular_mm
    product = f"product {longest * perpendicular:.0f} mm2"
    return f"{longest:.1f} x {perpendicular:.1f} mm ({product}) on slice {diameters.slice_index + 1}"


def _lesions_text(lesions: tuple[Lesion, ...]) -> str:
    count = f" in {len(lesions)} lesions" if len(lesions) > 1 else ""
    largest = largest_measured(lesions)
    return count if largest is None else f"{count}, largest lesion {_diameters_text(largest)}"


def largest_measured(lesions: tuple[Lesion, ...]) -> Diameters | None:
    """Of the largest lesion that a caliper can measure; None when there is none."""
    return next((lesion.diameters for lesion in lesions if lesion.diameters is not None), None)
