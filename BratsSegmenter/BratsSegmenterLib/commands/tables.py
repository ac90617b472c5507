"""Tables that several commands print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import ET, REGIONS, as_found
from BratsSegmenterLib.job_results import SegmentResult, SentObject
from BratsSegmenterLib.progress import StageTime
from BratsSegmenterLib.records import to_json


def print_volumes(console: Console, volumes_ml: Mapping[str, float], not_measured: Mapping[str, str]) -> None:
    """Millilitres by region; where there are none, why."""
    console.table("Volumes", ("region", "name", "mL"), _volume_rows(volumes_ml, not_measured))


def print_segmentation(console: Console, result: SegmentResult) -> None:
    """The volumes with their intervals and the expected Dice, where the model is calibrated; else the volumes."""
    if not result.intervals_ml:
        print_volumes(console, result.volumes_ml, result.not_measured)
        return
    rows = [
        (key, *row, _interval(result.intervals_ml.get(key)), _dice(result.expected_dice.get(key)))
        for key, *row in _volume_rows(result.volumes_ml, result.not_measured)
    ]
    console.table("Volumes", ("region", "name", "mL", "interval mL", "expected Dice"), rows)


def result_record(result: SegmentResult, doubts: Iterable[str]) -> dict[str, Any]:
    """What scripts read of a result: the doubts, of the study too, apart from the remarks."""
    record = to_json(result)
    del record["warnings"], record["routine"]
    return {**record, "doubts": tuple(doubts), "remarks": result.remarks}


def _volume_rows(volumes_ml: Mapping[str, float], not_measured: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [
        (
            key,
            as_found(region, volumes_ml.get(ET.key)).name,
            not_measured[key] if key in not_measured else f"{volumes_ml[key]:.2f}",
        )
        for key, region in REGIONS.items()
        if key in volumes_ml or key in not_measured
    ]


def _interval(interval_ml: tuple[float, float] | None) -> str:
    return "" if interval_ml is None else f"{interval_ml[0]:.1f} to {interval_ml[1]:.1f}"


def _dice(expected: float | None) -> str:
    return "" if expected is None else f"{expected:.2f}"


def print_stages(console: Console, stages: Iterable[StageTime]) -> None:
    """Seconds by stage."""
    console.table("Stages", ("stage", "seconds"), ((stage.name, f"{stage.seconds:.1f}") for stage in stages))


def print_objects(console: Console, objects: Iterable[SentObject], stored: Iterable[str]) -> None:
    """The objects written, and whether the archive holds them."""
    held = set(stored)
    rows = ((o.kind, o.path, "in the archive" if o.sop_instance_uid in held else "written only") for o in objects)
    console.table("Objects", ("kind", "file", "state"), rows)
