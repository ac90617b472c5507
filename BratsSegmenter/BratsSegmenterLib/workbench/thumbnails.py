"""A picture of each series, so that the choice of sequences can be seen at a glance."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from BratsSegmenterLib import dicom
from BratsSegmenterLib.domain import Series
from BratsSegmenterLib.durable import whole_file
from BratsSegmenterLib.errors import SeriesError
from BratsSegmenterLib.pictures import window
from BratsSegmenterLib.progress import Progress

_EDGE_PX = 384  # large enough to tell T1 from T1c where the panel shows it whole


def write_thumbnails(series: Iterable[Series], folder: Path, progress: Progress) -> dict[str, Path]:
    """Write the middle slice of each series as a square PNG.

    Returns
    -------
    dict of str to Path
        By the key of the series; one whose pixels cannot be decoded has none, and says why when it is loaded.

    Raises
    ------
    Cancelled
    """
    series = tuple(series)
    written = {}
    with progress.stage("thumbnails"):
        for number, one in enumerate(series):
            progress.update(number / len(series), one.label)
            try:
                pixels = dicom.middle_slice(one)
            except SeriesError:
                continue
            path = folder / f"{number}.png"
            _write_square(pixels, path)
            written[one.key] = path
    return written


def _write_square(pixels: NDArray, path: Path) -> None:
    from PIL import Image, ImageOps

    picture = Image.fromarray(window(pixels[np.newaxis]).grey(pixels))
    with whole_file(path) as partial:
        ImageOps.pad(picture, (_EDGE_PX, _EDGE_PX)).save(partial)
