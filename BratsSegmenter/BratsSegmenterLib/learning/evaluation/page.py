"""A page of pictures, from the worst case to the best: what the model drew beside what the experts drew."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import LEAF_REGIONS, Sequence
from BratsSegmenterLib.learning.evaluation.cases import LabelledCase
from BratsSegmenterLib.learning.evaluation.metrics import EMPTY_REGIONS
from BratsSegmenterLib.learning.evaluation.run import CaseResult, Evaluation
from BratsSegmenterLib.learning.evaluation.summary import measure_rows
from BratsSegmenterLib.learning.evaluation.trust import HEADINGS as TRUST_HEADINGS
from BratsSegmenterLib.learning.evaluation.trust import trust, trust_rows
from BratsSegmenterLib.pages import picture_uri, write_page
from BratsSegmenterLib.pictures import Plane, SliceLayout, captioned, draw_regions, montage, slice_image, window

if TYPE_CHECKING:
    from PIL import Image

_PIXELS_PER_MM = 2.0
_BACKGROUNDS = (Sequence.T1C, Sequence.FLAIR)


class PicturePage:
    """Collects one picture a case while an evaluation runs, and writes the page at its end.

    Only the pictures are kept, so a cohort of any size needs little memory.
    """

    def __init__(self) -> None:
        self._pictures: dict[str, str] = {}

    def add(self, case: LabelledCase, labels: NDArray[np.uint8], result: CaseResult) -> None:
        """Draw a case; to be given to :func:`evaluate` as its listener."""
        self._pictures[result.name] = picture_uri(case_picture(case, labels))

    def write(self, evaluation: Evaluation, file: Path) -> None:
        """Write the page, one self-contained HTML file."""
        write_page(
            file,
            "evaluation.html",
            title=f"{evaluation.bundle} {evaluation.version}",
            cases=sorted(evaluation.cases, key=lambda case: case.mean_dice),
            regions=evaluation.regions,
            measures=measure_rows(evaluation),
            conventions=EMPTY_REGIONS,
            notes=evaluation.notes,
            claims=trust_rows(trust(case.claims for case in evaluation.cases)),
            claim_headings=TRUST_HEADINGS,
            set_aside=evaluation.set_aside,
            pictures=self._pictures,
            leaves=LEAF_REGIONS,
        )


def case_picture(case: LabelledCase, labels: NDArray[np.uint8]) -> Image.Image:
    """The axial slice in which model and experts differ most, with the outlines of either on T1c and on FLAIR.

    On another sequence where neither is at hand.

    Parameters
    ----------
    case : LabelledCase
        With the experts' labels.
    labels : ndarray of uint8, shape (slices, rows, columns)
        The model's, in the same grid.
    """
    geometry = case.labels_geometry
    layout = SliceLayout(geometry, Plane.AXIAL)
    differing = labels != case.labels
    index = max(range(layout.slice_count), key=lambda n: int(np.count_nonzero(layout.pixels(differing, n))))
    panels = []
    for sequence in _shown(case):
        image = case.images[sequence]
        contrast = window(image, image != 0)  # zero is what was stripped
        grey = slice_image(image, geometry, Plane.AXIAL, index, contrast, _PIXELS_PER_MM)
        for drawn, who in ((case.labels, "experts"), (labels, "model")):
            outlined = draw_regions(grey, drawn, geometry, Plane.AXIAL, index)
            panels.append(captioned(outlined.crop(grey.getbbox()), f"{sequence.value}, {who}"))
    return montage(panels, columns=4)


def _shown(case: LabelledCase) -> list[Sequence]:
    """T1c and FLAIR, or else one other sequence, of those that lie in the grid of the labels."""
    grid = case.labels_geometry
    there = [sequence for sequence in case.images if case.geometries[sequence].is_close(grid, tolerance_mm=0.1)]
    return [sequence for sequence in _BACKGROUNDS if sequence in there] or there[:1]
