"""What a bundle does worst: pictures of the synthetic cases on which its Dice is lowest.

Real cases may not be shown in a model card, and synthetic ones that a model misses say as much about its weak spots.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from rich.console import Console
from rich.table import Table
from stripped_heads import heads_parser, write_stripped_heads

from BratsSegmenterLib.learning.evaluation import CaseResult, LabelledCase, case_picture, evaluate
from BratsSegmenterLib.pictures import captioned, montage
from BratsSegmenterLib.segmentation import load_bundle

_FIRST_SEED = 700_000


def main() -> None:
    """Write the picture and print what it shows."""
    parser = heads_parser(__doc__, cases=40)
    parser.add_argument("--worst", type=int, default=4)
    parser.add_argument("--out", type=Path, required=True, help="PNG")
    arguments = parser.parse_args()
    bundle = load_bundle(arguments.bundle)
    pictures: dict[str, Image.Image] = {}

    def keep(case: LabelledCase, labels: NDArray[np.uint8], result: CaseResult) -> None:
        pictures[result.name] = case_picture(case, labels)

    with tempfile.TemporaryDirectory() as folder:
        kinds = write_stripped_heads(Path(folder), bundle, arguments.anatomy, arguments.cases, _FIRST_SEED)
        results = evaluate(Path(folder), bundle, listener=keep).cases
    by_dice = sorted(zip(results, kinds, strict=True), key=lambda pair: pair[0].mean_dice)
    worst = by_dice[: arguments.worst]
    regions = list(results[0].scores)
    table = Table("case", "kind", *(f"{key} Dice" for key in regions), title=f"{bundle.name}: the worst")
    panels = []
    for result, kind in worst:
        dice = [f"{result.scores[key].dice:.2f}" for key in regions]
        table.add_row(result.name, kind, *dice)
        said = ", ".join(f"{key} {value}" for key, value in zip(regions, dice, strict=True))
        panels.append(captioned(pictures[result.name], f"{kind}: {said}"))
    montage(panels, columns=1).save(arguments.out)
    Console().print(table)


if __name__ == "__main__":
    main()
