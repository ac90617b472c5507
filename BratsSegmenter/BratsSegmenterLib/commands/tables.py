"""Tables that several commands print."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from BratsSegmenterLib.commands.console import Console
from BratsSegmenterLib.domain import REGIONS
from BratsSegmenterLib.jobs import SentObject
from BratsSegmenterLib.progress import StageTime


def print_volumes(console: Console, volumes_ml: Mapping[str, float], not_measured: Mapping[str, str]) -> None:
    """Millilitres by region; where there are none, why."""
    rows = [
        (key, region.name, not_measured[key] if key in not_measured else f"{volumes_ml[key]:.2f}")
        for key, region in REGIONS.items()
        if key in volumes_ml or key in not_measured
    ]
    console.table("Volumes", ("region", "name", "mL"), rows)


def print_stages(console: Console, stages: Iterable[StageTime]) -> None:
    """Seconds by stage."""
    console.table("Stages", ("stage", "seconds"), ((stage.name, f"{stage.seconds:.1f}") for stage in stages))


def print_objects(console: Console, objects: Iterable[SentObject], stored: Iterable[str]) -> None:
    """The objects written, and whether the archive holds them."""
    held = set(stored)
    rows = ((o.kind, o.path, "in the archive" if o.sop_instance_uid in held else "written only") for o in objects)
    console.table("Objects", ("kind", "file", "state"), rows)
