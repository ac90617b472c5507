"""How often a piece that a bundle draws apart from the largest one is tumour, by its size and by what it holds.

The rule that erases small isolated pieces of oedema (``least_isolated_oedema_mm3``) rests on this table.
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

from BratsSegmenterLib.domain import TC, WT
from BratsSegmenterLib.learning.evaluation import CaseResult, LabelledCase, Protocol, evaluate
from BratsSegmenterLib.segmentation import load_bundle

_FIRST_SEED = 810_000
_SIZES_MM3 = (0.0, 50.0, 100.0, 200.0, 500.0, 1000.0, 2000.0, float("inf"))
_FACES_EDGES_CORNERS = np.ones((3, 3, 3), bool)


def main() -> None:
    """Print, for each range of sizes, how many pieces there were and how many are mostly tumour."""
    arguments = heads_parser(__doc__, cases=60).parse_args()
    bundle = load_bundle(arguments.bundle)
    protocol = Protocol(postprocessing=replace(bundle.specification.postprocessing, least_isolated_oedema_mm3=0.0))
    pieces: dict[tuple[str, int], list[bool]] = defaultdict(list)

    def count(case: LabelledCase, labels: NDArray[np.uint8], _result: CaseResult) -> None:
        voxel_mm3 = case.labels_geometry.voxel_volume_ml * 1000
        for key, is_tumour in _isolated_pieces(labels, case.labels, voxel_mm3):
            pieces[key].append(is_tumour)

    with tempfile.TemporaryDirectory() as folder:
        write_stripped_heads(Path(folder), bundle, arguments.anatomy, arguments.cases, _FIRST_SEED)
        evaluate(Path(folder), bundle, protocol, listener=count)
    table = Table("size in mm3", "holds", "pieces", "of them tumour", title=f"{bundle.name}, {arguments.cases} heads")
    for (held, size), found in sorted(pieces.items()):
        low, high = list(pairwise(_SIZES_MM3))[size]
        table.add_row(f"{low:g} to {high:g}", held, str(len(found)), str(sum(found)))
    Console().print(table)


def _isolated_pieces(
    labels: NDArray[np.uint8], truth: NDArray[np.uint8], voxel_mm3: float
) -> list[tuple[tuple[str, int], bool]]:
    """Of each piece but the largest: what it holds, its range of sizes, and whether more than half of it is tumour."""
    numbered, count = ndimage.label(np.isin(labels, WT.labels), _FACES_EDGES_CORNERS)
    sizes = np.bincount(numbered.ravel(), minlength=count + 1)
    sizes[0] = 0
    found = []
    for number in range(1, count + 1):
        if number == sizes.argmax():
            continue
        piece = numbered == number
        held = "core" if np.isin(labels[piece], TC.labels).any() else "oedema alone"
        size = int(np.searchsorted(_SIZES_MM3, sizes[number] * voxel_mm3, side="right")) - 1
        found.append(((held, size), bool(np.isin(truth[piece], WT.labels).mean() > 0.5)))
    return found


if __name__ == "__main__":
    main()
