"""The volume table as the panel shows it: what is now, and what changed since the model drew it and since before."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime

from BratsSegmenterLib.archive import StudySummary
from BratsSegmenterLib.domain import (
    ED,
    ET,
    INTERVAL_COVERAGE,
    LEAF_REGIONS,
    NESTED_REGIONS,
    RC,
    WT,
    Diameters,
    Measurements,
    Region,
    as_found,
)
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.measurement import SMALLEST_MEASURED_MM, millilitres, still_not_measured
from BratsSegmenterLib.priors import PriorVolumes
from BratsSegmenterLib.slice_names import ImageNumbers, place_of
from BratsSegmenterLib.widgets.translation import tr as _

_SMALLEST_CHANGE_ML = 0.005
_SQUARE_MILLIMETRES = "mm\N{SUPERSCRIPT TWO}"


@dataclass(frozen=True)
class VolumeRow:
    """One region as text: its volume, the model's interval, the changes against the model's result and the prior.

    Attributes
    ----------
    hint : str
        What the numbers cannot say: why there are none, or why the interval no longer holds.
    """

    region: Region
    volume: str
    interval: str = ""
    since_model: str = ""
    since_prior: str = ""
    hint: str = ""


def volume_rows(
    volumes_ml: Mapping[str, float],
    result: SegmentResult,
    edited: Collection[str] = (),
    prior: PriorVolumes | None = None,
) -> tuple[VolumeRow, ...]:
    """A row for each region; the resection cavity only when there is one.

    Parameters
    ----------
    volumes_ml : mapping of str to float
        Region key to the volume of the segments as they are now; at least of the regions that were measured.
    result : SegmentResult
        The model's own.
    edited : collection of str
        Keys of the regions that a person changed: the model's interval says nothing about them.
    prior : PriorVolumes or None
        What the newest earlier study measured.
    """
    not_measured = still_not_measured(result.not_measured, edited)
    enhancing_ml = None if ET.key in not_measured else volumes_ml.get(ET.key, 0.0)
    regions = [
        as_found(region, enhancing_ml)
        for region in (*LEAF_REGIONS, *NESTED_REGIONS)
        if region is not RC or volumes_ml.get(RC.key)
    ]
    return tuple(
        _not_measured(region, not_measured)
        if region.key in not_measured
        else _row(region, volumes_ml.get(region.key, 0.0), result, region.key in edited, prior)
        for region in regions
    )


def _not_measured(region: Region, not_measured: Mapping[str, str]) -> VolumeRow:
    hint = not_measured[region.key]
    if region is ED and WT.key not in not_measured:
        hint = f"{hint} {_('What is drawn as oedema is the whole tumour.')}"
    return VolumeRow(region, _("not measured"), hint=hint)


def _row(
    region: Region, volume_ml: float, result: SegmentResult, is_edited: bool, prior: PriorVolumes | None
) -> VolumeRow:
    interval, hint = _interval(result.intervals_ml.get(region.key), is_edited)
    measured_ml = result.volumes_ml.get(region.key, 0.0)
    return VolumeRow(
        region,
        millilitres(volume_ml),
        interval,
        _change(volume_ml, measured_ml) if region.key not in result.not_measured else "",
        "" if prior is None else _since_prior(region, volume_ml, prior),
        hint,
    )


def _since_prior(region: Region, volume_ml: float, prior: PriorVolumes) -> str:
    """What a SEG or a structure set does not draw was not found or not measured; only a report tells which."""
    if region.key not in prior.volumes_ml:
        return _("not in the prior")
    return _change(volume_ml, prior.volumes_ml[region.key]) or _("unchanged")


def _interval(bounds_ml: tuple[float, float] | None, is_edited: bool) -> tuple[str, str]:
    """The interval as text, empty once it no longer holds, and what is to be said about it."""
    if bounds_ml is None:
        return "", ""
    low, high = (millilitres(bound) for bound in bounds_ml)
    if is_edited:
        gone = _("The model's interval, {low} to {high} mL, no longer holds: the region was edited.")
        return "", gone.format(low=low, high=high)
    holds = _("{low} to {high} mL: meant to hold the true volume in {share} % of synthetic cases.")
    return f"{low}\N{EN DASH}{high}", holds.format(low=low, high=high, share=f"{100 * INTERVAL_COVERAGE:.0f}")


def _change(now_ml: float, before_ml: float) -> str:
    """Millilitres and per cent; empty where nothing changed that the table could show."""
    change_ml = now_ml - before_ml
    if abs(change_ml) < _SMALLEST_CHANGE_ML:
        return ""
    if before_ml <= 0:
        return f"{change_ml:+.2f} ({_('new')})"
    percent = 100 * change_ml / before_ml
    share = f"{percent:+.0f} %" if abs(percent) >= 1 else f"{percent:+.1f} %"
    return f"{change_ml:+.2f} ({share})"


def prior_heading(prior: PriorVolumes) -> str:
    """What the column of changes against an earlier study is called."""
    day = prior.study_date
    return _("Since {day}").format(day=f"{day.day} {day:%b %Y}") if day is not None else _("Since prior")


def prior_hint(prior: PriorVolumes) -> str:
    """Who stands behind the result that the changes are against, and what it says of itself; empty where unknown."""
    if not prior.standing:
        return ""
    return "\n".join((_("That result: {standing}.").format(standing=prior.standing), *prior.notes))


def study_day(study: StudySummary) -> date:
    """When the study was made; today where it does not say."""
    return study.day or datetime.now().astimezone().date()


def lesions_text(measurements: Measurements, numbers: ImageNumbers | None, not_measured: str = "") -> str:
    """How many enhancing lesions there are, the diameters of the largest, and the sum of the products of several.

    Parameters
    ----------
    measurements : Measurements
    numbers : ImageNumbers or None
        Of the reference's images, to name the one with the largest lesion.
    not_measured : str
        Why enhancing tumour was not measured: what is said instead, as nobody knows whether there is a lesion.
    """
    if not_measured:
        return not_measured
    if not measurements.lesions:
        return _("No enhancing lesion.")
    largest = measurements.largest_diameters
    if largest is None:
        return f"{_specks_text(measurements.speck_count)}."
    texts = (_counts_text(measurements), _largest_text(largest, numbers), _sum_text(measurements))
    return " ".join(filter(None, texts))


def _counts_text(measurements: Measurements) -> str:
    measured, specks = len(measurements.lesions_by_size), measurements.speck_count
    measurable = len(measurements.measurable)
    several = _("{count} enhancing lesions").format(count=measured)
    parts = [
        _("1 enhancing lesion") if measured == 1 else several,
        _("{measurable} measurable").format(measurable=measurable),
    ]
    return f"{', '.join([*parts, _specks_text(specks)] if specks else parts)}."


def _specks_text(count: int) -> str:
    if count == 1:
        return _("1 speck shorter than {size} mm").format(size=f"{SMALLEST_MEASURED_MM:g}")
    return _("{count} specks shorter than {size} mm").format(count=count, size=f"{SMALLEST_MEASURED_MM:g}")


def _largest_text(diameters: Diameters, numbers: ImageNumbers | None) -> str:
    largest = _("Largest measurable: {diameters}, {place}.")
    unmeasurable = _("Largest: {diameters}, {place}, not measurable by RANO.")
    size = f"{diameters.longest_mm:.1f} \N{MULTIPLICATION SIGN} {diameters.perpendicular_mm:.1f} mm"
    text = f"{size}, {diameters.product_mm2:.0f} {_SQUARE_MILLIMETRES}"
    sentence = largest if diameters.is_measurable else unmeasurable
    return sentence.format(diameters=text, place=place_of(diameters, numbers))


def _sum_text(measurements: Measurements) -> str:
    if len(measurements.measurable) < 2:
        return ""
    text = _("Sum of the products of all {count} measurable lesions: {sum}.")
    sum_text = f"{measurements.product_sum_mm2:.0f} {_SQUARE_MILLIMETRES}"
    return text.format(count=len(measurements.measurable), sum=sum_text)


def beside_text(names: Collection[str]) -> str:
    """What is drawn in segments that are no region, by their names; empty when nothing is."""
    if not names:
        return ""
    segments = ", ".join(f"'{name}'" for name in names)
    return _("Not measured, as it belongs to no region: what is drawn in {segments}.").format(segments=segments)


def overlap_text(names: Collection[str]) -> str:
    """Regions that lie over each other, by their names; empty when none do."""
    if not names:
        return ""
    regions = ", ".join(f"'{name}'" for name in names)
    return _("{regions} overlap: each voxel is measured, kept and sent in one of them only.").format(regions=regions)


def as_text(rows: tuple[VolumeRow, ...]) -> str:
    """The table as lines of tab-separated text, for the clipboard."""
    heading = (
        _("Region"),
        _("Volume (mL)"),
        _("Interval (mL)"),
        _("Change against the AI (mL)"),
        _("Change against the prior (mL)"),
    )
    lines = ((row.region.name, row.volume, row.interval, row.since_model, row.since_prior) for row in rows)
    return "\n".join("\t".join(cells) for cells in (heading, *lines))
