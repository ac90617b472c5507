"""How much of the experts' outlines a network's voxel size can hold, whatever the network.

The experts' regions are averaged onto the grid, drawn back onto the images' voxels as a network's output would be, and
compared with themselves. A finer grid, patches of it or a second, finer pass can gain no more than what is missing
here; what they cost is the number of voxels that a network has to go through.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from rich.console import Console
from rich.table import Table

from BratsSegmenterLib.domain import ET, TC, WT
from BratsSegmenterLib.learning.evaluation import LabelledCase, find_labelled_cases
from BratsSegmenterLib.measurement import dice
from BratsSegmenterLib.segmentation import ModelSpecification, load_bundle
from BratsSegmenterLib.segmentation.grid import WorkingGrid

_SPACINGS_MM = (1.0, 1.5, 2.0, 3.0, 4.0)
_REGIONS = (WT, TC, ET)


def main() -> None:
    """Print the mean Dice that each voxel size allows, and the voxels of its grid."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="labelled cases in BraTS' or nnU-Net's layout")
    parser.add_argument("--bundle", default="glioma-synthetic", help="whose grid is varied")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    specification = load_bundle(arguments.bundle).specification
    found: dict[float, list[list[float]]] = {spacing: [] for spacing in _SPACINGS_MM}
    for files in find_labelled_cases(arguments.folder):
        case = files.read()
        for spacing in _SPACINGS_MM:
            found[spacing].append(_held(case, replace(specification, spacing_mm=spacing, field_of_view=None)))
    table = Table("voxel size", *(region.name for region in _REGIONS), "worst case", "million voxels")
    for spacing, rows in found.items():
        *scores, voxels = np.mean(rows, axis=0)
        worst = min(min(row[:-1]) for row in rows)
        table.add_row(f"{spacing:g} mm", *(f"{score:.3f}" for score in scores), f"{worst:.3f}", f"{voxels:.2f}")
    Console().print(table)


def _held(case: LabelledCase, specification: ModelSpecification) -> list[float]:
    """Dice of each region after the way to the grid and back, then the grid's million voxels."""
    brain = np.any([image != 0 for image in case.images.values()], axis=0)
    grid = WorkingGrid.over(brain, case.labels_geometry.spacing_mm[::-1], specification)
    experts = np.stack([np.isin(case.labels, region.labels) for region in _REGIONS])
    coarse = grid.to_network(torch.from_numpy(experts.astype(np.float32)), torch.ones(brain.shape))
    drawn = grid.from_network(coarse).numpy() >= 0.5
    return [dice(held, true) for held, true in zip(drawn, experts, strict=True)] + [coarse[0, 0].numel() / 1e6]


if __name__ == "__main__":
    main()
