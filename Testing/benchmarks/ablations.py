"""Which ingredients of the generator and of the network matter: short trainings that differ in one thing each.

Every variant is trained with several seeds, all with the same number of steps, and judged on labelled cases that no
training sees. Short runs swing by several points, so a difference counts only where every seed shows it: equal seeds
give equal heads and tumours as far as the variants allow, and the differences of each seed are printed. Runs that a CSV
file holds already are not repeated, so that the benchmark can be stopped and continued. Dice is measured on the
network's own grid.
"""

from __future__ import annotations

import argparse
import csv
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.learning.evaluation import find_labelled_cases
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, TumourKind, load_anatomies
from BratsSegmenterLib.learning.training import (
    Cases,
    CaseSettings,
    FolderCases,
    NetworkSettings,
    OptimisationSettings,
    SyntheticCases,
    TrainingSettings,
    Untaught,
    prepare_cases,
    train,
    validate,
)
from BratsSegmenterLib.segmentation import StandardScale

_REGIONS = ("WT", "TC", "ET")
_FIELD_OF_VIEW_MM = (160, 192, 160)
_COARSEST_STEP = 16


@dataclass(frozen=True)
class Variant:
    """One change to the settings of a run; `anatomies` of None are all there are."""

    change: Callable[[TrainingSettings], TrainingSettings]
    anatomies: int | None = None


def _synthesis(**changes: object) -> Callable[[TrainingSettings], TrainingSettings]:
    return lambda settings: replace(settings, synthesis=replace(settings.synthesis, **changes))  # type: ignore[arg-type]


def _network(*channels: int) -> Callable[[TrainingSettings], TrainingSettings]:
    return lambda settings: replace(settings, network=replace(settings.network, channels=channels))


def _windows(side: int, times_as_long: int = 1) -> Callable[[TrainingSettings], TrainingSettings]:
    def change(settings: TrainingSettings) -> TrainingSettings:
        optimisation = replace(settings.optimisation, steps=times_as_long * settings.optimisation.steps)
        network = replace(settings.network, window=(side, side, side))
        return replace(settings, network=network, optimisation=optimisation)

    return change


def _spacing(spacing_mm: float) -> Callable[[TrainingSettings], TrainingSettings]:
    return _synthesis(spacing_mm=spacing_mm, shape=_shape(spacing_mm))


def _shape(spacing_mm: float) -> tuple[int, int, int]:
    """Voxels that hold a brain, in steps that the network can halve."""
    slices, rows, columns = (
        int(side / spacing_mm / _COARSEST_STEP + 0.5) * _COARSEST_STEP for side in _FIELD_OF_VIEW_MM
    )
    return slices, rows, columns


_SPHERES = {TumourKind.SOLID: 1.0}

VARIANTS = {
    "as shipped": Variant(lambda settings: settings),
    "uniform core": Variant(_synthesis(core_texture=0.0)),
    "small oedema": Variant(_synthesis(oedema_extent_mm=(5.0, 0.4, 2.0, 12.0))),
    "contrast hardly varies": Variant(_synthesis(contrast_spread=0.2)),
    "contrast varies wildly": Variant(_synthesis(contrast_spread=5.0)),
    "no distractors": Variant(_synthesis(distractors=False)),
    "no acquisition faults": Variant(_synthesis(acquisition=False)),
    "no mass effect": Variant(_synthesis(mass_effect=0.0)),
    "solid tumours only": Variant(_synthesis(kinds=_SPHERES)),
    "never a skull": Variant(_synthesis(with_skull=0.0)),
    "half of the heads with skull": Variant(_synthesis(with_skull=0.5)),
    "one anatomy": Variant(lambda settings: settings, anatomies=1),
    "twice the features": Variant(_network(16, 32, 64, 128, 160)),
    "windows of 32 voxels": Variant(_windows(32)),
    "windows of 32 voxels, four times as long": Variant(_windows(32, times_as_long=4)),
    "4 mm": Variant(_spacing(4.0)),
    "2 mm": Variant(_spacing(2.0)),
}
"""By name; the first is what the others are compared with."""


class _JudgedElsewhere:
    """Synthetic cases to train on, real ones to be judged by."""

    description = "Synthetic heads."
    problems: tuple[str, ...] = ()
    untaught = Untaught()
    standard_scales: Mapping[Sequence, StandardScale] = MappingProxyType({})

    def __init__(self, training: Cases, judged: FolderCases) -> None:
        self._training, self._judged = training, judged

    def training(self, rank: int, size: int, device: torch.device) -> Cases:
        """The synthetic ones."""
        return self._training

    def validation(self, count: int | None, device: torch.device) -> tuple[Cases, int]:
        """All real ones."""
        return self._judged, len(self._judged)


def main() -> None:
    """Train what the CSV file lacks, then print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=Path, required=True, help="labelled cases in BraTS' or nnU-Net's layout")
    parser.add_argument("--anatomy", type=Path, help="folder of label maps; left out: the ICBM atlas")
    parser.add_argument("--csv", type=Path, required=True, help="where results are kept")
    parser.add_argument("--cache", type=Path, required=True, help="folder of prepared cases and anatomies")
    parser.add_argument("--steps", type=int, default=250)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--spacing", type=float, default=3.0, help="of the variants that do not say it, in mm")
    parser.add_argument("--device", default="auto", choices=("auto", "cuda", "cpu"))
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="*", choices=VARIANTS, default=list(VARIANTS))
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    for seed in range(arguments.seeds):
        for name in arguments.only:
            if not any(row["variant"] == name and int(row["seed"]) == seed for row in _kept(arguments.csv)):
                _keep(arguments.csv, _result(name, seed, arguments))
    _print(_kept(arguments.csv), arguments)


def _result(name: str, seed: int, arguments: argparse.Namespace) -> dict[str, str]:
    """One run as a row of the CSV file."""
    variant, usual = VARIANTS[name], _spacing(arguments.spacing)(_usual(seed, arguments.steps))
    settings = variant.change(usual)
    grid = settings.synthesis
    cases = prepare_cases(find_labelled_cases(arguments.cases), grid.shape, grid.spacing_mm, arguments.cache / "cases")
    anatomies = load_anatomies(
        arguments.anatomy, grid.spacing_mm, cache=arguments.cache / "anatomy", limit=variant.anatomies
    )
    source = _JudgedElsewhere(SyntheticCases(anatomies, grid, (seed,)), FolderCases(cases.files))
    started = time.perf_counter()
    with tempfile.TemporaryDirectory() as run:
        model = train(settings, source, Path(run), arguments.device)
    minutes = (time.perf_counter() - started) / 60
    dice = validate(model, source).scores
    scores = {region: f"{dice[f'{region} Dice']:.4f}" for region in _REGIONS}
    return {"variant": name, "seed": str(seed), **scores, "minutes": f"{minutes:.1f}"}


def _usual(seed: int, steps: int) -> TrainingSettings:
    """A small network on a coarse grid, so that many runs fit into an hour."""
    return TrainingSettings(
        seed=seed,
        network=NetworkSettings(channels=(8, 16, 32, 64, 80)),
        cases=CaseSettings(workers=0),
        optimisation=OptimisationSettings(steps=steps, warmup_steps=30, ema_decay=0.99),
        synthesis=SynthesisSettings(),
    )


def _kept(file: Path) -> list[dict[str, str]]:
    if not file.exists():
        return []
    with file.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream))


def _keep(file: Path, row: dict[str, str]) -> None:
    is_new = not file.exists()
    with file.open("a", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, list(row), lineterminator="\n")
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def _print(rows: list[dict[str, str]], arguments: argparse.Namespace) -> None:
    """Means over the seeds, and by how much the mean of the three regions differs from the first variant's, by seed."""
    title = f"Mean Dice after {arguments.steps} steps of batch 1"
    table = Table("variant", *_REGIONS, "of all", "difference, each seed", "minutes", title=title)
    usual = {row["seed"]: _mean_dice(row) for row in rows if row["variant"] == next(iter(VARIANTS))}
    for name in VARIANTS:
        own = sorted((row for row in rows if row["variant"] == name), key=lambda row: int(row["seed"]))
        if not own:
            continue
        means = [np.mean([float(row[region]) for row in own]) for region in _REGIONS]
        differences = [f"{_mean_dice(row) - usual[row['seed']]:+.3f}" for row in own if row["seed"] in usual]
        minutes = np.mean([float(row["minutes"]) for row in own])
        cells = [f"{mean:.3f}" for mean in (*means, np.mean(means))]
        table.add_row(name, *cells, " ".join(differences), f"{minutes:.1f}")
    Console(width=110).print(table)


def _mean_dice(row: dict[str, str]) -> float:
    return float(np.mean([float(row[region]) for region in _REGIONS]))


if __name__ == "__main__":
    main()
