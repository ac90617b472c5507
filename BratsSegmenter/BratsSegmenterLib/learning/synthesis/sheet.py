"""Many synthetic cases at a glance, to look at beside real ones."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.learning.synthesis.case import SyntheticCase
from BratsSegmenterLib.learning.synthesis.nifti import case_geometry
from BratsSegmenterLib.pictures import Plane, Window, captioned, draw_regions, montage, slice_image

if TYPE_CHECKING:
    from PIL import Image

_WINDOW = Window(-2.5, 3.2)
_PIXELS_PER_MM = 0.9
_FILL = 0.25


def contact_sheet(cases: Iterable[SyntheticCase]) -> Image.Image:
    """One row for each case, where the tumour is largest: T1, T1c, T2, FLAIR, and the last one there is with labels."""
    cells = []
    for number, case in enumerate(cases):
        cells += _row(case, f"{number}: {case.kind.value if case.kind else 'healthy'}")
    return montage(cells, len(Sequence) + 1)


def _row(case: SyntheticCase, title: str) -> list[Image.Image]:
    geometry = case_geometry(case)
    labels = case.labels.cpu().numpy()
    images = case.images.cpu().numpy()
    area = (labels > 0).sum((1, 2))
    index = int(area.argmax()) if area.any() else len(labels) // 2
    shown = np.where(images == 0, _WINDOW.low, images)  # zero is outside the mask, not mid-grey
    slices = [slice_image(image, geometry, Plane.AXIAL, index, _WINDOW, _PIXELS_PER_MM) for image in shown]
    background = slices[max(sequence.channel for sequence in case.present)]
    outlined = draw_regions(background, labels.astype(np.uint8), geometry, Plane.AXIAL, index, width=1, fill=_FILL)
    names = [s.value if s in case.present else f"{s.value}: missing" for s in Sequence]
    captions = (f"{title}, {names[0]}", *names[1:], "labels")
    return [captioned(picture, caption) for picture, caption in zip([*slices, outlined], captions, strict=True)]
