"""One picture of a study's result, to look through hundreds of them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib.domain import Sequence
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import ExportError, SeriesError
from BratsSegmenterLib.image_files import read_image
from BratsSegmenterLib.job_results import SegmentResult
from BratsSegmenterLib.pictures import Plane, SliceLayout, captioned, draw_regions, montage, slice_image
from BratsSegmenterLib.study import JobFolder
from BratsSegmenterLib.unattended.drawn_now import DrawnVolumes, labels_now

if TYPE_CHECKING:
    from PIL import Image

PICTURE_FILE = "overview.png"
_BACKGROUNDS = (Sequence.T1C, Sequence.FLAIR)
_PIXELS_PER_MM = 1.5


def draw_overview(folder: JobFolder, result: SegmentResult, drawn: DrawnVolumes) -> None:
    """Write the picture of a study into its job folder, unless the one that is there shows what is `drawn`.

    Raises
    ------
    ExportError
        The label map or the images of the result are gone or damaged.
    OSError
        The disk refused.
    """
    path = folder.path / PICTURE_FILE
    try:
        drawn_ns = drawn.file.stat().st_mtime_ns
        if path.exists() and path.stat().st_mtime_ns == drawn_ns:
            return
        picture = _picture(folder, result, "corrected" if drawn.is_corrected else "segmented")
    except (FileNotFoundError, SeriesError) as error:
        raise ExportError(
            "There is no picture: the files of the result are gone or damaged.", "Segment it again.", str(error)
        ) from error
    with whole_file(path) as partial:
        picture.save(partial)
        os.utime(partial, ns=(drawn_ns, drawn_ns))  # a correction that was taken back is told from it


def _picture(folder: JobFolder, result: SegmentResult, caption: str) -> Image.Image:
    """The axial slice with most of the tumour, plain and outlined, on T1c and on FLAIR where they are there."""
    drawn = labels_now(folder)
    layout = SliceLayout(drawn.geometry, Plane.AXIAL)
    index = _fullest(layout, drawn.labels)
    shown = [sequence for sequence in _BACKGROUNDS if sequence.value in result.volumes]
    panels = []
    for sequence in shown or [Sequence(result.reference)]:
        image = read_image(folder.volume(sequence))
        grey = slice_image(image, drawn.geometry, Plane.AXIAL, index, pixels_per_mm=_PIXELS_PER_MM)
        panels.append(captioned(grey, sequence.value))
        panels.append(captioned(draw_regions(grey, drawn.labels, drawn.geometry, Plane.AXIAL, index), caption))
    return montage(panels, columns=4)


def _fullest(layout: SliceLayout, labels: NDArray[np.uint8]) -> int:
    """The slice with most labelled pixels; the middle one when nothing was drawn."""
    areas = [int(np.count_nonzero(layout.pixels(labels, n))) for n in range(layout.slice_count)]
    return int(np.argmax(areas)) if any(areas) else layout.slice_count // 2
