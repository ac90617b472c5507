"""By how much T1c is brighter than T1, and fluid brighter on T2 than on FLAIR: how exchanged sequences are noticed.

Both numbers change sign when the two images are exchanged. The limits below which a result is doubted rest on the table
of synthetic heads; ``--data`` prints the same of a folder of cases, in which nothing is to be doubted either.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table
from scipy import ndimage
from stripped_heads import heads_parser, write_stripped_heads

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.learning.evaluation import find_cases
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase, read_case
from BratsSegmenterLib.measurement.exchanged import ExchangeMeasures, exchange_findings, exchange_measures
from BratsSegmenterLib.segmentation import load_bundle

_FIRST_SEED = 840_000


def main() -> None:
    """Print the spread of both measures, and how many cases are doubted as they are and exchanged."""
    parser = heads_parser(__doc__, cases=40)
    parser.add_argument("--data", type=Path, help="folder of registered cases without skull")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        write_stripped_heads(
            Path(folder), load_bundle(arguments.bundle), arguments.anatomy, arguments.cases, _FIRST_SEED
        )
        _print(f"{arguments.cases} synthetic heads", map(read_case, find_cases(Path(folder))))
    if arguments.data:
        _print(arguments.data.name, map(read_case, find_cases(arguments.data)))


def _print(title: str, cases: Iterable[LabelledCase]) -> None:
    measured: list[ExchangeMeasures] = []
    doubted = exchanged = 0
    for case in cases:
        images = _at_one_millimetre(case)
        brain = np.logical_and.reduce([image != 0 for image in images.values()])
        measured.append(exchange_measures(images, brain))
        doubted += bool(exchange_findings(images, brain))
        swapped = {
            Sequence.T1: images[Sequence.T1C],
            Sequence.T1C: images[Sequence.T1],
            Sequence.T2: images[Sequence.FLAIR],
            Sequence.FLAIR: images[Sequence.T2],
        }
        exchanged += len(exchange_findings(swapped, brain)) == 2
    table = Table("measure", "least", "quarter", "median", "most", title=title)
    for name in ("brightening", "fluid"):
        values = [getattr(one, name) for one in measured]
        table.add_row(name, *(f"{value:.2f}" for value in np.percentile(values, [0, 25, 50, 100])))
    Console().print(table)
    print(f"doubted as they are: {doubted} of {len(measured)}; doubted twice when both are exchanged: {exchanged}")


def _at_one_millimetre(case: LabelledCase) -> dict[Sequence, np.ndarray]:
    zoom = case.labels_geometry.spacing_mm[::-1]
    return {
        sequence: image if np.allclose(zoom, 1) else ndimage.zoom(image, zoom, order=0)
        for sequence, image in case.images.items()
    }


if __name__ == "__main__":
    main()
