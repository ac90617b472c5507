"""What the least volume of enhancing tumour costs and what it saves, on synthetic heads.

The rule that takes little enhancement for necrotic core (``least_enhancing_mm3``) rests on this table: the larger the
least volume, the fewer tumours without enhancement get some, and the more small true enhancement is lost.
"""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from stripped_heads import heads_parser, write_stripped_heads

from BratsSegmenterLib.domain import ET
from BratsSegmenterLib.learning.evaluation import CaseResult, LabelledCase, Protocol, evaluate
from BratsSegmenterLib.segmentation import load_bundle

_FIRST_SEED = 830_000
_LEAST_MM3 = (0.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0)


def main() -> None:
    """Print, for each least volume, the heads that it clears rightly and wrongly, and the mean Dice of ET."""
    arguments = heads_parser(__doc__, cases=60).parse_args()
    bundle = load_bundle(arguments.bundle)
    protocol = Protocol(postprocessing=replace(bundle.specification.postprocessing, least_enhancing_mm3=0.0))
    rows: list[tuple[float, float, float]] = []

    def measure(case: LabelledCase, labels: NDArray[np.uint8], result: CaseResult) -> None:
        voxel_mm3 = case.labels_geometry.voxel_volume_ml * 1000
        drawn, true = (float((one == ET.label).sum()) * voxel_mm3 for one in (labels, case.labels))
        rows.append((drawn, true, result.scores[ET.key].dice))

    with tempfile.TemporaryDirectory() as folder:
        write_stripped_heads(Path(folder), bundle, arguments.anatomy, arguments.cases, _FIRST_SEED)
        evaluate(Path(folder), bundle, protocol, listener=measure)
    drawn, true, dice = np.array(rows).T
    without, enhancing = true == 0, true > 0
    title = f"{bundle.name}: {enhancing.sum()} heads with enhancing tumour, {without.sum()} without"
    table = Table("least mm3", "false enhancement stays", "true enhancement lost", "largest lost, mm3", title=title)
    table.add_column("mean Dice of ET")
    for least in _LEAST_MM3:
        cleared = drawn < max(least, 1e-9)
        lost = enhancing & cleared
        scores = np.where(cleared, without.astype(float), dice)
        table.add_row(
            f"{least:g}",
            str(int((without & ~cleared).sum())),
            str(int(lost.sum())),
            f"{true[lost].max():.0f}" if lost.any() else "none",
            f"{scores.mean():.3f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
