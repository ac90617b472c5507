"""How often a piece that a bundle draws apart from the largest one, and a hole that it leaves, is tumour, by the size.

The rules that erase small isolated pieces of oedema (``least_isolated_oedema_mm3``), that count specks of core without
enhancement as oedema (``least_isolated_core_mm3``) and specks of enhancement as core
(``least_isolated_enhancement_mm3``), and that fill holes (``largest_hole_mm3``), rest on these tables.
"""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from scipy import ndimage
from stripped_heads import heads_parser, write_stripped_heads

from BratsSegmenterLib.domain import ET, TC, WT, Region
from BratsSegmenterLib.learning.evaluation import CaseResult, LabelledCase, Protocol, evaluate
from BratsSegmenterLib.segmentation import load_bundle

_FIRST_SEED = 810_000
_SIZES_MM3 = (0.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, float("inf"))
_FACES_EDGES_CORNERS = np.ones((3, 3, 3), bool)


def main() -> None:
    """Print, for WT, TC and ET, how many pieces of each range of sizes there were and how many are right."""
    arguments = heads_parser(__doc__, cases=60).parse_args()
    bundle = load_bundle(arguments.bundle)
    rules = replace(
        bundle.specification.postprocessing,
        least_isolated_core_mm3=0.0,
        least_isolated_oedema_mm3=0.0,
        least_isolated_enhancement_mm3=0.0,
        largest_hole_mm3=0.0,
    )
    holes: dict[Region, dict[int, list[bool]]] = {region: defaultdict(list) for region in (WT, TC)}
    pieces: dict[Region, dict[tuple[str, int], list[bool]]] = {region: defaultdict(list) for region in (WT, TC, ET)}

    def count(case: LabelledCase, labels: NDArray[np.uint8], _result: CaseResult) -> None:
        voxel_mm3 = case.labels_geometry.voxel_volume_ml * 1000
        for region, inner in ((WT, TC), (TC, ET), (ET, ET)):
            for key, is_right in _isolated_pieces(labels, case.labels, region, inner, voxel_mm3):
                pieces[region][key].append(is_right)
        for region, by_size in holes.items():
            for size, is_right in _holes(labels, case.labels, region, voxel_mm3):
                by_size[size].append(is_right)

    with tempfile.TemporaryDirectory() as folder:
        write_stripped_heads(Path(folder), bundle, arguments.anatomy, arguments.cases, _FIRST_SEED)
        evaluate(Path(folder), bundle, Protocol(postprocessing=rules), listener=count)
    for region, counted in pieces.items():
        title = f"{bundle.name}, {arguments.cases} heads: pieces of {region.name.lower()} beside the largest"
        table = Table("size in mm3", "holds", "pieces", f"of them {region.key}", title=title)
        for (held, size), found in sorted(counted.items()):
            table.add_row(_range(size), held, str(len(found)), str(sum(found)))
        Console().print(table)
    for region, by_size in holes.items():
        title = f"{bundle.name}, {arguments.cases} heads: holes in {region.name.lower()}"
        table = Table("size in mm3", "holes", f"of them {region.key}", title=title)
        for size, filled in sorted(by_size.items()):
            table.add_row(_range(size), str(len(filled)), str(sum(filled)))
        Console().print(table)


def _range(size: int) -> str:
    low, high = list(pairwise(_SIZES_MM3))[size]
    return f"{low:g} to {high:g}"


def _isolated_pieces(
    labels: NDArray[np.uint8], truth: NDArray[np.uint8], region: Region, inner: Region, voxel_mm3: float
) -> list[tuple[tuple[str, int], bool]]:
    """Of each piece of a region but the largest: what it holds, its range of sizes, and whether most of it is right."""
    numbered, count = ndimage.label(np.isin(labels, region.labels), _FACES_EDGES_CORNERS)
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)
    sizes[0] = 0
    found = []
    for number in range(1, count + 1):
        if number == sizes.argmax():
            continue
        piece = numbered == number
        held = inner.key if np.isin(labels[piece], inner.labels).any() else f"no {inner.key}"
        found.append(((held, _size(sizes[number] * voxel_mm3)), _is_mostly(truth[piece], region)))
    return found


def _holes(
    labels: NDArray[np.uint8], truth: NDArray[np.uint8], region: Region, voxel_mm3: float
) -> list[tuple[int, bool]]:
    """Of each hole in a region: its range of sizes, and whether most of it belongs to the region."""
    drawn = np.isin(labels, region.labels)
    numbered, count = ndimage.label(ndimage.binary_fill_holes(drawn) & ~drawn)
    found = []
    for number in range(1, count + 1):
        hole = numbered == number
        found.append((_size(np.count_nonzero(hole) * voxel_mm3), _is_mostly(truth[hole], region)))
    return found


def _size(volume_mm3: float) -> int:
    return int(np.searchsorted(_SIZES_MM3, volume_mm3, side="right")) - 1


def _is_mostly(truth: NDArray[np.uint8], region: Region) -> bool:
    return bool(np.isin(truth, region.labels).mean() > 0.5)


if __name__ == "__main__":
    main()
