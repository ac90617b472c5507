"""The volume table as the panel shows it: what is now, and what changed since the model drew it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from BratsSegmenterLib.domain import LEAF_REGIONS, NESTED_REGIONS, RC, Region

_SMALLEST_CHANGE_ML = 0.005


@dataclass(frozen=True)
class VolumeRow:
    """One region with its volume and the change against the model's own result, both as text."""

    region: Region
    volume: str
    change: str
    hint: str = ""


def volume_rows(
    volumes_ml: Mapping[str, float], model_ml: Mapping[str, float], not_measured: Mapping[str, str]
) -> tuple[VolumeRow, ...]:
    """A row for each region; the resection cavity only when there is one.

    Parameters
    ----------
    volumes_ml : mapping of str to float
        Region key to the volume of the segments as they are now.
    model_ml : mapping of str to float
        The same of the model's own result.
    not_measured : mapping of str to str
        Region key to the reason why the model says nothing about it.
    """
    regions = [region for region in (*LEAF_REGIONS, *NESTED_REGIONS) if region is not RC or volumes_ml.get(RC.key)]
    return tuple(_row(region, volumes_ml, model_ml, not_measured) for region in regions)


def _row(
    region: Region, volumes_ml: Mapping[str, float], model_ml: Mapping[str, float], not_measured: Mapping[str, str]
) -> VolumeRow:
    volume_ml = volumes_ml.get(region.key, 0.0)
    if region.key in not_measured and volume_ml == 0:
        return VolumeRow(region, "not measured", "", not_measured[region.key])
    change_ml = volume_ml - model_ml.get(region.key, 0.0)
    change = f"{change_ml:+.2f}" if abs(change_ml) >= _SMALLEST_CHANGE_ML else ""
    return VolumeRow(region, f"{volume_ml:.2f}", change)


def as_text(rows: tuple[VolumeRow, ...]) -> str:
    """The table as lines of tab-separated text, for the clipboard."""
    return "\n".join(["Region\tVolume (mL)", *(f"{row.region.name}\t{row.volume}" for row in rows)])
