"""What a skull costs: the same synthetic heads, stripped as the challenges give them and as a scanner gives them.

Real cases with labels come without a skull, so this is measured on heads of the generator, which differ in nothing
else but how far down they reach. The stripped ones go to the network as they are; the others go through the whole
pre-processing.
"""

from __future__ import annotations

import argparse
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.learning.evaluation import Evaluation, Protocol, evaluate
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise, write_case
from BratsSegmenterLib.preprocessing import Steps
from BratsSegmenterLib.segmentation import load_bundle

_FIRST_SEED = 900_000
_BRIGHTNESS = 6.0
"""Added inside the head, so that the air around it is the darkest, as in a scanner's images."""


def main() -> None:
    """Print Dice with and without skull and their difference for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", default="glioma-synthetic")
    parser.add_argument("--anatomy", type=Path, help="whole-head label maps with skull")
    parser.add_argument("--cases", type=int, default=12)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        stripped, whole = Path(folder, "stripped"), Path(folder, "whole")
        _write_cases(arguments.anatomy, arguments.cases, {stripped: 0.0, whole: 1.0})
        bundle = load_bundle(arguments.bundle)
        without_skull = evaluate(stripped, bundle)
        with_skull = evaluate(whole, bundle, Protocol(steps=Steps(registration=False)))
    _print(without_skull, with_skull)


def _write_cases(anatomy: Path | None, count: int, probability_of_skull: dict[Path, float]) -> None:
    settings = SynthesisSettings(healthy=0.0, resected=0.0, missing_sequence=0.0)
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(anatomy, settings.spacing_mm, cache=Path(cache))
        for folder, probability in probability_of_skull.items():
            for number in range(count):
                case = synthesise(anatomies, replace(settings, with_skull=probability), _FIRST_SEED + number)
                images = torch.where(case.images != 0, case.images + _BRIGHTNESS, 0.0)
                write_case(replace(case, images=images), folder, f"synthetic-{number:05d}-000")


def _print(without_skull: Evaluation, with_skull: Evaluation) -> None:
    keys = [region.key for region in without_skull.regions]
    table = Table("case", *(f"{key} {what}" for key in keys for what in ("stripped", "with skull")))
    for bare, whole in zip(without_skull.cases, with_skull.cases, strict=True):
        figures = [f"{case.scores[key].dice:.3f}" for key in keys for case in (bare, whole)]
        table.add_row(bare.name, *figures)
    means = [_mean(evaluation, key) for key in keys for evaluation in (without_skull, with_skull)]
    table.add_row("mean", *(f"{mean:.3f}" for mean in means))
    Console().print(table)
    for key, before, after in zip(keys, means[::2], means[1::2], strict=True):
        Console().print(f"{key}: {after - before:+.3f} with skull")


def _mean(evaluation: Evaluation, key: str) -> float:
    return float(np.mean([case.scores[key].dice for case in evaluation.cases]))


if __name__ == "__main__":
    main()
