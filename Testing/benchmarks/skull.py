"""What a skull costs: the same synthetic heads with their skull and without it, through the same pre-processing.

Real cases with labels come without a skull, so this is measured on heads of the generator. What is taken away is
everything farther from the true brain than a brain mask usually reaches.
With --postoperative all of them were operated on.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "Python"))

import numpy as np
import torch
from rich.console import Console
from rich.table import Table
from scanned_heads import as_scanned
from scipy import ndimage

from BratsSegmenterLib.domain import PreprocessingSteps
from BratsSegmenterLib.learning.evaluation import Evaluation, Protocol, evaluate
from BratsSegmenterLib.learning.synthesis import SynthesisSettings, load_anatomies, synthesise, write_case
from BratsSegmenterLib.segmentation import load_bundle_for

_FIRST_SEED = 900_000
_MARGIN_MM = 2.0
"""How far the brain mask of the stripped heads reaches beyond the brain."""


def main() -> None:
    """Print Dice with and without skull and their difference for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bundle", default="glioma-synthetic")
    parser.add_argument("--anatomy", type=Path, help="whole-head label maps with skull")
    parser.add_argument("--cases", type=int, default=12)
    parser.add_argument("--postoperative", action="store_true", help="heads with a resection cavity")
    arguments = parser.parse_args()
    protocol = Protocol(steps=PreprocessingSteps(registration=False), is_postoperative=arguments.postoperative)
    bundle = load_bundle_for(arguments.bundle, arguments.postoperative)
    with tempfile.TemporaryDirectory() as folder:
        stripped, whole = Path(folder, "stripped"), Path(folder, "whole")
        settings = SynthesisSettings(
            healthy=0.0, resected=float(arguments.postoperative), missing_sequence=0.0, with_skull=1.0
        )
        _write_cases(arguments.anatomy, settings, arguments.cases, stripped, whole)
        _print(evaluate(stripped, bundle, protocol), evaluate(whole, bundle, protocol))


def _write_cases(anatomy: Path | None, settings: SynthesisSettings, count: int, stripped: Path, whole: Path) -> None:
    with tempfile.TemporaryDirectory() as cache:
        anatomies = load_anatomies(anatomy, settings.spacing_mm, cache=Path(cache))
    for number in range(count):
        case = as_scanned(synthesise(anatomies, settings, _FIRST_SEED + number))
        distance_mm = ndimage.distance_transform_edt(~case.brain.numpy(), sampling=case.spacing_mm)
        near_brain = torch.from_numpy(distance_mm <= _MARGIN_MM)
        name = f"synthetic-{number:05d}-000"
        write_case(case, whole, name)
        write_case(replace(case, images=case.images * near_brain), stripped, name)


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
